"""Poses and angles in the one world frame: metres, x east, y north, z up.

Yaw is in degrees clockwise from north (+ turns right); pitch in degrees, + looks down.
"""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict, FiniteFloat

Point = tuple[float, float, float]


class Pose(BaseModel):
    """A position in metres with a viewing direction in degrees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    x: FiniteFloat
    y: FiniteFloat
    z: FiniteFloat
    yaw: FiniteFloat = 0.0
    pitch: FiniteFloat = 0.0

    @property
    def position(self) -> Point:
        return (self.x, self.y, self.z)

    @property
    def direction(self) -> Point:
        """Unit vector of the viewing direction."""
        yaw, pitch = math.radians(self.yaw), math.radians(self.pitch)
        return (math.sin(yaw) * math.cos(pitch), math.cos(yaw) * math.cos(pitch), -math.sin(pitch))


def wrap_degrees(angle: float) -> float:
    """`angle` brought into [-180, 180)."""
    return (angle + 180.0) % 360.0 - 180.0


def yaw_towards(origin: Point, point: Point) -> float:
    """Yaw in [-180, 180) that faces `point` from `origin`; 0 when one is straight above the other."""
    east, north = point[0] - origin[0], point[1] - origin[1]
    return wrap_degrees(math.degrees(math.atan2(east, north)))


def pitch_towards(origin: Point, point: Point) -> float:
    """Pitch in [-90, 90] that looks at `point` from `origin`, + down."""
    level = math.hypot(point[0] - origin[0], point[1] - origin[1])
    return math.degrees(math.atan2(origin[2] - point[2], level))


def manhattan_distance(a: Point, b: Point) -> float:
    """|dx| + |dy| + |dz| in metres, the distance that the published difficulty is binned by."""
    return sum(abs(p - q) for p, q in zip(a, b, strict=True))


def ground_distance(a: Point, b: Point) -> float:
    """Straight distance in metres in the ground plane."""
    return math.hypot(a[0] - b[0], a[1] - b[1])


def angle_between(a: Point, b: Point) -> float:
    """Angle in degrees, in [0, 180], between two directions that need not be of unit length."""
    norm = math.sqrt(sum(p * p for p in a) * sum(q * q for q in b))
    if norm == 0.0:
        raise ValueError("a direction of length 0 has no angle")
    cosine = sum(p * q for p, q in zip(a, b, strict=True)) / norm
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))
