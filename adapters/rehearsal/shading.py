"""From visible runs of pixels to colours: which texel each pixel's middle shows, and how blurred."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal.projection import Floats, Projected
from evalsuite.adapters.rehearsal.textures import SHARPNESSES, TextureStore

_SHARP_TEXELS = 560.0
"""Depth, in texels' widths, from which on the texels of a face seen straight on are averaged."""

_NEVER_BLURRED = 1.0e18


@dataclass(frozen=True, eq=False)
class Surfaces:
    """What n projected faces wear.

    Args:
        texels: two linear functions of the pixel (3, n): column and row of its texel times w, counted from the
            tile nearest to the eye.
        start: int32 (n,): index of the first texel in the store.
        size_bits: int32 (n,): a tile is 2 ** size_bits texels wide.
        sharp: float32 (n,): w squared times this is below 1 where texels are averaged. The width of a texel as the
            picture has it, along the way in which the face recedes, goes with w squared and the plane's distance.
    """

    texels: tuple[Floats, Floats]
    start: NDArray[np.int32]
    size_bits: NDArray[np.int32]
    sharp: NDArray[np.float32]


def surfaces_of(projected: Projected, store: TextureStore) -> Surfaces:
    """Where the texels of every face are."""
    placed = store.placed(projected.paints, projected.lights)
    repeats = placed.metres > 0.0
    tile_metres = np.where(repeats, placed.metres, projected.lengths)
    width = np.left_shift(1, placed.size_bits)
    functions = []
    for side in (0, 1):
        tiles = projected.lengths[side] / tile_metres[side]
        whole = np.where(repeats, np.floor(tiles * projected.starts[side]), 0.0)
        functions.append((projected.sides[side] * tiles + projected.inverse * whole) * width)
    sharp = np.where(placed.blurs, projected.distances * _SHARP_TEXELS * tile_metres[0] / width, _NEVER_BLURRED)
    return Surfaces((functions[0], functions[1]), placed.start, placed.size_bits, sharp.astype(np.float32))


def blur_levels(closeness: NDArray[np.float32]) -> NDArray[np.int32]:
    """How many times a texel is averaged: once at closeness below 1, twice below 1/2, and so on."""
    blur = (closeness < 1.0).astype(np.int32)
    for level in range(1, SHARPNESSES - 1):
        blur += closeness < 1.0 / (1 << level)
    return blur
