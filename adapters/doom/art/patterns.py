"""Building blocks of wall and floor textures: all of them tile, all are grids of tones at 32 pixels a metre.

A tone grid, shape (height, width), goes through `colours.shades` to become RGB.
"""

from __future__ import annotations

import numpy as np

from evalsuite.adapters.doom.art.colours import Array


def noise(random: np.random.RandomState, height: int, width: int, cell: int) -> Array:
    """Smooth tiling noise in 0..1 with bumps about `cell` pixels wide; `cell` must divide both sides."""
    grid = random.random_sample((height // cell, width // cell))
    row, column = np.arange(height) / cell, np.arange(width) / cell
    top, left = row.astype(int), column.astype(int)
    down, right = _eased(row - top)[:, None], _eased(column - left)[None, :]
    below, beside = (top + 1) % grid.shape[0], (left + 1) % grid.shape[1]
    upper = grid[top][:, left] * (1 - right) + grid[top][:, beside] * right
    lower = grid[below][:, left] * (1 - right) + grid[below][:, beside] * right
    return np.asarray(upper * (1 - down) + lower * down)


def _eased(part: Array) -> Array:
    return part * part * (3 - 2 * part)


def clouds(random: np.random.RandomState, height: int, width: int, cell: int, octaves: int = 3) -> Array:
    """Noise of several sizes from `cell` pixels down by halves, in 0..1."""
    total, weight = np.zeros((height, width)), 0.0
    for octave in range(octaves):
        share = 0.5**octave
        total += share * noise(random, height, width, max(1, cell >> octave))
        weight += share
    return total / weight


def grain(random: np.random.RandomState, height: int, width: int, strength: float) -> Array:
    """Independent noise of every pixel in -strength..strength."""
    return np.asarray(strength * (2 * random.random_sample((height, width)) - 1))


def bricks(
    random: np.random.RandomState,
    size: tuple[int, int],
    brick: tuple[int, int],
    tone: float,
    vary: float,
    joint: float,
) -> Array:
    """Bricks of `brick` (height, width) pixels, every second course shifted by half, lit from above."""
    height, width = size
    tall, wide = brick
    row, column = np.mgrid[0:height, 0:width]
    course = row // tall
    along = (column + np.where(course % 2 == 1, wide // 2, 0)) % width
    stone = along // wide
    tones = random.uniform(-vary, vary, (height // tall, width // wide))
    grid = tone + tones[course, stone]
    inside_row, inside_column = row % tall, along % wide
    grid = grid + np.where((inside_row == 0) | (inside_column == 0), 0.10, 0.0)
    grid = grid - np.where((inside_row == tall - 2) | (inside_column == wide - 2), 0.08, 0.0)
    return np.asarray(np.where((inside_row == tall - 1) | (inside_column == wide - 1), joint, grid))


def planks(
    random: np.random.RandomState, size: tuple[int, int], board: int, tone: float, vary: float, upright: bool
) -> Array:
    """Boards of `board` pixels with grain along them, dark gaps, and two nails at a butt joint of each."""
    height, width = (size[1], size[0]) if upright else size
    row, column = np.mgrid[0:height, 0:width]
    number = row // board
    tones = random.uniform(-vary, vary, height // board)
    joints = random.randint(0, width, height // board)
    lines = random.uniform(-0.06, 0.06, (height, width // 8))
    grid = tone + tones[number] + lines[row, ((column + 3 * row) % width) // 8]
    inside = row % board
    grid = grid + np.where(inside == 0, 0.09, 0.0)
    distance = (column - joints[number]) % width
    grid = np.where(distance == 0, tone - 0.28, grid)
    nail = (distance == 3) & ((inside == 2) | (inside == board - 4))
    grid = np.where(nail, tone - 0.34, grid)
    grid = np.where(inside == board - 1, tone - 0.32, grid)
    return np.asarray(grid.T if upright else grid)


def stones(
    random: np.random.RandomState, size: tuple[int, int], spacing: int, tone: float, vary: float, joint: float
) -> Array:
    """Round tiling cobbles about `spacing` pixels apart, lit from the upper left."""
    height, width = size
    rows, columns = height // spacing, width // spacing
    shift = random.uniform(0.15, 0.85, (rows, columns, 2))
    centre_row = (np.arange(rows)[:, None] + shift[..., 0]) * spacing
    centre_column = (np.arange(columns)[None, :] + shift[..., 1]) * spacing
    tones = random.uniform(-vary, vary, rows * columns)
    row, column = np.mgrid[0:height, 0:width]
    down = _wrapped(row[..., None] - centre_row.reshape(-1), height)
    across = _wrapped(column[..., None] - centre_column.reshape(-1), width)
    distance = np.sqrt(down**2 + across**2)
    order = np.sort(distance, axis=2)
    near = distance.argmin(axis=2)
    own_down = np.take_along_axis(down, near[..., None], 2)[..., 0]
    own_across = np.take_along_axis(across, near[..., None], 2)[..., 0]
    light = -(own_down + 0.7 * own_across) / spacing
    gap = order[..., 1] - order[..., 0]
    grid = tone + tones[near] + 0.22 * light
    return np.asarray(np.where(gap < 0.11 * spacing, joint, grid))


def _wrapped(distance: Array, period: int) -> Array:
    return np.asarray((distance + period / 2) % period - period / 2)


def stamped(random: np.random.RandomState, base: Array, stamp: Array, count: int, low: float, high: float) -> Array:
    """Copies of a small `stamp` (tone offsets, NaN = nothing) at random tiling places over `base`.

    Every copy has its own tone between `low` and `high`, later copies lie over earlier ones.
    """
    grid = np.array(base)
    rows, columns = np.nonzero(~np.isnan(stamp))
    for _ in range(count):
        top, left = random.randint(grid.shape[0]), random.randint(grid.shape[1])
        tone = random.uniform(low, high)
        grid[(top + rows) % grid.shape[0], (left + columns) % grid.shape[1]] = tone + stamp[rows, columns]
    return grid


def stamp(*lines: str) -> Array:
    """A stamp drawn in letters: '-' darker, 'o' even, '+' lighter, '.' nothing."""
    steps = {"-": -0.12, "o": 0.0, "+": 0.12, ".": np.nan}
    return np.array([[steps[letter] for letter in line] for line in lines])
