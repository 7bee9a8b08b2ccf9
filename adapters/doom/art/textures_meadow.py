"""The meadow: oak houses, hedges, mossy cobbles, grass and gravel."""

from __future__ import annotations

import numpy as np

from evalsuite.adapters.doom.art.colours import Array, shade, shades
from evalsuite.adapters.doom.art.patterns import clouds, grain, planks, stamp, stamped, stones
from evalsuite.adapters.doom.art.seeds import random_for

WALL = (128, 64)
FLAT = (64, 64)
GROUND = (128, 128)

LEAF = stamp(".++.", "+oo+", "ooo-", ".--.")
BLADE = stamp("+", "o", "o", "-")


def plank_wall() -> Array:
    """Oak boards between dark posts and beams."""
    random = random_for("MWALLA")
    rgb = shades("wood", planks(random, WALL, 8, 0.60, 0.07, upright=False))
    beam_tones = 0.27 + grain(random, *WALL, 0.05)
    beam = shades("wood", beam_tones)
    row, column = np.mgrid[0:128, 0:64]
    beams = (column < 6) | (column >= 58) | (row < 8) | (row >= 118) | ((row >= 60) & (row < 68))
    rgb[beams] = beam[beams]
    light = (column == 0) | (row == 0) | ((row == 60) & (column >= 6) & (column < 58)) | (row == 118)
    rgb[light] = shade("wood", 0.40)
    edge = (column == 5) | (column == 58) | (row == 8) | (row == 68) | (row == 127) | (row == 117)
    rgb[edge] = shade("wood", 0.10)
    for top in (3, 63, 122):
        for left in (2, 60):
            rgb[top : top + 2, left : left + 2] = shade("grey", 0.45)
    return rgb


def hedge(name: str = "MWALLB", size: tuple[int, int] = WALL) -> Array:
    """A dense hedge with a few white blossoms."""
    random = random_for(name)
    base = 0.14 + 0.10 * clouds(random, *size, 16)
    grid = stamped(random, base, LEAF, size[0] * size[1] // 12, 0.26, 0.62)
    rgb = shades("forest", grid)
    for _ in range(size[0] * size[1] // 900):
        row, column = random.randint(size[0] - 2), random.randint(size[1] - 2)
        rgb[row : row + 2, column : column + 2] = shade("pink", 0.92)
        rgb[row, column] = shade("grey", 1.0)
    return rgb


def _mossy(name: str, size: tuple[int, int]) -> Array:
    random = random_for(name)
    grid = stones(random, size, 16, 0.58, 0.12, 0.12) + grain(random, *size, 0.05)
    rgb = shades("stone", grid)
    moss = clouds(random, *size, 32) + grain(random, *size, 0.06) > 0.64
    rgb[moss] = shades("moss", grid + 0.04)[moss]
    return rgb


def cobbles() -> Array:
    """Cobblestone with moss."""
    return _mossy("MWALLC", WALL)


def cobbles_top() -> Array:
    """Mossy cobbles from above."""
    return _mossy("MTOPC", FLAT)


def roof() -> Array:
    """Clay roof tiles, for the houses."""
    random = random_for("MTOPA")
    row, column = np.mgrid[0:64, 0:64]
    tile = (column + np.where(row // 8 % 2 == 1, 4, 0)) % 64
    tones = random.uniform(-0.09, 0.09, (8, 8))
    grid = 0.50 + tones[row // 8, tile // 8] + 0.12 * (row % 8) / 8 - 0.24 * ((row % 8 == 7) | (tile % 8 == 7))
    return shades("clay", grid + grain(random, *FLAT, 0.04))


def hedge_top() -> Array:
    """The hedge from above, lighter."""
    random = random_for("MTOPB")
    base = 0.30 + 0.10 * clouds(random, *FLAT, 16)
    return shades("forest", stamped(random, base, LEAF, 420, 0.46, 0.80))


def ground(name: str = "MGROUND", size: tuple[int, int] = GROUND) -> Array:
    """Short lively grass with a few daisies."""
    random = random_for(name)
    base = 0.50 + 0.14 * (clouds(random, *size, 32) - 0.5)
    grid = stamped(random, base, BLADE, size[0] * size[1] // 40, 0.46, 0.62)
    rgb = shades("grass", grid + grain(random, *size, 0.025))
    for number in range(size[0] * size[1] // 1500):
        row, column = random.randint(1, size[0] - 2), random.randint(1, size[1] - 2)
        petal = shade("grey", 1.0) if number % 3 else shade("yellow", 0.62)
        for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            rgb[row + down, column + right] = petal
        rgb[row, column] = shade("yellow", 0.55)
    return rgb


def path() -> Array:
    """Trodden earth with pebbles."""
    random = random_for("MPATH")
    grid = 0.58 + 0.16 * (clouds(random, *FLAT, 16) - 0.5) + grain(random, *FLAT, 0.03)
    pebble = stamp(".++.", "+ooo", "ooo-", ".--.")
    return shades("wood", stamped(random, grid, pebble, 26, 0.62, 0.80))


def ledge() -> Array:
    """Earth under a fringe of grass; it repeats downward as bare earth does in the lower half."""
    random = random_for("MLEDGE")
    grid = 0.40 + 0.20 * (clouds(random, *FLAT, 16) - 0.5) + grain(random, *FLAT, 0.05)
    pebble = stamp(".+o.", "+oo-", ".o-.")
    rgb = shades("wood", stamped(random, grid, pebble, 14, 0.55, 0.70))
    fringe = random.randint(6, 14, 32).repeat(2)
    row = np.arange(64)[:, None]
    turf = shades("grass", 0.48 + grain(random, *FLAT, 0.10))
    rgb = np.where((row < fringe[None, :])[..., None], turf, rgb)
    return np.where((row == fringe[None, :])[..., None], shade("wood", 0.14), rgb)


def border() -> Array:
    """The dark edge of a forest: trunks below, leaves above."""
    random = random_for("MBORDER")
    row, column = np.mgrid[0:128, 0:64]
    rgb = shades("forest", 0.10 + 0.10 * clouds(random, *WALL, 16))
    for left, wide in ((4, 9), (24, 6), (40, 11), (56, 5)):
        inside = (column >= left) & (column < left + wide)
        side = (column - left) / wide
        bark = shades("bark", 0.46 - 0.30 * side + grain(random, *WALL, 0.08))
        rgb[inside] = bark[inside]
    crown = stamped(random, np.full(WALL, np.nan), LEAF, 640, 0.30, 0.66)
    limit = 62 + 14 * np.sin(np.arange(64) * 2 * np.pi / 32) + random.randint(-4, 5, 64)
    leaves = ~np.isnan(crown) & (row < limit[None, :])
    rgb[row < limit[None, :] - 6] = shade("forest", 0.16)
    rgb[leaves] = shades("forest", crown - 0.20 * row / 128)[leaves]
    scrub = stamped(random, np.full(WALL, np.nan), LEAF, 420, 0.34, 0.70)
    low = 108 + 6 * np.sin(np.arange(64) * 2 * np.pi / 64 + 1.0) + random.randint(-3, 4, 64)
    near = ~np.isnan(scrub) & (row > low[None, :])
    rgb[row > low[None, :] + 4] = shade("forest", 0.22)
    rgb[near] = shades("grass", scrub - 0.05)[near]
    return rgb
