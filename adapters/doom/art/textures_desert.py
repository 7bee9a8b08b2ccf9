"""The desert: sandstone, carvings, adobe, and dunes."""

from __future__ import annotations

import numpy as np

from evalsuite.adapters.doom.art.colours import Array, shade, shades
from evalsuite.adapters.doom.art.patterns import bricks, clouds, grain, stamp, stamped
from evalsuite.adapters.doom.art.seeds import random_for
from evalsuite.adapters.doom.art.textures_meadow import FLAT, GROUND, WALL


def brick_wall() -> Array:
    """Big sandstone blocks."""
    random = random_for("DWALLA")
    grid = bricks(random, WALL, (16, 32), 0.66, 0.07, 0.28) + 0.08 * (clouds(random, *WALL, 16) - 0.5)
    return shades("sandstone", grid + grain(random, *WALL, 0.03))


def brick_top() -> Array:
    """The sandstone blocks from above."""
    random = random_for("DTOPA")
    return shades("sandstone", bricks(random, FLAT, (32, 32), 0.76, 0.04, 0.42) + grain(random, *FLAT, 0.03))


_GLYPHS = (
    ["..####..", ".#....#.", "#..##..#", "#.####.#", "#..##..#", ".#....#.", "..####..", "........"],
    ["...##...", "..####..", ".##..##.", "##....##", "...##...", "...##...", "..####..", "........"],
    ["#..##..#", "#..##..#", "########", "...##...", "..####..", ".##..##.", "##....##", "........"],
    ["########", "#......#", "#.####.#", "#.#..#.#", "#.#.##.#", "#.#....#", "#.######", "........"],
)


def carved_wall() -> Array:
    """Pale smooth sandstone with a frieze of carved signs between turquoise and red bands."""
    random = random_for("DWALLB")
    rgb = shades("sand", 0.66 + 0.08 * (clouds(random, *WALL, 16) - 0.5) + grain(random, *WALL, 0.025))
    for top, glyphs in ((16, (0, 1)), (48, (2, 3)), (80, (1, 0))):
        for place, number in enumerate(glyphs):
            mask = np.array([[letter == "#" for letter in line] for line in _GLYPHS[number]])
            mask = mask.repeat(3, axis=0).repeat(3, axis=1)
            left = 4 + 32 * place
            area = rgb[top : top + 24, left : left + 24]
            lower = rgb[top + 1 : top + 25, left + 1 : left + 25]
            lower[mask] = shade("sand", 0.92)
            area[mask] = shade("sandstone", 0.30)
    for top, tint in ((4, ("teal", 0.50)), (106, ("brick", 0.50))):
        rgb[top : top + 8] = shade(*tint)
        rgb[top] = shade("sand", 0.95)
        rgb[top + 7] = shade("sandstone", 0.20)
        saw = (np.arange(64) % 16 - 8.0)[None, :]
        teeth = np.abs(saw) <= np.arange(1, 7)[:, None]
        rgb[top + 1 : top + 7][teeth] = shade("sand", 0.86)
    rgb[118:120] = shade("sandstone", 0.24)
    rgb[126:] = shade("sandstone", 0.34)
    return rgb


def carved_top() -> Array:
    """Pale slabs with a turquoise rim."""
    random = random_for("DTOPB")
    rgb = shades("sand", 0.74 + grain(random, *FLAT, 0.025))
    row, column = np.mgrid[0:64, 0:64]
    ring = np.maximum(np.abs(row - 31.5), np.abs(column - 31.5))
    rgb[(ring > 22) & (ring < 26)] = shade("teal", 0.50)
    rgb[ring > 30.6] = shade("sandstone", 0.34)
    return rgb


