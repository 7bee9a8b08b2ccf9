"""AprilTags in a picture, by pupil-apriltags where it is installed, else by OpenCV."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.robot.tag_images import FAMILIES, modules_across
from evalsuite.errors import MissingHere

Floats = NDArray[np.float64]

_LEAST_MARGIN = 20.0
_MOST_MENDED = 1
_THREADS = 1
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, eq=False)
class SeenTag:
    """A tag in a picture.

    Args:
        id: its number.
        corners: float64 (4, 2), column and row of the black square's corners, the tag's own upper left first, then
            clockwise; the middle of the first pixel is (0, 0).
    """

    id: int
    corners: Floats


class TagDetector(Protocol):
    """Finds tags of one family.

    Args:
        name: of the library, for the record.
        corner_noise: standard deviation of a corner's column and row in pixels, on rendered tags with noise and JPEG.
    """

    name: str
    corner_noise: float

    def detect(self, gray: NDArray[np.uint8]) -> list[SeenTag]:
        """The tags in a picture uint8 (height, width), each number at most once, by number."""


def tag_detector(family: str = "36h11") -> TagDetector:
    """The better of the detectors that are installed. Raises `MissingHere` when there is none."""
    modules_across(family)
    if find_spec("pupil_apriltags") is not None:
        return PupilDetector(family)
    if find_spec("cv2") is not None:
        return OpenCVDetector(family)
    raise MissingHere("tags need pupil-apriltags or OpenCV: pip install pupil-apriltags opencv-python-headless")


class PupilDetector:
    """AprilTag 3 in the packaging of Pupil Labs: 0.18 / 0.44 cm of error at p50 / p95, ten times as fast as OpenCV."""

    name = "pupil-apriltags"
    corner_noise = 0.25

    def __init__(self, family: str = "36h11") -> None:
        self._detector = _lasting_detector(family)

    def detect(self, gray: NDArray[np.uint8]) -> list[SeenTag]:
        with _ONE_AT_A_TIME:
            seen = self._detector.detect(np.ascontiguousarray(gray))
        found = [
            # It counts from the picture's corner, and begins at the lower left, counter-clockwise.
            SeenTag(int(each.tag_id), np.asarray(each.corners, np.float64)[[3, 2, 1, 0]] - 0.5)
            for each in seen
            if each.hamming <= _MOST_MENDED and each.decision_margin >= _LEAST_MARGIN
        ]
        return _each_once(found)


@cache
def _lasting_detector(family: str) -> Any:
    """One for the whole process: pupil-apriltags 1.0.4 frees its family before the detector that still uses it, and
    so may take the process down when a detector is deleted."""
    from pupil_apriltags import Detector

    class Lasting(Detector):  # type: ignore[misc]
        def __del__(self) -> None:
            """The operating system frees it."""

    return Lasting(families=f"tag{family}", nthreads=_THREADS, quad_decimate=1.0)


class OpenCVDetector:
    """cv2.aruco, the same in OpenCV 4.7 and 5 up to the shape of its numbers."""

    name = "cv2.aruco"
    corner_noise = 0.4

    def __init__(self, family: str = "36h11") -> None:
        import cv2

        parameters = cv2.aruco.DetectorParameters()
        parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
        parameters.cornerRefinementWinSize = 3
        dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, f"DICT_APRILTAG_{family}"))
        self._detector: Any = cv2.aruco.ArucoDetector(dictionary, parameters)
        self._count = FAMILIES[family][1]

    def detect(self, gray: NDArray[np.uint8]) -> list[SeenTag]:
        corners, numbers, _ = self._detector.detectMarkers(gray)
        if numbers is None:
            return []
        # OpenCV 4 numbers are (n, 1), OpenCV 5's (n,); its tags lie upside down against the published ones.
        found = [
            SeenTag(int(number), np.asarray(quad, np.float64).reshape(4, 2)[[2, 3, 0, 1]])
            for quad, number in zip(corners, np.asarray(numbers).ravel(), strict=True)
            if 0 <= number < self._count
        ]
        return _each_once(found)


def _each_once(found: list[SeenTag]) -> list[SeenTag]:
    """Without numbers that were seen twice: one of the two is wrong, and nobody knows which."""
    numbers = [tag.id for tag in found]
    return sorted((tag for tag in found if numbers.count(tag.id) == 1), key=lambda tag: tag.id)
