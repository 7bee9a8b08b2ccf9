"""Co-visibility: how much of what the start view shows the goal view shows too.

Each of a grid of rays through the start view meets a surface at a point; the point is seen from the goal camera when
it falls into that picture and nothing stands before it there. Both occlusions are so accounted for: what hides a point
from the start is what its ray met instead, and what hides it from the goal camera is nearer to that camera than it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.geometry import Pose

Floats = NDArray[np.float64]

Ranges = Callable[[Pose, Floats], Floats]
"""From a camera and unit vectors (n, 3) to the metres (n,) at which each first meets a surface; inf for the sky."""

COLUMNS, ROWS = 24, 14
"""Rays across and down; with all 336 of them the share is good to about 0.03."""

TOLERANCE_METRES, TOLERANCE_SHARE = 0.1, 0.02
"""How much nearer a camera may meet something than the point, and still see the point."""


class Projection(Protocol):
    """How a camera maps the world on to its picture."""

    def rays(self, camera: Pose, columns: int, rows: int) -> Floats:
        """Unit vectors (columns * rows, 3) through the middles of an even grid of the picture."""

    def holds(self, camera: Pose, points: Floats) -> NDArray[np.bool_]:
        """Which of `points` (n, 3) project into the picture."""


@dataclass(frozen=True)
class Pinhole:
    """A camera that tilts as a whole; half its picture's extent at 1 m, across and down."""

    half_width: float
    half_height: float

    @staticmethod
    def of(width: int, height: int, *, horizontal_fov: float = 0.0, vertical_fov: float = 0.0) -> Pinhole:
        """From the picture's size in pixels and fields of view in degrees; with one of them pixels are square."""
        across, down = (math.tan(math.radians(fov) / 2) for fov in (horizontal_fov, vertical_fov))
        return Pinhole(across or down * width / height, down or across * height / width)

    def rays(self, camera: Pose, columns: int, rows: int) -> Floats:
        right, down, ahead = _axes(camera)
        across, along = picture_grid(columns, rows)
        rays = ahead + across[:, None] * self.half_width * right + along[:, None] * self.half_height * down
        return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True))

    def holds(self, camera: Pose, points: Floats) -> NDArray[np.bool_]:
        right, down, ahead = _axes(camera)
        away = points - np.array(camera.position)
        depth = away @ ahead
        inside = (abs(away @ right) < self.half_width * depth) & (abs(away @ down) < self.half_height * depth)
        return np.asarray(inside & (depth > 0.0))


def picture_grid(columns: int, rows: int) -> tuple[Floats, Floats]:
    """Across and down, each (columns * rows,) in (-1, 1): the middles of an even grid, row by row."""
    across = (np.arange(columns) + 0.5) / columns * 2.0 - 1.0
    down = (np.arange(rows) + 0.5) / rows * 2.0 - 1.0
    return np.tile(across, rows), np.repeat(down, columns)


def covisibility(start: Pose, goal_camera: Pose, projection: Projection, ranges: Ranges) -> float | None:
    """Share in [0, 1] of the surface in the start view that the goal view shows; None when there is only sky."""
    rays = projection.rays(start, COLUMNS, ROWS)
    metres = ranges(start, rays)
    met = np.isfinite(metres)
    if not met.any():
        return None
    points = np.array(start.position) + rays[met] * metres[met, None]
    points = points[projection.holds(goal_camera, points)]
    if not len(points):
        return 0.0
    away = points - np.array(goal_camera.position)
    distance = np.linalg.norm(away, axis=1)
    first = ranges(goal_camera, away / distance[:, None])
    seen = first >= distance * (1.0 - TOLERANCE_SHARE) - TOLERANCE_METRES
    return float(seen.sum() / met.sum())


def _axes(camera: Pose) -> tuple[Floats, Floats, Floats]:
    """The camera's right, down and forward in the world."""
    yaw, pitch = math.radians(camera.yaw), math.radians(camera.pitch)
    right = np.array([math.cos(yaw), -math.sin(yaw), 0.0])
    down = np.array([-math.sin(yaw) * math.sin(pitch), -math.cos(yaw) * math.sin(pitch), -math.cos(pitch)])
    return right, down, np.array(camera.direction)
