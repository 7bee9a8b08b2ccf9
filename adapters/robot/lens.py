"""A camera's lens: where points of the world fall in its picture, and its picture without distortion.

A calibration file is YAML, one mapping:

    width: 1280
    height: 960
    camera_matrix: [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]
    distortion: [k1, k2, p1, p2, k3]        4, 5 or 8 numbers, or fisheye: [k1, k2, k3, k4]

as OpenCV and ROS's camera_info name them (ROS's files, with `data:` below each, are read too). The middle of the first
pixel is (0, 0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from evalsuite.crossview.geometry import Point, Pose
from evalsuite.errors import UsageError

Floats = NDArray[np.float64]

_DISTORTIONS = (4, 5, 8)
_SAME_SHAPE = 0.01
_NEAREST = 1e-6


@dataclass(frozen=True)
class Lens:
    """A pinhole with distortion.

    Args:
        width, height: of the picture that the other numbers hold for, in pixels.
        focal: (fx, fy) in pixels.
        centre: (cx, cy) in pixels.
        distortion: OpenCV's k1, k2, p1, p2 and so on; empty for none.
        fisheye: whether these are the four of OpenCV's fisheye model.
    """

    width: int
    height: int
    focal: tuple[float, float]
    centre: tuple[float, float]
    distortion: tuple[float, ...] = ()
    fisheye: bool = False

    @property
    def matrix(self) -> Floats:
        """OpenCV's camera matrix, float64 (3, 3)."""
        (fx, fy), (cx, cy) = self.focal, self.centre
        return np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])

    @property
    def horizontal_fov(self) -> float:
        """Degrees across the picture without distortion."""
        left, right = self.centre[0] + 0.5, self.width - 0.5 - self.centre[0]
        return math.degrees(math.atan(left / self.focal[0]) + math.atan(right / self.focal[0]))

    @property
    def undistorted(self) -> Lens:
        """The lens that `undistort`'s pictures were taken with, so to say."""
        return replace(self, distortion=(), fisheye=False)

    def of_size(self, width: int, height: int) -> Lens:
        """The same lens for pictures of another size. Raises `UsageError` when they have another shape."""
        if (width, height) == (self.width, self.height):
            return self
        across, down = width / self.width, height / self.height
        if abs(across / down - 1.0) > _SAME_SHAPE:
            raise UsageError(
                f"the camera sends {width} x {height} and its lens is known for {self.width} x {self.height}, another "
                "shape: calibrate it as it is used, or correct width and height"
            )
        (fx, fy), (cx, cy) = self.focal, self.centre
        centre = ((cx + 0.5) * across - 0.5, (cy + 0.5) * down - 0.5)
        return replace(self, width=width, height=height, focal=(fx * across, fy * down), centre=centre)

    def undistort(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture uint8 (height, width, 3) as `undistorted` has it; black where nothing was seen."""
        if not self.distortion:
            return image
        import cv2

        height, width = image.shape[:2]
        if (width, height) != (self.width, self.height):
            return self.of_size(width, height).undistort(image)
        columns, rows = self._maps
        return np.asarray(cv2.remap(image, columns, rows, cv2.INTER_LINEAR), np.uint8)

    def project(self, point: Point, camera: Pose, roll: float = 0.0) -> tuple[float, float] | None:
        """Column and row in pixels, in the picture or beside it; None behind the camera.

        Args:
            point: metres, in the world's frame.
            camera: its pose; roll clockwise, in degrees.
        """
        away = camera_axes(camera, roll) @ (np.array(point) - np.array(camera.position))
        if away[2] <= _NEAREST:
            return None
        if not self.distortion:
            across, down = away[0] / away[2], away[1] / away[2]
            return float(self.focal[0] * across + self.centre[0]), float(self.focal[1] * down + self.centre[1])
        import cv2

        nothing = np.zeros(3)
        place = away.reshape(1, 1, 3)
        if self.fisheye:
            seen, _ = cv2.fisheye.projectPoints(place, nothing, nothing, self.matrix, np.array(self.distortion))
        else:
            seen, _ = cv2.projectPoints(place, nothing, nothing, self.matrix, np.array(self.distortion))
        column, row = seen.reshape(2)
        return float(column), float(row)

    @cached_property
    def _maps(self) -> tuple[Any, Any]:
        import cv2

        size, matrix, crooked = (self.width, self.height), self.matrix, np.array(self.distortion)
        make = cv2.fisheye.initUndistortRectifyMap if self.fisheye else cv2.initUndistortRectifyMap
        columns, rows = make(matrix, crooked, np.eye(3), matrix, size, cv2.CV_16SC2)
        return columns, rows


def pinhole(width: int, height: int, horizontal_fov: float) -> Lens:
    """A lens without distortion, from its horizontal field of view in degrees; square pixels."""
    focal = width / 2 / math.tan(math.radians(horizontal_fov) / 2)
    return Lens(width, height, (focal, focal), ((width - 1) / 2, (height - 1) / 2))


def load_calibration(path: Path) -> Lens:
    """Read a calibration file. Raises `UsageError` that says what is wrong with it."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"can't read the calibration {path}: {error}") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(content, dict):
        raise UsageError(f"{path}: a calibration is a mapping with width, height, camera_matrix and distortion")
    try:
        width, height = (int(content.get(name) or content.get(f"image_{name}") or 0) for name in ("width", "height"))
        fisheye = "fisheye" in content or content.get("distortion_model") in ("fisheye", "equidistant")
        matrix = _numbers(content["camera_matrix"]).reshape(3, 3)
        bends = content.get("fisheye", content.get("distortion", content.get("distortion_coefficients", [])))
        distortion = tuple(_numbers(bends).tolist())
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: camera_matrix has to be 3 x 3 numbers and distortion a list of them") from error
    if width <= 0 or height <= 0:
        raise UsageError(f"{path}: width and height of the calibrated picture, in pixels, are missing")
    if not matrix[0, 0] > 0.0 < matrix[1, 1] or not np.isfinite(matrix).all():
        raise UsageError(f"{path}: camera_matrix has no focal length at [0][0] and [1][1]")
    if not any(distortion):
        distortion = ()
    allowed = (4,) if fisheye else _DISTORTIONS
    if distortion and len(distortion) not in allowed:
        said = " or ".join(map(str, allowed))
        raise UsageError(f"{path}: distortion has {len(distortion)} numbers; OpenCV's model has {said}")
    focal, centre = (float(matrix[0, 0]), float(matrix[1, 1])), (float(matrix[0, 2]), float(matrix[1, 2]))
    return Lens(width, height, focal, centre, distortion, fisheye and bool(distortion))


def save_calibration(path: Path, lens: Lens) -> None:
    """Write a calibration file."""
    content = {
        "width": lens.width,
        "height": lens.height,
        "camera_matrix": lens.matrix.tolist(),
        "fisheye" if lens.fisheye else "distortion": list(lens.distortion),
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def camera_axes(camera: Pose, roll: float = 0.0) -> Floats:
    """The camera's right, down and forward in the world, the rows of a 3 x 3 array; roll clockwise, in degrees."""
    yaw, pitch, turn = math.radians(camera.yaw), math.radians(camera.pitch), math.radians(roll)
    right = np.array([math.cos(yaw), -math.sin(yaw), 0.0])
    ahead = np.array(camera.direction)
    down = np.array([-math.sin(yaw) * math.sin(pitch), -math.cos(yaw) * math.sin(pitch), -math.cos(pitch)])
    cosine, sine = math.cos(turn), math.sin(turn)
    return np.stack([cosine * right + sine * down, cosine * down - sine * right, ahead])


def _numbers(given: Any) -> Floats:
    """A list of numbers, nested or not, or ROS's mapping with `data`."""
    return np.array(given["data"] if isinstance(given, dict) else given, np.float64).ravel()
