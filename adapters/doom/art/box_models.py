"""A thing as a list of painted boxes, in metres: x points where the thing faces, y to its left, z up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from evalsuite.adapters.doom.art.colours import Array

FACES = ("front", "back", "left", "right", "top", "bottom")
Paint = Callable[[str, int, int, np.random.RandomState], Array]
"""(face, rows, columns, random) -> RGBA in 0..1 of shape (rows, columns, 4), as seen from outside."""
Point = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Box:
    """A box of `size` metres at `centre`; the columns of `axes`, shape (3, 3), are its own x, y and z."""

    centre: Array
    size: Array
    paint: Paint
    axes: Array
    texel: float


def box(centre: Point, size: Point, paint: Paint, texel: float = 1 / 16) -> Box:
    """An upright box; `texel` is the side in metres of one square of its paint."""
    return Box(np.array(centre, dtype=float), np.array(size, dtype=float), paint, np.eye(3), texel)


def standing(x: float, y: float, floor: float, size: Point, paint: Paint, texel: float = 1 / 16) -> Box:
    """An upright box whose bottom is centred at (x, y, floor)."""
    return box((x, y, floor + size[2] / 2), size, paint, texel)


def _rotation(axis: str, degrees: float) -> Array:
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second] = -sine
    matrix[second, first] = sine
    return matrix


def turned(boxes: Iterable[Box], axis: str, degrees: float, pivot: Point = (0.0, 0.0, 0.0)) -> list[Box]:
    """The boxes turned right-handed about the line through `pivot` (metres) along `axis`, x, y or z."""
    matrix = _rotation(axis, degrees)
    about = np.array(pivot, dtype=float)
    return [replace(one, centre=about + matrix @ (one.centre - about), axes=matrix @ one.axes) for one in boxes]


def moved(boxes: Iterable[Box], by: Point) -> list[Box]:
    """The boxes moved by a vector in metres."""
    return [replace(one, centre=one.centre + np.array(by)) for one in boxes]


def corners(one: Box) -> Array:
    """The eight corners of a box in metres, shape (8, 3)."""
    signs = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)])
    return np.asarray(one.centre + (signs * one.size / 2) @ one.axes.T)


def on_floor(boxes: list[Box]) -> list[Box]:
    """The boxes lifted or lowered together until the lowest corner is at z = 0."""
    lowest = min(float(corners(one)[:, 2].min()) for one in boxes)
    return moved(boxes, (0.0, 0.0, -lowest))
