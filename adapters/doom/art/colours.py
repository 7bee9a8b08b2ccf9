"""Colour ramps from dark to light in the OKLab space: every colour of the art is a ramp name and a tone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


@dataclass(frozen=True)
class Ramp:
    """`count` palette colours that run from `dark` through `middle` to `light` (sRGB hex)."""

    name: str
    count: int
    dark: str
    middle: str
    light: str


RAMPS = (
    Ramp("grey", 15, "0c0c10", "7c7d80", "ffffff"),
    Ramp("stone", 10, "22252b", "72787f", "c9ced0"),
    Ramp("snow", 11, "4c5f80", "b4cbe2", "fbfdff"),
    Ramp("grass", 14, "14300f", "4f9a2f", "b4e070"),
    Ramp("forest", 10, "0b2414", "2f7034", "7fbf5c"),
    Ramp("spruce", 8, "0a2224", "2a5f52", "86b09a"),
    Ramp("moss", 8, "23260e", "6a702e", "b9ba6c"),
    Ramp("sky", 15, "2b5a9c", "6eb0ec", "e6f5ff"),
    Ramp("blue", 9, "0a1040", "2348c8", "8fb4ff"),
    Ramp("ice", 9, "1d4a66", "69b8d8", "d8f6ff"),
    Ramp("wood", 13, "2a1708", "94652f", "e0b878"),
    Ramp("bark", 8, "1a110b", "5a4030", "a58a6c"),
    Ramp("sand", 13, "54401f", "cfae6c", "fff2c8"),
    Ramp("sandstone", 11, "4a2a12", "c4854a", "f6d09a"),
    Ramp("clay", 9, "3c160c", "b0583a", "eaa27e"),
    Ramp("brick", 8, "300c0a", "9a3a30", "d88a78"),
    Ramp("red", 9, "340408", "d81f26", "ff8f80"),
    Ramp("orange", 8, "401804", "f07a14", "ffc070"),
    Ramp("yellow", 9, "483604", "f4c81c", "fff6a0"),
    Ramp("purple", 9, "1c0838", "7a34c0", "cfa0f6"),
    Ramp("pink", 11, "442a2e", "e48a94", "ffd8d6"),
    Ramp("teal", 8, "062b27", "14988c", "88ecd8"),
    Ramp("skin", 8, "3c2014", "c88a62", "f8d4b0"),
    Ramp("magenta", 5, "3c0630", "d03aa0", "ffa8dc"),
    Ramp("haze", 9, "c88a6a", "f4c89c", "fff4dc"),
    Ramp("dusk", 7, "5c6c94", "a4b4d4", "e8ecf8"),
)


def oklab(rgb: Array) -> Array:
    """sRGB in 0..1, shape (..., 3), as OKLab, same shape."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0.04045) + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T)


def from_oklab(lab: Array) -> Array:
    """OKLab, shape (..., 3), as sRGB clipped to 0..1, same shape."""
    linear = np.clip((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T, 0.0, 1.0)
    return np.asarray(np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055))


def _hex(text: str) -> Array:
    return np.array([int(text[place : place + 2], 16) / 255 for place in (0, 2, 4)])


@cache
def _stops(name: str) -> Array:
    found = next(ramp for ramp in RAMPS if ramp.name == name)
    return oklab(np.stack([_hex(found.dark), _hex(found.middle), _hex(found.light)]))


def shades(name: str, tones: Array) -> Array:
    """sRGB colours, shape tones.shape + (3,), of the ramp `name` at `tones` in 0 (dark) .. 1 (light)."""
    stops = _stops(name)
    clipped = np.clip(tones, 0.0, 1.0)
    channels = [np.interp(clipped, [0.0, 0.5, 1.0], stops[:, channel]) for channel in range(3)]
    return from_oklab(np.stack(channels, axis=-1))


def shade(name: str, tone: float) -> Array:
    """One sRGB colour, shape (3,), of the ramp `name` at `tone` in 0..1."""
    return shades(name, np.asarray(tone, dtype=np.float64))
