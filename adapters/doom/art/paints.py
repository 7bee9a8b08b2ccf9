"""Paints of box faces: plain noise, blotches, leaves, stripes, pixel pictures, cracks, and mixes of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evalsuite.adapters.doom.art.box_models import Paint
from evalsuite.adapters.doom.art.colours import Array, shade, shades

Tint = tuple[str, float]
"""A ramp name and a tone in 0..1."""


def opaque(rgb: Array, alpha: float = 1.0) -> Array:
    """RGB, shape (..., 3), with a constant alpha added as a fourth channel."""
    return np.concatenate([rgb, np.full((*rgb.shape[:-1], 1), alpha)], axis=-1)


def resized(small: Array, rows: int, columns: int) -> Array:
    """A grid, shape (h, w, ...), stretched to (rows, columns, ...) by its nearest squares."""
    high, wide = small.shape[:2]
    return np.asarray(small[np.arange(rows) * high // rows][:, np.arange(columns) * wide // columns])


def plain(ramp: str, tone: float, noise: float = 0.07) -> Paint:
    """One colour with a little noise of its tone."""

    def paint(face: str, rows: int, columns: int, random: np.random.RandomState) -> Array:
        return opaque(shades(ramp, tone + noise * (2 * random.random_sample((rows, columns)) - 1)))

    return paint


def glowing(ramp: str, tone: float) -> Paint:
    """One bright colour that no shadow falls on."""

    def paint(face: str, rows: int, columns: int, random: np.random.RandomState) -> Array:
        return opaque(shades(ramp, tone + 0.05 * (2 * random.random_sample((rows, columns)) - 1)), 2.0)

    return paint


def woolly(ramp: str, tone: float) -> Paint:
    """Soft curls: noise of two sizes, darker at the lower rim of every curl."""

    def paint(face: str, rows: int, columns: int, random: np.random.RandomState) -> Array:
        coarse = resized(random.random_sample(((rows + 1) // 2, (columns + 1) // 2)), rows, columns)
        fine = random.random_sample((rows, columns))
        return opaque(shades(ramp, tone + 0.20 * (coarse - 0.5) + 0.12 * (fine - 0.5)))

    return paint


def striped(ramp: str, tone: float, depth: float = 0.14, every: int = 4, upright: bool = False) -> Paint:
    """Grain with a dark line `every` few squares (planks, bark, ribs), along the longer way or `upright`."""

    def paint(face: str, rows: int, columns: int, random: np.random.RandomState) -> Array:
        down = upright or rows >= columns
        across = columns if down else rows
        line = np.where(np.arange(across) % every == every - 1, -depth, 0.06 * (random.random_sample(across) - 0.5))
        grid = np.broadcast_to(line[None, :] if down else line[:, None], (rows, columns))
        return opaque(shades(ramp, tone + grid + 0.09 * (random.random_sample((rows, columns)) - 0.5)))

    return paint


def leafy(ramp: str, tone: float, holes: float = 0.12, berry: Tint | None = None) -> Paint:
    """Leaves of three tones with gaps that can be seen through, and now and then a berry or blossom."""

    def paint(face: str, rows: int, columns: int, random: np.random.RandomState) -> Array:
        kind = random.random_sample((rows, columns))
        tones = tone + np.select([kind < 0.3, kind < 0.72], [-0.08, 0.0], 0.08) + 0.10 * (random.random_sample() - 0.5)
        texture = opaque(shades(ramp, tones))
        if berry is not None:
            texture[random.random_sample((rows, columns)) < 0.05, :3] = shade(*berry)
        gaps = random.random_sample((rows, columns)) < holes
        texture[gaps, 3] = 0.0
        return texture

    return paint


def blotched(ground: Paint, spots: Paint, share: float = 0.4, patch: int = 4) -> Paint:
    """Irregular spots, about `patch` squares wide and on `share` of the area, of one paint over another."""

    def paint(face: str, rows: int, columns: int, random: np.random.RandomState) -> Array:
        under, over = ground(face, rows, columns, random), spots(face, rows, columns, random)
        small = random.random_sample((rows // patch + 2, columns // patch + 2))
        row, column = np.arange(rows) / patch, np.arange(columns) / patch
        top, left = row.astype(int), column.astype(int)
        down, right = (row - top)[:, None], (column - left)[None, :]
        upper = small[top][:, left] * (1 - right) + small[top][:, left + 1] * right
        lower = small[top + 1][:, left] * (1 - right) + small[top + 1][:, left + 1] * right
        field = upper * (1 - down) + lower * down
        limit = np.quantile(field, 1 - share)
        return np.where((field > limit)[..., None], over, under)

    return paint


def picture(ground: Paint, drawing: Sequence[str], tints: dict[str, Tint], glow: str = "") -> Paint:
    """A pixel drawing stretched over the face: letters of `tints`, '.' the ground, `glow` letters shine."""

    def paint(face: str, rows: int, columns: int, random: np.random.RandomState) -> Array:
        texture = ground(face, rows, columns, random)
        letters = resized(np.array([list(line) for line in drawing]), rows, columns)
        for letter, tint in tints.items():
            texture[letters == letter, :3] = shade(*tint)
            if letter in glow:
                texture[letters == letter, 3] = 2.0
        return texture

    return paint


def by_face(rest: Paint, **faces: Paint) -> Paint:
    """Different paints for the named faces (front, back, left, right, top, bottom)."""

    def paint(face: str, rows: int, columns: int, random: np.random.RandomState) -> Array:
        return faces.get(face, rest)(face, rows, columns, random)

    return paint


def topped(ground: Paint, cap: Paint, squares: int) -> Paint:
    """The cap paint on the top face and, with a ragged rim, on the upper squares of the sides."""

    def paint(face: str, rows: int, columns: int, random: np.random.RandomState) -> Array:
        if face == "top":
            return cap(face, rows, columns, random)
        under, over = ground(face, rows, columns, random), cap(face, rows, columns, random)
        depth = squares + random.randint(-1, 2, size=columns)
        covered = (np.arange(rows)[:, None] < depth[None, :]) & (face != "bottom")
        return np.where(covered[..., None], over, under)

    return paint


def cracked(ground: Paint, ramp: str, walks: int = 3) -> Paint:
    """Dark cracks that wander over every face."""

    def paint(face: str, rows: int, columns: int, random: np.random.RandomState) -> Array:
        texture = ground(face, rows, columns, random)
        for _ in range(walks):
            row, column = random.randint(rows), random.randint(columns)
            drift = random.randint(-1, 2), random.choice([-1, 1])
            for _ in range(rows + columns):
                texture[row, column] = [*shade(ramp, 0.03), 1.0]
                across = random.random_sample() < 0.5
                row += (drift[0] or random.randint(-1, 2)) if across else 0
                column += 0 if across else drift[1]
                if not (0 <= row < rows and 0 <= column < columns):
                    break
        return texture

    return paint