def adobe() -> Array:
    """Red clay plaster with straw, and the ends of roof beams."""
    random = random_for("DWALLC")
    grid = 0.56 + 0.20 * (clouds(random, *WALL, 32) - 0.5) + grain(random, *WALL, 0.03)
    rgb = shades("clay", stamped(random, grid, stamp("+oo"), 60, 0.64, 0.76))
    row, column = np.mgrid[0:128, 0:64]
    for left in (16, 48):
        reach = np.sqrt((row - 18.0) ** 2 + (column - left + 0.5) ** 2)
        shadow = (np.abs(column - left + 0.5) < 5) & (row >= 18) & (row < 40)
        rgb[shadow] = shades("clay", grid - 0.22)[shadow]
        rgb[reach < 6.5] = shade("wood", 0.16)
        rgb[reach < 5.5] = shade("wood", 0.55)
        rgb[(reach > 2) & (reach < 3)] = shade("wood", 0.38)
    rgb[:4] = shades("clay", grid + 0.14)[:4]
    rgb[4] = shade("clay", 0.22)
    return rgb


def adobe_top() -> Array:
    """A flat clay roof with a raised rim."""
    random = random_for("DTOPC")
    grid = 0.66 + 0.14 * (clouds(random, *FLAT, 16) - 0.5) + grain(random, *FLAT, 0.03)
    return shades("clay", stamped(random, grid, stamp("+oo"), 30, 0.74, 0.84))


def ground(name: str = "DGROUND", size: tuple[int, int] = GROUND) -> Array:
    """Sand with soft ripples."""
    random = random_for(name)
    row, column = np.mgrid[0 : size[0], 0 : size[1]]
    bend = 9 * clouds(random, *size, 32)
    wave = np.sin(2 * np.pi * (row / 16 + bend / 8 + np.sin(2 * np.pi * column / size[1]) * 0.35))
    grid = 0.70 + 0.055 * wave + 0.08 * (clouds(random, *size, 32) - 0.5) + grain(random, *size, 0.03)
    return shades("sand", stamped(random, grid, stamp("+-"), size[0] * size[1] // 700, 0.58, 0.66))


def path() -> Array:
    """Worn slabs sunk in sand."""
    random = random_for("DPATH")
    return shades("sandstone", bricks(random, FLAT, (16, 32), 0.58, 0.06, 0.82) + grain(random, *FLAT, 0.05))


def ledge() -> Array:
    """Layers of red and yellow rock under a lip of sand."""
    return _layers("DLEDGE", (64, 64), lip=6)


def _layers(name: str, size: tuple[int, int], lip: int) -> Array:
    random = random_for(name)
    height, width = size
    tones = random.uniform(0.34, 0.72, height // 4).repeat(4)
    kinds = random.random_sample(height // 8).repeat(8) < 0.45
    bend = np.rint(5 * (clouds(random, height, width, 32) - 0.5) * 2).astype(int)
    row = (np.arange(height)[:, None] + bend) % height
    grid = tones[row] + grain(random, height, width, 0.04)
    column_tone = 0.16 * (clouds(random, 64, width, 16)[0] - 0.5)
    grid = grid + column_tone[None, :]
    grid = np.where(row % 8 == 7, grid - 0.16, grid)
    rgb = np.where(kinds[row][..., None], shades("clay", grid), shades("sandstone", grid))
    if lip:
        edge = random.randint(lip - 2, lip + 4, width // 4).repeat(4)
        sand = shades("sand", 0.72 + grain(random, height, width, 0.05))
        over = np.arange(height)[:, None] < edge[None, :]
        rgb = np.where(over[..., None], sand, rgb)
    return np.asarray(rgb)


def border() -> Array:
    """A canyon cliff in bands with upright clefts."""
    rgb = _layers("DBORDER", WALL, lip=0)
    random = random_for("DBORDER clefts")
    for _ in range(5):
        column, row = random.randint(64), random.randint(128)
        for _ in range(random.randint(30, 70)):
            rgb[row % 128, column % 64] = shade("clay", 0.10)
            rgb[row % 128, (column + 1) % 64] = shade("sandstone", 0.80)
            row, column = row + 1, column + int(random.choice([-1, 0, 0, 0, 1]))
    return rgb
