"""Minecraft's coordinates and ours. Minecraft: x east, y up, z south; yaw 0 looks south and grows to the west.

Heights are counted from the top of the arena's floor, so that a scenario's start has the height of an eye.
"""

from __future__ import annotations

from evalsuite.crossview.geometry import Point, Pose, wrap_degrees

FLOOR_Y = 160
"""Minecraft's y of the arena's walking surface: above any land that a 1.16 world grows, and above the clouds."""

EYE_HEIGHT = 1.62
"""Minecraft Wiki, "Player"."""

Cell = tuple[int, int, int]


def to_minecraft(point: Point) -> Point:
    """(x, y, z) in Minecraft of a point in our frame."""
    x, north, up = point
    return (x, up + FLOOR_Y, -north)


def from_minecraft(x: float, y: float, z: float) -> Point:
    """A point in our frame of Minecraft's (x, y, z)."""
    return (x, -z, y - FLOOR_Y)


def cell_to_minecraft(cell: Cell) -> Cell:
    """The block coordinates of the unit cell (i, j, k), which covers [i, i+1] x [j, j+1] x [k, k+1]."""
    i, j, k = cell
    return (i, k + FLOOR_Y, -j - 1)


def cell_from_minecraft(x: int, y: int, z: int) -> Cell:
    """The unit cell of Minecraft's block coordinates."""
    return (x, -z - 1, y - FLOOR_Y)


def yaw_to_minecraft(yaw: float) -> float:
    """Both grow clockwise as seen from above; only north and south are exchanged."""
    return wrap_degrees(yaw + 180.0)


yaw_from_minecraft = yaw_to_minecraft


def eye_pose(position: dict[str, float]) -> Pose:
    """The eye of a player whose feet are at `position` (x, y, z, yaw, pitch as Minecraft gives them)."""
    x, north, up = from_minecraft(position["x"], position["y"], position["z"])
    return Pose(x=x, y=north, z=up + EYE_HEIGHT, yaw=yaw_from_minecraft(position["yaw"]), pitch=position["pitch"])
