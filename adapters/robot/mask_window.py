"""Drawing a mask by hand in an OpenCV window: a box, then brush strokes, then accept or do it again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.robot.masks import Box, brushed
from evalsuite.errors import UsageError

WINDOW = "goal view"
BRUSH_PIXELS = 8
HELP = "left: add   right: take away   +/-: brush   Enter: accept   r: again   Esc: give up"


def can_show_windows() -> bool:
    """Whether this OpenCV was built with windows; the headless package was not."""
    import cv2

    line = next((line for line in cv2.getBuildInformation().splitlines() if line.strip().startswith("GUI:")), "")
    return line.split()[-1:] not in ([], ["NONE"])


def draw_mask(
    image: NDArray[np.uint8], cut_out: Callable[[NDArray[np.uint8], Box], NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    """The mask that a person drew and accepted, 0/1 (height, width).

    Raises `UsageError` when there is no window to be had or the person gives up.
    """
    import cv2

    if not can_show_windows():
        raise UsageError(
            "this OpenCV has no windows (opencv-python-headless): give --box X Y W H or --mask FILE.png, "
            "or pip install opencv-python in its place"
        )
    try:
        cv2.namedWindow(WINDOW, cv2.WINDOW_NORMAL)
    except cv2.error as error:
        raise UsageError("there is no display to draw on: give --box X Y W H or --mask FILE.png") from error
    try:
        while True:
            x, y, width, height = cv2.selectROI(WINDOW, np.ascontiguousarray(image[..., ::-1]), showCrosshair=False)
            if not width or not height:
                raise UsageError("no box was drawn; nothing is written")
            accepted = _Brush(image, cut_out(image, (x, y, width, height))).edited()
            if accepted is not None:
                return accepted
    finally:
        cv2.destroyWindow(WINDOW)


class _Brush:
    def __init__(self, image: NDArray[np.uint8], mask: NDArray[np.uint8]) -> None:
        self._image = image
        self._mask = mask
        self._radius = BRUSH_PIXELS

    def edited(self) -> NDArray[np.uint8] | None:
        """The accepted mask; None to begin again."""
        import cv2

        cv2.setMouseCallback(WINDOW, self._dab)
        while True:
            shown = np.where(self._mask[..., None] > 0, self._image // 2 + np.uint8(100), self._image)
            picture = np.ascontiguousarray(shown[..., ::-1].astype(np.uint8))
            cv2.putText(picture, HELP, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
            cv2.imshow(WINDOW, picture)
            key = cv2.waitKey(30) & 0xFF
            if key in (10, 13) and self._mask.any():
                return self._mask
            if key == ord("r"):
                return None
            if key == 27:
                raise UsageError("given up; nothing is written")
            if key in (ord("+"), ord("-")):
                self._radius = max(1, self._radius + (2 if key == ord("+") else -2))

    def _dab(self, event: int, x: int, y: int, flags: int, data: object) -> None:
        import cv2

        if flags & (cv2.EVENT_FLAG_LBUTTON | cv2.EVENT_FLAG_RBUTTON):
            self._mask = brushed(self._mask, x, y, self._radius, add=bool(flags & cv2.EVENT_FLAG_LBUTTON))
