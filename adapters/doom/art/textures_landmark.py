"""Six tower textures that cannot be mistaken for one another, and the flats that go on top of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.doom.art.colours import Array, shades
from evalsuite.adapters.doom.art.paints import Tint
from evalsuite.adapters.doom.art.patterns import grain
from evalsuite.adapters.doom.art.seeds import random_for
from evalsuite.adapters.doom.art.textures_meadow import FLAT, WALL

Mask = NDArray[np.bool_]
Pattern = Callable[[Array, Array], Mask]


def _stripes(row: Array, column: Array) -> Mask:
    return np.asarray(row % 32 < 16)


def _diamonds(row: Array, column: Array) -> Mask:
    return np.asarray(np.abs(row % 32 - 15.5) + np.abs(column % 32 - 15.5) < 12)


def _checker(row: Array, column: Array) -> Mask:
    return np.asarray((row // 16 + column // 16) % 2 == 0)


def _rings(row: Array, column: Array) -> Mask:
    reach = np.hypot(row % 64 - 31.5, column - 31.5)
    return np.asarray(((reach > 8) & (reach < 15)) | ((reach > 21) & (reach < 28)))


def _chevrons(row: Array, column: Array) -> Mask:
    return np.asarray((row + np.abs(column - 31.5)) % 32 < 16)


def _cross(row: Array, column: Array) -> Mask:
    down, across = np.abs(row % 64 - 31.5), np.abs(column - 31.5)
    return np.asarray(((across < 8) & (down < 27)) | ((down < 8) & (across < 27)))


TOWERS: dict[str, tuple[Tint, Tint, Pattern]] = {
    "A": (("red", 0.48), ("grey", 0.97), _stripes),
    "B": (("yellow", 0.55), ("blue", 0.48), _diamonds),
    "C": (("yellow", 0.52), ("grey", 0.10), _checker),
    "D": (("grey", 0.97), ("purple", 0.48), _rings),
    "E": (("orange", 0.56), ("teal", 0.42), _chevrons),
    "F": (("grey", 0.06), ("grey", 0.94), _cross),
}
"""Front colour, ground colour, and where the front colour goes."""


def _painted(letter: str, size: tuple[int, int], name: str) -> Array:
    front, back, where = TOWERS[letter]
    row, column = np.mgrid[0 : size[0], 0 : size[1]]
    mask = where(row.astype(float), column.astype(float))
    random = random_for(name)
    block = ((row % 16 == 15) | (column % 16 == 15)) * -0.07 + ((row % 16 == 0) | (column % 16 == 0)) * 0.04
    offset = block + grain(random, *size, 0.02)
    return np.where(mask[..., None], shades(front[0], front[1] + offset), shades(back[0], back[1] + offset))


def wall(letter: str) -> Array:
    """The wall of tower `letter`, RGB of shape (128, 64, 3)."""
    return _painted(letter, WALL, f"LMARK{letter}")


def top(letter: str) -> Array:
    """The flat on top of tower `letter`, RGB of shape (64, 64, 3), in the same pattern."""
    return _painted(letter, FLAT, f"LTOP{letter}")
