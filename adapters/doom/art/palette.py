"""The 256 colours of the game, the nearest of them to any colour, and the engine's two colour lumps.

Index 0 is black and means "transparent" in our PNGs; index 255 repeats a mid grey. Art uses 1..254 only.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.doom.art.colours import RAMPS, Array, oklab, shades

TRANSPARENT = 0
LIGHT_LEVELS = 32
PALETTES = 14
_RAMP_LOYALTY = 0.05
"""How much closer, in OKLab units, a colour of another ramp must be to stand in for a darkened one."""

Bytes = NDArray[np.uint8]


@cache
def colours() -> Bytes:
    """The palette, uint8 of shape (256, 3)."""
    rows = [np.zeros((1, 3))]
    rows += [shades(ramp.name, np.linspace(0.0, 1.0, ramp.count)) for ramp in RAMPS]
    rows.append(np.full((1, 3), 124 / 255))
    table = np.rint(np.concatenate(rows) * 255).astype(np.uint8)
    if table.shape != (256, 3):
        raise ValueError(f"the ramps must fill the palette: {table.shape}")
    return table


@cache
def _lab_table() -> Array:
    return oklab(colours()[1:255] / 255)


def _nearest_unique(rgb: Bytes) -> Bytes:
    lab = oklab(rgb / 255)
    distance = ((lab[:, None, :] - _lab_table()[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(distance.argmin(axis=1) + 1, dtype=np.uint8)


def nearest(rgb: Array) -> Bytes:
    """Palette indices, shape (...), nearest to sRGB colours in 0..1 of shape (..., 3)."""
    flat = np.rint(np.clip(rgb, 0.0, 1.0) * 255).astype(np.uint8).reshape(-1, 3)
    unique, back = np.unique(flat, axis=0, return_inverse=True)
    chunks = [_nearest_unique(unique[start : start + 4096]) for start in range(0, len(unique), 4096)]
    return np.concatenate(chunks)[back.reshape(-1)].reshape(rgb.shape[:-1])


def _darkened(light: float) -> Bytes:
    """The index each colour turns to at `light` in 0..1, in its own ramp unless another is much closer."""
    ramp = np.repeat(np.arange(len(RAMPS)), [one.count for one in RAMPS])
    lab = oklab(colours()[1:255] / 255 * light)
    distance = ((lab[:, None, :] - _lab_table()[None, :, :]) ** 2).sum(axis=2)
    distance += _RAMP_LOYALTY**2 * (ramp[:, None] != ramp[None, :])
    own = (distance.argmin(axis=1) + 1).astype(np.uint8)
    return np.concatenate([np.zeros(1, np.uint8), own, nearest(colours()[255:] / 255 * light)])


def playpal() -> bytes:
    """The PLAYPAL lump: 14 equal palettes (no damage or pick-up tint), 14 x 768 bytes."""
    return colours().tobytes() * PALETTES


def colormap() -> bytes:
    """The COLORMAP lump, 34 x 256 bytes: 32 light levels, the inverse greys, and black."""
    base = colours() / 255
    levels = [_darkened((LIGHT_LEVELS - level) / LIGHT_LEVELS) for level in range(LIGHT_LEVELS)]
    grey = 1.0 - base @ np.array([0.299, 0.587, 0.114])
    levels.append(nearest(np.repeat(grey[:, None], 3, axis=1)))
    levels.append(np.zeros(256, dtype=np.uint8))
    return np.stack(levels).tobytes()
