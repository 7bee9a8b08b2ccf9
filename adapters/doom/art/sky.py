"""Three skies, 256 x 1024 pixels, that close on themselves and show different hills in every direction.

A column c of the drawings is seen c * 360 / 1024 degrees clockwise (from above) of the map's +x direction.
The engine lays columns out counter-clockwise, so `sky` gives the mirror image of the drawing. Below the row
`HORIZON` there is only the colour of the far ground.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evalsuite.adapters.doom.art.colours import Array, shade, shades
from evalsuite.adapters.doom.art.palette import Bytes, nearest
from evalsuite.adapters.doom.art.patterns import clouds, noise
from evalsuite.adapters.doom.art.seeds import random_for

HEIGHT, WIDTH = 256, 1024
HORIZON = 200
"""The row the engine shows in the middle of a level view; rows 100 to 200 fill a 4:3 view's upper half."""
_BLOCK = 4
"""Side in pixels of one square of a cloud."""
_STEP = 2
"""Side in pixels of one step of a hill's outline."""
_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 - 0.47


def _away(middle: float) -> Array:
    """Distance in columns, shape (1024,), from a column, round the closed sky."""
    distance = np.abs(np.arange(WIDTH) - middle) % WIDTH
    return np.asarray(np.minimum(distance, WIDTH - distance).astype(float))


def _peak(middle: float, height: float, half: float) -> Array:
    """A pointed mountain: full `height` pixels at its middle column, zero at `half` columns away."""
    return np.maximum(0.0, height * (1 - _away(middle) / half))


def _mesa(middle: float, height: float, half: float) -> Array:
    """A flat-topped hill with steep steps."""
    return np.clip((half - _away(middle)) * 6.0, 0.0, height)


def _hill(middle: float, height: float, half: float) -> Array:
    """A round hill."""
    part = np.clip(1 - _away(middle) / half, 0.0, 1.0)
    return np.asarray(height * part * part * (3 - 2 * part))


def _rough(name: str, cell: int, height: float) -> Array:
    """Ragged ground of up to `height` pixels."""
    return np.asarray(height * noise(random_for(name), cell, WIDTH, cell)[0])


def _stepped(profile: Array) -> Array:
    """An outline in steps of `_STEP` pixels."""
    grouped = profile.reshape(-1, _STEP).max(axis=1).repeat(_STEP)
    return np.asarray(np.rint(grouped / _STEP) * _STEP)


