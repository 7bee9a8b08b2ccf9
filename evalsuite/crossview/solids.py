"""Where rays meet upright boxes on a floor: enough to know the surface of most worlds without a picture of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from evalsuite.crossview.covisibility import Floats
from evalsuite.crossview.geometry import Point, Pose

_BOXES_AT_ONCE = 256


class Solids:
    """Axis-aligned boxes over a floor, in metres.

    Args:
        boxes: (low, high) corners of each.
        floor: its height; None for no floor.
    """

    def __init__(self, boxes: Iterable[tuple[Point, Point]], floor: float | None = 0.0) -> None:
        self._corners = np.array(list(boxes), np.float64).reshape(-1, 2, 3)
        self._floor = floor

    def ranges(self, camera: Pose, rays: Floats) -> Floats:
        """Metres (n,) at which rays (n, 3) of unit length from the camera first meet anything; inf for the sky.

        A box that the camera is in is not met (slab method; Kay and Kajiya, "Ray Tracing Complex Scenes", 1986).
        """
        eye = np.array(camera.position)
        best = np.full(len(rays), np.inf)
        with np.errstate(divide="ignore", invalid="ignore"):
            if self._floor is not None:
                down = (self._floor - eye[2]) / rays[:, 2]
                best = np.where(down > 0.0, down, best)
            inverse = 1.0 / rays
            for at in range(0, len(self._corners), _BOXES_AT_ONCE):
                away = self._corners[at : at + _BOXES_AT_ONCE, :, :] - eye
                slabs = away[None, :, :, :] * inverse[:, None, None, :]
                enter = np.fmin(slabs[:, :, 0], slabs[:, :, 1]).max(axis=2)
                leave = np.fmax(slabs[:, :, 0], slabs[:, :, 1]).min(axis=2)
                met = np.where((enter > 0.0) & (enter <= leave), enter, np.inf)
                best = np.minimum(best, met.min(axis=1))
        return best
