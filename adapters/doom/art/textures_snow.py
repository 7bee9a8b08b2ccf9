"""The snow land: grey brick, spruce logs, ice."""

from __future__ import annotations

import numpy as np

from evalsuite.adapters.doom.art.colours import Array, shade, shades
from evalsuite.adapters.doom.art.patterns import bricks, clouds, grain, noise, stamp, stamped
from evalsuite.adapters.doom.art.seeds import random_for
from evalsuite.adapters.doom.art.textures_meadow import FLAT, GROUND, WALL


def brick_wall() -> Array:
    """Grey stone brick with snow on some of the joints."""
    random = random_for("SWALLA")
    grid = bricks(random, WALL, (16, 32), 0.52, 0.09, 0.14)
    rgb = shades("stone", grid + grain(random, *WALL, 0.05))
    row, column = np.mgrid[0:128, 0:64]
    drift = noise(random, 128, 64, 16) > 0.60
    rgb[drift & (row % 16 < 3)] = shade("snow", 0.92)
    rgb[drift & (row % 16 == 3) & (column % 3 > 0)] = shade("snow", 0.66)
    return rgb


def snowy_top(name: str, ramp: str, share: float) -> Array:
    """A top face mostly under snow with some of the `ramp` showing through on `share` of it."""
    random = random_for(name)
    field = clouds(random, *FLAT, 16)
    rgb = shades("snow", 0.86 + 0.12 * (field - 0.5) + grain(random, *FLAT, 0.03))
    bare = field + grain(random, *FLAT, 0.04) < np.quantile(field, share)
    rgb[bare] = shades(ramp, 0.50 + grain(random, *FLAT, 0.10))[bare]
    return rgb