def _gradient(ramp: str, high: float, low: float, power: float = 1.0) -> Array:
    row = np.clip((np.arange(HEIGHT) - 40) / (HORIZON - 40), 0.0, 1.0)[:, None] ** power
    step = 0.045 * np.tile(_BAYER, (HEIGHT // 4, WIDTH // 4))
    return shades(ramp, high + (low - high) * row + step)


def _draw_clouds(rgb: Array, name: str, lit: tuple[str, float], shaded: tuple[str, float], share: float) -> None:
    """Blocky flat-bottomed clouds on `share` of the sky, bright above and shaded below."""
    random = random_for(name)
    rows, columns = HEIGHT // _BLOCK, WIDTH // _BLOCK
    wide = clouds(random, rows, columns // 2, 8, 3).repeat(2, axis=1)
    height = np.arange(rows) * _BLOCK / HORIZON
    favour = 0.10 - 0.45 * np.abs(height - 0.58)
    field = wide + favour[:, None]
    usable = field[: int(0.72 * HORIZON / _BLOCK)]
    body = field > np.quantile(usable, 1 - share)
    body[int(0.72 * HORIZON / _BLOCK) :] = False
    below = np.roll(body, -1, axis=0)
    below[-1] = False
    big_body = body.repeat(_BLOCK, axis=0).repeat(_BLOCK, axis=1)
    big_belly = (body & ~below).repeat(_BLOCK, axis=0).repeat(_BLOCK, axis=1)
    rgb[big_body] = shade(*lit)
    rgb[big_belly] = shade(*shaded)


def _draw_hills(rgb: Array, profile: Array, paint: Callable[[Array, Array], Array]) -> None:
    """Hills `profile` pixels above the horizon; `paint` gets pixels below the outline and above ground."""
    row = np.arange(HEIGHT)[:, None]
    depth = row - (HORIZON - profile[None, :])
    colour = paint(depth.astype(float), (HORIZON - row) + np.zeros((1, WIDTH)))
    inside = depth >= 0
    rgb[inside] = colour[inside]


def _flat_hills(ramp: str, tone: float) -> Callable[[Array, Array], Array]:
    def paint(depth: Array, height: Array) -> Array:
        return shades(ramp, np.where(depth < _STEP, tone + 0.08, tone))

    return paint


def _snowcapped(ramp: str, tone: float, cap: float, snow_tone: float = 0.92) -> Callable[[Array, Array], Array]:
    """Rock with snow from about `cap` pixels over the horizon; right-hand slopes are darker."""

    def paint(depth: Array, height: Array) -> Array:
        outline = depth[-1]
        slope = np.roll(outline, -6) - np.roll(outline, 6)
        side = np.broadcast_to(np.where(slope < -3, -0.12, np.where(slope > 3, 0.05, -0.04)), depth.shape)
        ragged = cap + _BLOCK * np.rint(2.5 * (noise(random_for("snow line"), 8, WIDTH, 8)[0] - 0.5))
        rock = shades(ramp, tone + side)
        snow = shades("snow", snow_tone + 1.4 * side)
        return np.where((height > ragged[None, :])[..., None], snow, rock)

    return paint


def _banded(tone: float) -> Callable[[Array, Array], Array]:
    def paint(depth: Array, height: Array) -> Array:
        band = np.where(np.floor(height / 8) % 2 == 0, 0.07, -0.03) + np.where(depth < _STEP, 0.10, 0.0)
        return shades("clay", tone + band)

    return paint


def _sun(rgb: Array, row: int, column: int, half: int) -> None:
    rgb[row - half : row + half, column - half : column + half] = shade("yellow", 0.92)
    inner = half - 4
    rgb[row - inner : row + inner, column - inner : column + inner] = shade("grey", 1.0)


def meadow() -> Array:
    """Blue with clouds: twin snowy peaks at column 128, woods at 384, a lone cone at 640, downs at 896."""
    rgb = _gradient("sky", 0.36, 0.98, 1.3)
    _draw_clouds(rgb, "MSKY", ("grey", 1.0), ("sky", 0.88), 0.17)
    _sun(rgb, 84, 960, 12)
    peaks = np.maximum(_peak(96, 66, 96), _peak(172, 52, 84)) + _rough("MSKY peaks", 16, 6)
    far = np.maximum(peaks, np.maximum(_peak(640, 70, 64), 12 + _hill(880, 26, 180)))
    _draw_hills(rgb, _stepped(far), _snowcapped("dusk", 0.40, 42))
    middle = 10 + np.maximum(_hill(384, 26, 150), _hill(820, 30, 130)) + _hill(1000, 18, 90) + _hill(560, 10, 80)
    _draw_hills(rgb, _stepped(middle), _flat_hills("spruce", 0.72))
    woods = 6 + 16 * (_away(384) < 130) * (0.6 + _rough("MSKY woods", 4, 0.9))
    _draw_hills(rgb, _stepped(woods + _rough("MSKY near", 32, 8)), _flat_hills("forest", 0.62))
    rgb[HORIZON:] = shade("grass", 0.58)
    return rgb


def desert() -> Array:
    """Warm evening: three mesas at column 128, a pyramid at 384, a rock arch at 640, dunes at 896."""
    rgb = _gradient("sky", 0.50, 1.0, 0.9)
    row = np.arange(HEIGHT)[:, None]
    warm = _gradient("haze", 0.95, 0.45, 1.0)
    level = np.clip((row / HORIZON - 0.60) / 0.34, 0.0, 1.0) + np.tile(_BAYER, (HEIGHT // 4, WIDTH // 4))
    rgb = np.where((level > 0.5)[..., None], warm, rgb)
    _draw_clouds(rgb, "DSKY", ("haze", 1.0), ("haze", 0.72), 0.06)
    _sun(rgb, 78, 280, 13)
    far = np.maximum(8 + _rough("DSKY far", 64, 16), _hill(760, 26, 200))
    _draw_hills(rgb, _stepped(far), _flat_hills("haze", 0.24))
    mesas = np.maximum.reduce([_mesa(70, 52, 40), _mesa(150, 68, 30), _mesa(214, 36, 26)])
    arch = np.maximum(_mesa(616, 58, 16), _mesa(676, 58, 18))
    butte = np.maximum(_mesa(480, 40, 14), _mesa(946, 30, 60))
    _draw_hills(rgb, _stepped(np.maximum.reduce([mesas, arch, butte])), _banded(0.56))
    span = rgb[HORIZON - 60 : HORIZON - 44, 612:680]
    span[:] = shade("clay", 0.60)
    span[:4] = shade("clay", 0.72)
    _draw_hills(rgb, _stepped(_peak(384, 64, 84)), _flat_hills("sandstone", 0.74))
    right_face = np.where(np.arange(WIDTH) >= 384, _peak(384, 64, 84), -1.0)
    _draw_hills(rgb, _stepped(right_face), _flat_hills("sandstone", 0.52))
    dunes = 6 + _hill(896, 22, 150) + _hill(330, 10, 90) + _hill(20, 8, 60)
    _draw_hills(rgb, _stepped(dunes), _flat_hills("sand", 0.66))
    rgb[HORIZON:] = shade("sand", 0.70)
    return rgb


def snow() -> Array:
    """Winter: a jagged range at column 128, one great horn at 384, ice blocks at 640, spruces at 896."""
    rgb = _gradient("sky", 0.50, 1.0, 0.8)
    _draw_clouds(rgb, "SSKY", ("grey", 1.0), ("dusk", 0.82), 0.17)
    jagged = np.maximum.reduce([_peak(c, h, 0.9 * h) for c, h in ((40, 50), (88, 66), (136, 48), (180, 74), (228, 44))])
    horn = np.maximum(_peak(384, 80, 62), _peak(420, 46, 56))
    far = np.maximum.reduce([jagged, horn, 10 + _rough("SSKY far", 32, 20)])
    _draw_hills(rgb, _stepped(far), _snowcapped("dusk", 0.16, 30, 0.80))
    ice = np.maximum.reduce([_mesa(600, 38, 22), _mesa(644, 56, 14), _mesa(684, 30, 20), _mesa(726, 42, 10)])
    _draw_hills(rgb, _stepped(ice), _flat_hills("ice", 0.72))
    heights = (34, 44, 30, 50, 38, 28) * 2
    trees = np.maximum.reduce([_peak(800 + 17 * place, tall, 13) for place, tall in enumerate(heights)])
    _draw_hills(rgb, _stepped(trees), _flat_hills("spruce", 0.48))
    near = 8 + _hill(300, 14, 140) + _hill(896, 12, 150) + _rough("SSKY near", 64, 6)
    _draw_hills(rgb, _stepped(near), _flat_hills("snow", 0.86))
    rgb[HORIZON:] = shade("snow", 0.88)
    return rgb


SKIES: dict[str, Callable[[], Array]] = {"MSKY": meadow, "DSKY": desert, "SSKY": snow}


def sky(name: str) -> Bytes:
    """Palette indices, shape (256, 1024), of a sky as the engine wants it: mirrored."""
    return nearest(SKIES[name]()[:, ::-1])
