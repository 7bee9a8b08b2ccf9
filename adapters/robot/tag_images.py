"""Pictures of AprilTags, for the printer and for the rehearsal."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from evalsuite.errors import UsageError

FAMILIES = {"16h5": (4, 30), "25h9": (5, 35), "36h11": (6, 587)}
"""Family -> data modules along an edge, number of tags (AprilRobotics/apriltag-imgs)."""


def modules_across(family: str) -> int:
    """How many modules wide the black square is. Raises `UsageError` for a family that isn't known."""
    if family not in FAMILIES:
        raise UsageError(f"tag family {family!r} is none of {', '.join(FAMILIES)}: change it in robot.yaml")
    return FAMILIES[family][0] + 2


@cache
def tag_modules(number: int, family: str = "36h11") -> NDArray[np.uint8]:
    """The tag as it is published, its upper edge first: uint8 0 or 255 (n, n), a white module around the black square.

    Raises `UsageError` when the family has no such tag, or without OpenCV.
    """
    across = modules_across(family)
    if not 0 <= number < FAMILIES[family][1]:
        raise UsageError(f"family {family} has tags 0 to {FAMILIES[family][1] - 1}, not {number}")
    try:
        import cv2
    except ImportError as missing:
        raise UsageError("tags need OpenCV: pip install opencv-python-headless") from missing
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, f"DICT_APRILTAG_{family}"))
    black = np.asarray(cv2.aruco.generateImageMarker(dictionary, number, across, borderBits=1), np.uint8)
    # OpenCV's dictionary holds the tags upside down.
    return np.pad(black[::-1, ::-1], 1, constant_values=255)


def tag_picture(number: int, pixels: int, family: str = "36h11") -> NDArray[np.uint8]:
    """`tag_modules` drawn `pixels` wide, each pixel the module that its middle lies in: uint8 (pixels, pixels)."""
    modules = tag_modules(number, family)
    nearest = ((np.arange(pixels) + 0.5) * len(modules) / pixels).astype(int)
    picture: NDArray[np.uint8] = modules[nearest][:, nearest]
    return picture
