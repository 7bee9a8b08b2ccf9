"""The shapes that things have: boxes, balls, and figures put together from boxes."""

from __future__ import annotations

from dataclasses import dataclass

from evalsuite.adapters.rehearsal.looks import Look
from evalsuite.crossview.geometry import Point

SKY_ID = 0
GROUND_ID = 1
"""The ids that belong to no object; the first object has the next."""


@dataclass(frozen=True)
class Box:
    """A box of `size` metres (east, north, up at yaw 0), standing on its position."""

    size: Point
    look: Look


@dataclass(frozen=True)
class Ball:
    """A ball that stands on its position: its centre is `radius` above it."""

    radius: float
    look: Look


@dataclass(frozen=True)
class Part:
    """One box of a figure, in the figure's own frame: x right, y ahead, z up, origin between its feet.

    Args:
        low, high: corners in metres, unswung.
        swing: how far it swings about the middle of its upper edge when the figure walks: 1 with the stride,
            -1 against it, 0 not at all.
    """

    low: Point
    high: Point
    look: Look
    swing: float = 0.0


@dataclass(frozen=True)
class Figure:
    """Boxes that move as one; `width` and `height` in metres are those of its upright collision box."""

    name: str
    parts: tuple[Part, ...]
    width: float
    height: float


Shape = Box | Ball | Figure
