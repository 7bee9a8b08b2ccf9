"""AirSim's frame against the core's: NED metres (x north, y east, z down) and quaternions."""

from __future__ import annotations

import math
from typing import NamedTuple

from evalsuite.crossview.geometry import Point

_STRAIGHT = 1.0 - 1e-12


class Quaternion(NamedTuple):
    """A rotation from the body's frame (x ahead, y right, z down) to NED, of unit length."""

    w: float
    x: float
    y: float
    z: float


def ned_from_core(point: Point) -> Point:
    """Metres north, east and down."""
    return (point[1], point[0], -point[2])


def core_from_ned(point: Point) -> Point:
    return (point[1], point[0], -point[2])


def quaternion_of(yaw: float, pitch: float = 0.0) -> Quaternion:
    """Of a body that faces `yaw` and looks down by `pitch`, in degrees, without roll."""
    half_yaw, half_pitch = math.radians(yaw) / 2, math.radians(-pitch) / 2
    cos_yaw, sin_yaw = math.cos(half_yaw), math.sin(half_yaw)
    cos_pitch, sin_pitch = math.cos(half_pitch), math.sin(half_pitch)
    return Quaternion(cos_yaw * cos_pitch, -sin_yaw * sin_pitch, cos_yaw * sin_pitch, sin_yaw * cos_pitch)


def heading_of(rotation: Quaternion) -> tuple[float, float]:
    """Yaw in [-180, 180) and pitch in [-90, 90], + down, of where the body's x axis points; roll is left out.

    Straight up and straight down the yaw is the body's right-hand side's, turned back by 90 degrees.
    """
    w, x, y, z = rotation
    norm = w * w + x * x + y * y + z * z
    north = (w * w + x * x - y * y - z * z) / norm
    east = 2 * (x * y + w * z) / norm
    down = 2 * (x * z - w * y) / norm
    pitch = math.degrees(math.asin(max(-1.0, min(1.0, down))))
    if abs(down) > _STRAIGHT:
        right_north, right_east = 2 * (x * y - w * z) / norm, (w * w - x * x + y * y - z * z) / norm
        yaw = math.degrees(math.atan2(-right_north, right_east))
    else:
        yaw = math.degrees(math.atan2(east, north))
    return (yaw if yaw < 180.0 else -180.0), pitch
