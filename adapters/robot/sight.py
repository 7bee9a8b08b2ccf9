"""Whether the robot's picture shows the target: from measured poses, since a real picture has no labels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.robot.level import Crate
from evalsuite.crossview.geometry import Point, Pose

Sight = tuple[int, tuple[float, float] | None]
"""How many pixels show the target, and their mean (x, y)."""


def ball_in_view(
    eye: Pose, middle: Point, radius: float, boxes: Sequence[Crate], *, width: int, height: int, horizontal_fov: float
) -> Sight:
    """The pixels of a ball in a pinhole picture that no box hides, by a ray through each of them.

    Args:
        eye: the camera's pose; no roll.
        middle, radius: of the ball, in metres.
    """
    yaw, pitch = math.radians(eye.yaw), math.radians(eye.pitch)
    right = np.array([math.cos(yaw), -math.sin(yaw), 0.0])
    ahead = np.array(eye.direction)
    down = np.array([-math.sin(yaw) * math.sin(pitch), -math.cos(yaw) * math.sin(pitch), -math.cos(pitch)])
    focal = width / 2 / math.tan(math.radians(horizontal_fov) / 2)
    to_ball = np.subtract(middle, eye.position)
    depth = float(to_ball @ ahead)
    if depth <= radius:
        return 0, None
    column = width / 2 - 0.5 + focal * float(to_ball @ right) / depth
    row = height / 2 - 0.5 + focal * float(to_ball @ down) / depth
    # Away from the axis the outline is an ellipse, longer by 1 / cos of the angle.
    reach = focal * radius / (depth - radius) * math.sqrt(1.0 + ((column - width / 2) / focal) ** 2)
    columns = np.arange(max(0, math.floor(column - reach)), min(width, math.ceil(column + reach) + 1))
    rows = np.arange(max(0, math.floor(row - reach)), min(height, math.ceil(row + reach) + 1))
    if not len(columns) or not len(rows):
        return 0, None
    x, y = (each.ravel() for each in np.meshgrid(columns, rows))
    rays = np.outer((x + 0.5 - width / 2) / focal, right) + np.outer((y + 0.5 - height / 2) / focal, down) + ahead[None]
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    along = rays @ to_ball
    hit = float(to_ball @ to_ball) - along**2 <= radius**2
    for box in boxes:
        hit &= ~(_entered(np.array(eye.position), rays, box) < along - radius)
    if not hit.any():
        return 0, None
    return int(hit.sum()), (float(x[hit].mean()), float(y[hit].mean()))


def _entered(eye: NDArray[np.float64], rays: NDArray[np.float64], box: Crate) -> NDArray[np.float64]:
    """How far along each ray it enters the box; infinity where it misses (the slab method)."""
    with np.errstate(divide="ignore"):
        inverse = 1.0 / np.where(rays == 0.0, 1e-12, rays)
    low, high = (np.array(box.low) - eye) * inverse, (np.array(box.high) - eye) * inverse
    near, far = np.minimum(low, high).max(axis=1), np.maximum(low, high).min(axis=1)
    return np.where((near <= far) & (far > 0.0), np.maximum(near, 0.0), np.inf)
