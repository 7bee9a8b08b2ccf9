"""DeepMind Lab's units, and the one way between them and the world frame.

The engine counts in Quake units, x east, y north, z up, angles anticlockwise from east. A maze's cell is 100 units
wide. 50 units are taken for a metre: a cell is 2 m, the eye is 1.02 m high, and the engine's full speed of
320 units/s is 6.4 m/s, near Minecraft's sprint (5.6 m/s), which is what its policies are used to.
"""

from __future__ import annotations

from evalsuite.crossview.geometry import Point, Pose, wrap_degrees

UNITS_PER_METRE = 50.0
CELL_METRES = 2.0
EYE_METRES = 51.125 / UNITS_PER_METRE
"""Measured on the real engine: a player that stands has its eye at z = 51.125 units."""

FRAMES_PER_SECOND = 60
DEGREES_PER_PIXEL = 0.10547
"""What one pixel of look turns in one frame, on either axis; measured: 10 pixels for 2 frames turn 2.1094 degrees."""

MOST_PIXELS = 512


def to_units(metres: float) -> float:
    """A length or coordinate in engine units, to a thousandth."""
    return round(metres * UNITS_PER_METRE, 3)


def point_from_units(x: float, y: float, z: float) -> Point:
    """A place in metres from one in units."""
    return (x / UNITS_PER_METRE, y / UNITS_PER_METRE, z / UNITS_PER_METRE)


def pose_from_units(x: float, y: float, z: float, pitch: float, angle: float) -> Pose:
    """A pose from the engine's: `angle` is anticlockwise from east, `pitch` + down as everywhere."""
    east, north, up = point_from_units(x, y, z)
    return Pose(x=east, y=north, z=up, yaw=wrap_degrees(90.0 - angle), pitch=wrap_degrees(pitch))


def pose_to_units(pose: Pose) -> tuple[float, float, float, float, float]:
    """(x, y, z, pitch, angle) as the engine wants them."""
    return (
        to_units(pose.x),
        to_units(pose.y),
        to_units(pose.z),
        round(pose.pitch, 3),
        round(wrap_degrees(90.0 - pose.yaw), 3),
    )


def cell_middle(row: int, column: int, rows: int) -> tuple[float, float]:
    """Where the middle of a maze's cell lies, in metres; row 0 is the northernmost."""
    return ((column + 0.5) * CELL_METRES, (rows - 1 - row + 0.5) * CELL_METRES)


def cell_of(x: float, y: float, rows: int) -> tuple[int, int]:
    """(row, column) of the cell that holds a place."""
    return (rows - 1 - int(y // CELL_METRES), int(x // CELL_METRES))
