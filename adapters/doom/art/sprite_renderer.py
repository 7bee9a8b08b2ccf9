"""A small ray caster: painted boxes to a sprite in palette colours, seen from any side.

Directions. The viewer stands at `view_degrees` counter-clockwise (from above) of where the thing faces; the
engine's rotation n is 45 * (n - 1) degrees. With the thing facing +x and the viewer at angle t, the viewer's
right is (-sin t, cos t). So at rotation 1 the thing's left (+y) is on the viewer's right, and at rotation 3
(t = 90, the viewer at its left) right is -x: its left side is seen and its head points to the viewer's LEFT.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.doom.art.box_models import FACES, Box, corners
from evalsuite.adapters.doom.art.colours import Array
from evalsuite.adapters.doom.art.palette import TRANSPARENT, Bytes, nearest
from evalsuite.adapters.doom.art.seeds import random_for

PIXELS_PER_METRE = 64
ELEVATION_DEGREES = 10.0
SAMPLES = 2
"""Samples a side of one pixel."""
EDGE_STEP = 0.10
"""A jump in depth of more than this many metres is drawn as an inner edge."""

Mask = NDArray[np.bool_]
Whole = NDArray[np.intp]


@dataclass(frozen=True)
class Camera:
    """Where the viewer is; `distance` in metres to the origin, or None for parallel rays."""

    view_degrees: float
    elevation_degrees: float = ELEVATION_DEGREES
    pixels_per_metre: float = PIXELS_PER_METRE
    distance: float | None = None

    def frame(self) -> tuple[Array, Array, Array]:
        """Unit vectors, shape (3,), to the viewer's right, up and back (towards the viewer)."""
        turn, rise = np.radians(self.view_degrees), np.radians(self.elevation_degrees)
        right = np.array([-np.sin(turn), np.cos(turn), 0.0])
        up = np.array([-np.cos(turn) * np.sin(rise), -np.sin(turn) * np.sin(rise), np.cos(rise)])
        return right, up, np.cross(right, up)

    def project(self, points: Array) -> Array:
        """Screen place (right, up) in metres, shape (n, 2), of points of shape (n, 3)."""
        right, up, back = self.frame()
        flat = np.stack([points @ right, points @ up], axis=1)
        if self.distance is None:
            return flat
        return np.asarray(flat * (self.distance / (self.distance - points @ back))[:, None])


@dataclass(frozen=True)
class Sprite:
    """Palette `indices`, shape (height, width), and the pixel (x, y) of the model's origin on the ground."""

    indices: Bytes
    anchor: tuple[int, int]


@dataclass
class _Canvas:
    colour: Array
    depth: Array
    left: float
    top: float
    step: float


def _face_textures(one: Box, seed: str) -> list[Array]:
    long, wide, tall = (max(1, round(float(side) / one.texel)) for side in one.size)
    shapes = [(tall, wide), (tall, wide), (tall, long), (tall, long), (long, wide), (long, wide)]
    return [
        one.paint(face, rows, columns, random_for(f"{seed}/{face}"))
        for face, (rows, columns) in zip(FACES, shapes, strict=True)
    ]


def _face_places(axis: Whole, positive: Mask, unit: Array) -> tuple[Whole, Array, Array]:
    """Face number, and the place across and down in 0..1 seen from outside, of hits in box units."""
    face = np.asarray(axis * 2 + np.where(positive, 0, 1), dtype=np.intp)
    x, y, z = unit[:, 0], unit[:, 1], unit[:, 2]
    across = np.choose(face, [y, 1 - y, 1 - x, x, y, y])
    down = np.choose(face, [1 - z, 1 - z, 1 - z, 1 - z, x, 1 - x])
    return face, across, down


