"""Unreal's own axes and the core's: centimetres, left-handed, x north, y east, z up, (pitch, yaw, roll) in degrees.

Unreal's yaw turns clockwise seen from above, as the core's does; its pitch is + up, the core's + down. That x is
north is our choice (AirSim's NED frame takes it too): Unreal has no north.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from evalsuite.crossview.geometry import Point, Pose, wrap_degrees
from evalsuite.errors import SimulatorFault

CENTIMETRES = 100.0
DECIMALS = 3
"""Of every number on the wire: UnrealCV prints that many, so that what is set is read back to the digit."""

Rotation = tuple[float, float, float]


@dataclass(frozen=True)
class UnrealAxes:
    """The two frames of one map; `origin` is where the core's (0, 0, 0) lies, in Unreal's centimetres."""

    origin: Point = (0.0, 0.0, 0.0)

    def to_unreal(self, point: Point) -> Point:
        """Core metres -> Unreal centimetres, rounded as the wire rounds."""
        x, y, z = point
        ox, oy, oz = self.origin
        return (_rounded(ox + y * CENTIMETRES), _rounded(oy + x * CENTIMETRES), _rounded(oz + z * CENTIMETRES))

    def from_unreal(self, location: Point) -> Point:
        """Unreal centimetres -> core metres."""
        x, y, z = location
        ox, oy, oz = self.origin
        return ((y - oy) / CENTIMETRES, (x - ox) / CENTIMETRES, (z - oz) / CENTIMETRES)

    def pose_to_unreal(self, pose: Pose) -> tuple[Point, Rotation]:
        """(location, rotation) of a camera."""
        return self.to_unreal(pose.position), (_rounded(-pose.pitch), _rounded(wrap_degrees(pose.yaw)), 0.0)

    def pose_from_unreal(self, location: Point, rotation: Rotation) -> Pose:
        """The pose of a camera without roll."""
        x, y, z = self.from_unreal(location)
        return Pose(x=x, y=y, z=z, yaw=wrap_degrees(rotation[1]), pitch=-wrap_degrees(rotation[0]))


def written(*numbers: float) -> str:
    """Numbers as UnrealCV's commands take them: plain decimals, since its parser knows no exponents.

    Raises `SimulatorFault` for what is not finite: the server would take it without a word.
    """
    values = [float(number) for number in numbers]
    if not all(math.isfinite(value) for value in values):
        raise SimulatorFault(f"UnrealCV was about to be told {values}, which are not all finite")
    return " ".join(f"{value:.{DECIMALS}f}" for value in values)


def _rounded(value: float) -> float:
    return round(value, DECIMALS) + 0.0
