"""A camera of our own, wired or on the network: its newest picture, and how old that is, whatever happens to it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, runtime_checkable

from evalsuite.adapters.robot.grabber import GrabbedCamera
from evalsuite.adapters.robot.lens import load_calibration
from evalsuite.adapters.robot.link import Frame
from evalsuite.errors import MissingHere, UsageError


@runtime_checkable
class Camera(Protocol):
    """Where pictures come from."""

    def newest(self) -> Frame | None:
        """The newest picture there is, the same again until there is a newer; never waits, None before the first."""

    def close(self) -> None:
        """Let go of the camera; may be called twice."""


def open_camera(source: str, *, calibration: Path | None = None) -> GrabbedCamera:
    """A camera whose pictures OpenCV reads. It returns at once; `wait` tells whether pictures come.

    Args:
        source: the number of a webcam, a video file (played at its own rate, again and again), http:// or https://
            (MJPEG), rtsp://.
        calibration: a file as `lens.load_calibration` reads it; pictures come without distortion then.

    Raises:
        UsageError: for a source that can't be one, a calibration with a mistake, or without OpenCV.
    """
    if find_spec("cv2") is None:
        raise MissingHere("cameras need OpenCV: pip install opencv-python-headless")
    if not source.isdigit() and "://" not in source and not Path(source).is_file():
        raise UsageError(f"camera {source!r} is no number, no file that exists, and no http:// or rtsp:// address")
    if calibration is not None:
        load_calibration(calibration)
    return GrabbedCamera(source, calibration)
