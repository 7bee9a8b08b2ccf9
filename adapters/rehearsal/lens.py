"""The pinhole camera."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.geometry import Point, Pose


@dataclass(frozen=True)
class Lens:
    """A pinhole camera with square pixels; `focal` is its focal length in pixels.

    The ray through the middle of pixel (column, row) is right * (column + 0.5 - width / 2) / focal
    + down * (row + 0.5 - height / 2) / focal + forward.
    """

    width: int
    height: int
    focal: float

    @staticmethod
    def of(width: int, height: int, horizontal_fov: float | None = None, vertical_fov: float | None = None) -> Lens:
        """From one of the two fields of view, in degrees."""
        if horizontal_fov is not None and vertical_fov is None:
            return Lens(width, height, width / 2 / math.tan(math.radians(horizontal_fov) / 2))
        if vertical_fov is not None and horizontal_fov is None:
            return Lens(width, height, height / 2 / math.tan(math.radians(vertical_fov) / 2))
        raise ValueError("give either the horizontal or the vertical field of view")

    def may_see(self, axes: NDArray[np.float64], eye: Point, middle: Point, radius: float) -> bool:
        """Whether a ball of that middle and radius, in metres, may reach into the picture; False is certain."""
        x, y, z = middle[0] - eye[0], middle[1] - eye[1], middle[2] - eye[2]
        right, down, ahead = (float(east * x + north * y + up * z) for east, north, up in axes.tolist())
        for aside, half in ((abs(right), self.width / 2 / self.focal), (abs(down), self.height / 2 / self.focal)):
            if aside - half * ahead > radius * math.hypot(1.0, half):
                return False
        return ahead > -radius


def camera_axes(camera: Pose, roll: float = 0.0) -> NDArray[np.float64]:
    """The camera's right, down and forward in the world, as the rows of a 3 x 3 array; `roll` in degrees, clockwise."""
    yaw, pitch, turn = math.radians(camera.yaw), math.radians(camera.pitch), math.radians(roll)
    right = np.array([math.cos(yaw), -math.sin(yaw), 0.0])
    down = np.array([-math.sin(yaw) * math.sin(pitch), -math.cos(yaw) * math.sin(pitch), -math.cos(pitch)])
    sine, cosine = math.sin(turn), math.cos(turn)
    return np.stack([cosine * right + sine * down, cosine * down - sine * right, np.array(camera.direction)])
