"""Where rays meet the level's ground and walls: the level is a height over each cell, so that is exact.

Things are left out: they are thin, flat pictures that turn to the camera.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.doom.catalogue import UNITS_PER_METRE
from evalsuite.adapters.doom.level import CELL_METRES, CELLS, Level
from evalsuite.adapters.doom.specification import FOCAL_X, FOCAL_Y, HEIGHT, WIDTH
from evalsuite.crossview.covisibility import Floats, picture_grid
from evalsuite.crossview.geometry import Point, Pose

_TOUCH_METRES = 0.05


@dataclass(frozen=True)
class ShearedPicture:
    """The engine's projection: a camera that pitches keeps its picture upright and shifts it up or down."""

    def rays(self, camera: Pose, columns: int, rows: int) -> Floats:
        right, ahead = _level_axes(camera)
        across, down = picture_grid(columns, rows)
        fall = down * (HEIGHT / 2 / FOCAL_Y) + math.tan(math.radians(camera.pitch))
        rays = ahead + across[:, None] * (WIDTH / 2 / FOCAL_X) * right - fall[:, None] * np.array([0.0, 0.0, 1.0])
        return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True))

    def holds(self, camera: Pose, points: Floats) -> NDArray[np.bool_]:
        right, ahead = _level_axes(camera)
        away = points - np.array(camera.position)
        depth = away @ ahead
        fall = -away[:, 2] - depth * math.tan(math.radians(camera.pitch))
        inside = (abs(away @ right) < depth * (WIDTH / 2 / FOCAL_X)) & (abs(fall) < depth * (HEIGHT / 2 / FOCAL_Y))
        return np.asarray(inside & (depth > 0.0))


class Surface:
    """Of one level."""

    def __init__(self, level: Level) -> None:
        self._height = level.height.astype(np.float64) / UNITS_PER_METRE

    def ranges(self, camera: Pose, rays: Floats) -> Floats:
        """Metres (n,) at which rays (n, 3) of unit length from the camera first meet the surface; inf for the sky."""
        eye = np.array(camera.position)
        edges = np.arange(CELLS + 1) * CELL_METRES
        with np.errstate(divide="ignore", invalid="ignore"):
            crossings = [(edges - eye[axis]) / rays[:, axis, None] for axis in (0, 1)]
        at = np.concatenate([np.zeros((len(rays), 1)), *crossings], axis=1)
        at = np.where(np.isfinite(at) & (at > 0.0), at, 0.0)
        at.sort(axis=1)
        enter, leave = at[:, :-1], at[:, 1:]
        middle = (enter + leave) / 2
        column = np.floor((eye[0] + middle * rays[:, 0, None]) / CELL_METRES).astype(np.int64)
        row = np.floor((eye[1] + middle * rays[:, 1, None]) / CELL_METRES).astype(np.int64)
        inside = (column >= 0) & (row >= 0) & (column < CELLS) & (row < CELLS) & (leave > enter)
        height = np.where(inside, self._height[row.clip(0, CELLS - 1), column.clip(0, CELLS - 1)], -np.inf)
        rise = rays[:, 2, None]
        wall = eye[2] + enter * rise < height
        top = eye[2] + leave * rise < height
        met = wall | top
        first = met.argmax(axis=1)
        pick = np.arange(len(rays)), first
        with np.errstate(divide="ignore", invalid="ignore"):
            metres = np.where(wall[pick], enter[pick], (height[pick] - eye[2]) / rays[:, 2])
        return np.where(met[pick], metres, np.inf)

    def shows(self, eye: Pose, points: list[Point]) -> bool:
        """Whether nothing but things stands between the eye and one of the points."""
        away = np.array(points) - np.array(eye.position)
        distance = np.linalg.norm(away, axis=1)
        return bool((self.ranges(eye, away / distance[:, None]) >= distance - _TOUCH_METRES).any())


def _level_axes(camera: Pose) -> tuple[Floats, Floats]:
    """Right and forward along the ground."""
    yaw = math.radians(camera.yaw)
    return np.array([math.cos(yaw), -math.sin(yaw), 0.0]), np.array([math.sin(yaw), math.cos(yaw), 0.0])
