"""What a camera sees of a body, worked out from poses and the level: no engine tells which pixels are whose.

A body is an upright box. Its front is sampled on a grid of points; a point counts as seen when it projects into the
picture and no solid cell lies between it and the eye.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.minecraft.level import HALF, HEIGHT, SIZE
from evalsuite.adapters.minecraft.specification import HEIGHT as ROWS
from evalsuite.adapters.minecraft.specification import VERTICAL_FOV
from evalsuite.adapters.minecraft.specification import WIDTH as COLUMNS
from evalsuite.crossview.geometry import Point, Pose

FOCAL = ROWS / 2 / math.tan(math.radians(VERTICAL_FOV / 2))
"""Focal length in pixels; Minecraft's pixels are square."""

_GRID = 5
_NEAR = 0.05
_RAY_STEP = 0.2


@dataclass(frozen=True)
class Box:
    """An upright box: the middle of its underside, its width and its height, in metres."""

    foot: Point
    width: float
    height: float

    def corners(self) -> NDArray[np.float64]:
        """(8, 3)."""
        x, y, z = self.foot
        half = self.width / 2
        return np.array(
            [(x + a, y + b, z + c) for a in (-half, half) for b in (-half, half) for c in (0.0, self.height)]
        )


def project(camera: Pose, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) = column, row in pixels, and metres ahead of the camera, of `points` (n, 3)."""
    yaw, pitch = math.radians(camera.yaw), math.radians(camera.pitch)
    ahead = np.array(camera.direction)
    right = np.array([math.cos(yaw), -math.sin(yaw), 0.0])
    down = np.array([-math.sin(yaw) * math.sin(pitch), -math.cos(yaw) * math.sin(pitch), -math.cos(pitch)])
    away = points - np.array(camera.position)
    depth = away @ ahead
    safe = np.maximum(depth, _NEAR)
    return np.stack(
        [COLUMNS / 2 + FOCAL * (away @ right) / safe, ROWS / 2 + FOCAL * (away @ down) / safe, depth], axis=1
    )


def hull_mask(camera: Pose, box: Box) -> NDArray[np.uint8]:
    """The convex hull of the box's projected corners as a mask, uint8 0/1; corners behind the camera are left out."""
    seen = project(camera, box.corners())
    corners = seen[seen[:, 2] > _NEAR][:, :2]
    mask = np.zeros((ROWS, COLUMNS), np.uint8)
    if len(corners) < 3:
        return mask
    hull = _convex_hull(corners)
    x, y = np.meshgrid(np.arange(COLUMNS) + 0.5, np.arange(ROWS) + 0.5)
    inside = np.ones(mask.shape, np.bool_)
    for a, b in zip(hull, np.roll(hull, -1, axis=0), strict=True):
        inside &= (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) >= 0.0
    mask[inside] = 1
    return mask


def seen_pixels(
    camera: Pose, box: Box, solid: NDArray[np.bool_], own_cell: tuple[int, int, int] | None
) -> tuple[int, tuple[float, float] | None]:
    """About how many pixels show the box, and the mean (x, y) of what is seen of it.

    Args:
        solid: `Level.solid`, brought up to date.
        own_cell: the cell that the box fills, which does not hide it.
    """
    points = _front_points(camera, box)
    projected = project(camera, points)
    inside = (
        (projected[:, 2] > _NEAR)
        & (projected[:, 0] >= 0)
        & (projected[:, 0] < COLUMNS)
        & (projected[:, 1] >= 0)
        & (projected[:, 1] < ROWS)
    )
    if not inside.any():
        return 0, None
    seen = inside & ~_hidden(camera, points, solid, own_cell)
    if not seen.any():
        return 0, None
    hull = project(camera, box.corners())
    corners = hull[hull[:, 2] > _NEAR][:, :2]
    area = _polygon_area(_convex_hull(corners)) if len(corners) >= 3 else 1.0
    pixels = round(min(area, float(ROWS * COLUMNS)) * float(seen.sum()) / len(points))
    column, row = projected[seen][:, :2].mean(axis=0)
    return max(1, pixels), (float(column), float(row))


def _front_points(camera: Pose, box: Box) -> NDArray[np.float64]:
    """A grid of points on the upright plane through the middle of the box that faces the camera."""
    x, y, z = box.foot
    away = math.atan2(x - camera.x, y - camera.y)
    across = np.array([math.cos(away), -math.sin(away), 0.0])
    toward = np.array([-math.sin(away), -math.cos(away), 0.0]) * box.width * 0.45
    shares = (np.arange(_GRID) + 0.5) / _GRID
    middle = np.array([x, y, z]) + toward
    return np.array(
        [middle + across * (s - 0.5) * box.width + (0.0, 0.0, t * box.height) for s in shares for t in shares]
    )


def _hidden(
    camera: Pose, points: NDArray[np.float64], solid: NDArray[np.bool_], own_cell: tuple[int, int, int] | None
) -> NDArray[np.bool_]:
    eye = np.array(camera.position)
    away = points - eye
    longest = float(np.linalg.norm(away, axis=1).max())
    count = max(2, math.ceil(longest / _RAY_STEP))
    shares = (np.arange(count - 1) + 0.5) / count
    cells = np.floor(eye + away[:, None, :] * shares[None, :, None]).astype(np.int64)
    index = cells + np.array([HALF, HALF, 0])
    inside = ((index >= 0) & (index < np.array([SIZE, SIZE, HEIGHT]))).all(axis=2)
    bounded = np.clip(index, 0, np.array([SIZE - 1, SIZE - 1, HEIGHT - 1]))
    blocked = solid[bounded[..., 0], bounded[..., 1], bounded[..., 2]] & inside
    if own_cell is not None:
        blocked &= ~(cells == np.array(own_cell)).all(axis=2)
    under_the_floor = cells[..., 2] < 0
    return np.asarray((blocked | under_the_floor).any(axis=1))


def _convex_hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Andrew's monotone chain; the result turns so that the inside is on the left in x right, y down."""
    ordered = sorted({(float(x), float(y)) for x, y in points})
    halves: list[list[tuple[float, float]]] = []
    for chain in (ordered, ordered[::-1]):
        kept: list[tuple[float, float]] = []
        for point in chain:
            while len(kept) >= 2 and _turn(kept[-2], kept[-1], point) <= 0:
                kept.pop()
            kept.append(point)
        halves.append(kept[:-1])
    return np.array(halves[0] + halves[1])


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _polygon_area(corners: NDArray[np.float64]) -> float:
    x, y = corners[:, 0], corners[:, 1]
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2