def _draw_box(canvas: _Canvas, camera: Camera, one: Box, seed: str) -> None:
    right, up, back = camera.frame()
    outline = camera.project(corners(one))
    height, width = canvas.depth.shape
    first = max(0, int((outline[:, 0].min() - canvas.left) / canvas.step) - 1)
    last = min(width, int((outline[:, 0].max() - canvas.left) / canvas.step) + 2)
    upper = max(0, int((canvas.top - outline[:, 1].max()) / canvas.step) - 1)
    lower = min(height, int((canvas.top - outline[:, 1].min()) / canvas.step) + 2)
    if first >= last or upper >= lower:
        return
    columns, rows = np.meshgrid(np.arange(first, last), np.arange(upper, lower))
    across = canvas.left + (columns.ravel() + 0.5) * canvas.step
    above = canvas.top - (rows.ravel() + 0.5) * canvas.step
    plane = across[:, None] * right + above[:, None] * up
    if camera.distance is None:
        start, ray = plane + 50.0 * back, np.broadcast_to(-back, plane.shape)
    else:
        eye = camera.distance * back
        start, ray = np.broadcast_to(eye, plane.shape), plane - eye
        ray = ray / np.linalg.norm(ray, axis=1, keepdims=True)
    half = one.size / 2
    origin, way = (start - one.centre) @ one.axes, ray @ one.axes
    way = np.where(np.abs(way) < 1e-9, 1e-9, way)
    near_sides, far_sides = (-np.sign(way) * half - origin) / way, (np.sign(way) * half - origin) / way
    depth = near_sides.max(axis=1)
    hit = depth < far_sides.min(axis=1)
    place = np.flatnonzero(hit)
    if not len(place):
        return
    axis = near_sides[place].argmax(axis=1)
    unit = (origin[place] + depth[place, None] * way[place]) / one.size + 0.5
    positive = way[place, axis] < 0
    face, right_part, down_part = _face_places(axis, positive, np.clip(unit, 0.0, 1.0 - 1e-9))
    paint = np.zeros((len(place), 4))
    for number, texture in enumerate(_face_textures(one, seed)):
        chosen = face == number
        row = np.minimum((down_part[chosen] * texture.shape[0]).astype(int), texture.shape[0] - 1)
        column = np.minimum((right_part[chosen] * texture.shape[1]).astype(int), texture.shape[1] - 1)
        paint[chosen] = texture[row, column]
    normal = one.axes.T[axis] * np.where(positive, 1.0, -1.0)[:, None]
    target_row, target_column = rows.ravel()[place], columns.ravel()[place]
    seen = (paint[:, 3] > 0.5) & (depth[place] < canvas.depth[target_row, target_column])
    lit = _lit(paint[:, :3], normal, paint[:, 3], camera)
    canvas.colour[target_row[seen], target_column[seen]] = lit[seen]
    canvas.depth[target_row[seen], target_column[seen]] = depth[place][seen]


def _lit(rgb: Array, normal: Array, glow: Array, camera: Camera) -> Array:
    """Colours under a sun at the viewer's upper left; an alpha above 1 marks paint that glows by itself."""
    right, up, back = camera.frame()
    sun = -0.52 * right + 0.72 * up + 0.72 * back
    sun = sun / np.linalg.norm(sun)
    light = 0.60 + 0.48 * np.maximum(0.0, normal @ sun) + 0.09 * normal[:, 2]
    light = np.where(glow > 1.0, 1.05, light)[:, None]
    coolness = (1.0 - light) * np.array([-0.05, 0.0, 0.05])
    return np.asarray(rgb * (light + coolness * light))


def _shrunk(canvas: _Canvas) -> tuple[Array, Array, Mask]:
    height, width = canvas.depth.shape[0] // SAMPLES, canvas.depth.shape[1] // SAMPLES
    blocks = (height, SAMPLES, width, SAMPLES)
    covered = np.isfinite(canvas.depth)
    count = covered.reshape(blocks).sum(axis=(1, 3))
    total = (canvas.colour * covered[..., None]).reshape((*blocks, 3)).sum(axis=(1, 3))
    depth = np.where(covered, canvas.depth, 1e6).reshape(blocks).min(axis=(1, 3))
    return total / np.maximum(count, 1)[..., None], depth, count * 2 >= SAMPLES * SAMPLES


def _shifted(plane: Array, rows: int, columns: int) -> Array:
    padded = np.pad(plane, 1, mode="edge")
    height, width = plane.shape
    return padded[1 + rows : 1 + rows + height, 1 + columns : 1 + columns + width]


def _inked(colour: Array, depth: Array, mask: Mask, ink: float) -> Array:
    """The colours with a darker outline (`ink` = 0 none .. 1 black) and softer inner edges."""
    sides = ((0, 1), (0, -1), (1, 0), (-1, 0))
    filled = np.pad(mask, 1).astype(float)
    inner = np.minimum.reduce([_shifted(filled, *side)[1:-1, 1:-1] for side in sides]) > 0.5
    solid = np.where(mask, depth, 1e6)
    step = np.maximum.reduce([depth - _shifted(solid, *side) for side in sides])
    factor = np.where(mask & ~inner, 1.0 - ink, np.where(step > EDGE_STEP, 1.0 - 0.5 * ink, 1.0))
    return np.asarray(colour * factor[..., None])


def render(boxes: list[Box], camera: Camera, seed: str, ink: float = 0.5) -> Sprite:
    """The boxes as one sprite, cropped to its content; `seed` names the noise of the paints."""
    outline = np.concatenate([camera.project(corners(one)) for one in boxes])
    scale = camera.pixels_per_metre
    left, right = (
        int(np.floor(outline[:, 0].min() * scale)) - 1,
        int(np.ceil(outline[:, 0].max() * scale)) + 1,
    )
    low, high = int(np.floor(outline[:, 1].min() * scale)) - 1, int(np.ceil(outline[:, 1].max() * scale)) + 1
    shape = ((high - low) * SAMPLES, (right - left) * SAMPLES)
    canvas = _Canvas(np.zeros((*shape, 3)), np.full(shape, np.inf), left / scale, high / scale, 1 / (scale * SAMPLES))
    for number, one in enumerate(boxes):
        _draw_box(canvas, camera, one, f"{seed}/{number}")
    colour, depth, mask = _shrunk(canvas)
    indices = nearest(_inked(colour, depth, mask, ink))
    indices[~mask] = TRANSPARENT
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    cropped = indices[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Sprite(cropped, (-left - int(columns[0]), high - int(rows[0])))
