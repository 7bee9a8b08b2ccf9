"""All texels that a renderer has met, in one flat array, ready lit and at four sharpnesses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal.looks import PAINTS, Paint

Floats = NDArray[np.float64]

LIGHT_LEVELS = 16
SHARPNESSES = 5


@dataclass(frozen=True, eq=False)
class Placed:
    """Where the tiles of n faces lie, and how they repeat.

    Args:
        start: int32 (n,): index of the first texel.
        size_bits: int32 (n,): a tile is 2 ** size_bits texels wide.
        metres: float64 (n,): side of one repetition; 0 for one tile stretched over the face.
        blurs: bool (n,): whether there are blurred tiles behind the sharp one.
    """

    start: NDArray[np.int32]
    size_bits: NDArray[np.int32]
    metres: NDArray[np.float64]
    blurs: NDArray[np.bool_]


class TextureStore:
    """Where each (paint, light) lies in `texels`.

    A paint of n x n texels takes SHARPNESSES * n * n entries at its place: the same tile, each time averaged over
    squares twice as wide, so that far surfaces don't flicker.
    """

    def __init__(self) -> None:
        self._starts = np.full((0, LIGHT_LEVELS), -1, np.int32)
        self._size_bits = np.zeros(0, np.int32)
        self._metres = np.zeros(0)
        self._blurs = np.zeros(0, np.bool_)
        self._texels = np.zeros(1 << 16, np.uint32)
        self._used = 0

    @property
    def texels(self) -> NDArray[np.uint32]:
        """Each entry four bytes in memory: red, green, blue, 255."""
        return self._texels

    def placed(self, paints: NDArray[np.int32], lights: NDArray[np.int32]) -> Placed:
        """The places of paints (by number), each lit by a light in [0, LIGHT_LEVELS)."""
        if len(self._starts) < len(PAINTS):
            self._learn(PAINTS[len(self._starts) :])
        starts = self._starts[paints, lights]
        for missing in np.flatnonzero(starts < 0).tolist():
            number, light = int(paints[missing]), int(lights[missing])
            if self._starts[number, light] < 0:
                self._starts[number, light] = self._added(PAINTS[number], light)
            starts[missing] = self._starts[number, light]
        return Placed(starts, self._size_bits[paints], self._metres[paints], self._blurs[paints])

    def _learn(self, paints: list[Paint]) -> None:
        bits = [paint.texels.shape[0].bit_length() - 1 for paint in paints]
        self._size_bits = np.concatenate([self._size_bits, np.array(bits, np.int32)])
        self._metres = np.concatenate([self._metres, [paint.metres or 0.0 for paint in paints]])
        self._blurs = np.concatenate([self._blurs, [paint.blurs for paint in paints]])
        self._starts = np.concatenate([self._starts, np.full((len(paints), LIGHT_LEVELS), -1, np.int32)])

    def _added(self, paint: Paint, light: int) -> int:
        levels = SHARPNESSES if paint.blurs else 1
        lit: Floats = paint.texels.astype(np.float64) * ((light + 1) / LIGHT_LEVELS)
        tiles = np.concatenate([_blurred(lit, 1 << level).reshape(-1, 3) for level in range(levels)])
        packed = np.full((len(tiles), 4), 255, np.uint8)
        packed[:, :3] = np.round(tiles)
        start, self._used = self._used, self._used + len(tiles)
        while self._used > len(self._texels):
            self._texels = np.concatenate([self._texels, np.zeros_like(self._texels)])
        self._texels[start : self._used] = packed.view(np.uint32)[:, 0]
        return start


def _blurred(tile: Floats, square: int) -> Floats:
    """The tile with every `square` x `square` texels replaced by their mean."""
    size = tile.shape[0]
    square = min(square, size)
    means: Floats = tile.reshape(size // square, square, size // square, square, 3).mean(axis=(1, 3))
    return means.repeat(square, axis=0).repeat(square, axis=1)