def logs() -> Array:
    """Round spruce logs laid on one another, with snow between."""
    random = random_for("SWALLB")
    row, column = np.mgrid[0:128, 0:64]
    inside = row % 16
    tones = random.uniform(-0.06, 0.06, 8)[row // 16]
    streak = random.uniform(-0.08, 0.08, (128, 8))[row, ((column + 5 * row) % 64) // 8]
    curve = 0.26 * np.cos((inside - 4) / 16 * np.pi)
    rgb = shades("bark", 0.50 + tones + streak + curve)
    rgb[inside == 15] = shade("bark", 0.02)
    snow = (inside < 3) & (noise(random, 128, 64, 8) > 0.42)
    rgb[snow] = shades("snow", 0.92 - 0.10 * inside)[snow]
    for knot in range(10):
        top, left = 16 * (knot % 8) + 6, random.randint(2, 58)
        rgb[top : top + 4, left : left + 4] = shade("bark", 0.22)
        rgb[top + 1 : top + 3, left + 1 : left + 3] = shade("wood", 0.55)
    return rgb


def logs_top() -> Array:
    """The spruce logs from above, streaked with snow."""
    random = random_for("STOPB")
    row = np.mgrid[0:64, 0:64][0]
    inside = row % 16
    tones = random.uniform(-0.06, 0.06, 4)[row // 16]
    rgb = shades("bark", 0.62 + tones - 0.004 * (inside - 6.0) ** 2 + grain(random, *FLAT, 0.06))
    rgb[inside == 15] = shade("bark", 0.02)
    snow = (np.abs(inside - 5) < 5) & (noise(random, 64, 64, 8) > 0.45)
    rgb[snow] = shade("snow", 0.90)
    return rgb


def ice(name: str = "SWALLC", size: tuple[int, int] = WALL, tone: float = 0.60) -> Array:
    """Blue ice with bright slanting gleams and white cracks."""
    random = random_for(name)
    height, width = size
    row, column = np.mgrid[0:height, 0:width]
    grid = tone + 0.20 * (clouds(random, height, width, 32) - 0.5)
    slant = (row + column) % 64
    grid = grid + np.where((slant > 8) & (slant < 16), 0.10, 0.0) + np.where((slant > 20) & (slant < 23), 0.12, 0.0)
    block = (row % 32 == 31) | ((column + 32 * (row // 32 % 2)) % 64 == 63)
    lip = (row % 32 == 0) | ((column + 32 * (row // 32 % 2)) % 64 == 0)
    rgb = shades("ice", grid + grain(random, height, width, 0.02))
    for _ in range(height * width // 1600):
        spot_row, spot_column = random.randint(height), random.randint(width)
        for _ in range(random.randint(6, 16)):
            rgb[spot_row % height, spot_column % width] = shade("ice", 1.0)
            spot_row += int(random.choice([0, 1, 1]))
            spot_column += int(random.choice([-1, 1]))
    rgb[lip] = shade("ice", 0.95)
    rgb[block] = shade("ice", 0.22)
    return rgb


def ground(name: str = "SGROUND", size: tuple[int, int] = GROUND) -> Array:
    """Snow with soft blue hollows and a few glints."""
    random = random_for(name)
    grid = 0.86 + 0.16 * (clouds(random, *size, 32) - 0.5) + grain(random, *size, 0.02)
    glint = stamped(random, grid, stamp("+"), size[0] * size[1] // 160, 0.90, 0.94)
    return shades("snow", stamped(random, glint, stamp("+oo+", ".--."), size[0] * size[1] // 700, 0.80, 0.88))


def path() -> Array:
    """Trodden snow over frozen grey gravel."""
    random = random_for("SPATH")
    grid = 0.62 + 0.20 * (clouds(random, *FLAT, 16) - 0.5) + grain(random, *FLAT, 0.05)
    rgb = shades("stone", stamped(random, grid, stamp(".+o.", "+oo-", ".o-."), 40, 0.55, 0.80))
    trodden = clouds(random, *FLAT, 16) + grain(random, *FLAT, 0.08) > 0.60
    rgb[trodden] = shade("snow", 0.80)
    return rgb


def ledge() -> Array:
    """Dark rock under a thick edge of snow with icicles."""
    random = random_for("SLEDGE")
    grid = 0.40 + 0.26 * (clouds(random, *FLAT, 16) - 0.5) + grain(random, *FLAT, 0.05)
    rgb = shades("stone", stamped(random, grid, stamp(".++.", "+ooo", "ooo-", ".--."), 18, 0.46, 0.60))
    edge = random.randint(8, 13, 16).repeat(4)
    edge[::4] += random.randint(0, 9, 16)
    row = np.arange(64)[:, None]
    snow = shades("snow", 0.92 - 0.018 * row + grain(random, *FLAT, 0.02))
    rgb = np.where((row < edge[None, :])[..., None], snow, rgb)
    return np.where((row == edge[None, :])[..., None], shade("snow", 0.10), rgb)


def border() -> Array:
    """An ice cliff: upright blue columns, white at the top."""
    random = random_for("SBORDER")
    widths = [11, 8, 14, 9, 12, 10]
    rgb = np.zeros((*WALL, 3))
    left = 0
    field = clouds(random, *WALL, 32)
    row = np.arange(128)[:, None]
    for wide in widths:
        side = np.where(np.arange(wide) < 0.6 * wide, 0.10, -0.10)[None, :]
        tone = random.uniform(0.34, 0.66) + side + 0.20 * (field[:, left : left + wide] - 0.5) - 0.12 * row / 128
        rgb[:, left : left + wide] = shades("ice", tone)
        rgb[:, left] = shade("ice", 0.92)
        rgb[:, left + wide - 1] = shade("ice", 0.10)
        for _ in range(2):
            place = random.randint(24, 104)
            rgb[place, left : left + wide] = shade("ice", 0.20)
            rgb[place + 1, left : left + wide] = shade("ice", 0.90)
        drop = 10 + random.randint(0, 16)
        rgb[:drop, left : left + wide] = shades("snow", 0.94 - 0.012 * row[:drop] + np.zeros((1, wide)))
        rgb[drop, left : left + wide] = shade("snow", 0.30)
        left += wide
    rgb[112:] = np.where(
        (row[112:] > 112 + 8 * noise(random, 128, 64, 16)[0][None, :])[..., None],
        shade("snow", 0.90),
        rgb[112:],
    )
    return rgb
