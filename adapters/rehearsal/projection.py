"""From rectangles in space to linear functions of the pixel, and on to spans of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal.faces import Faces
from evalsuite.adapters.rehearsal.lens import Lens
from evalsuite.adapters.rehearsal.shapes import SKY_ID
from evalsuite.adapters.rehearsal.textures import LIGHT_LEVELS

Floats = NDArray[np.float64]

_OVERLAP = 1e-9
"""Share of its size by which a face is larger than it is, so that rounding opens no seam between two."""

_LIGHT = (0.66, 0.82, 1.0, 0.5)
"""Brightness of faces towards east or west, north or south, up, down."""


@dataclass(frozen=True, eq=False)
class Projected:
    """The n faces that are turned towards the camera and lie in front of it, the furthest first.

    A linear function of the pixel is three rows (3, n): per column, per row, at column 0 and row 0.

    Args:
        inverse: the function w, one over depth in 1/m, of each face's plane.
        sides: the functions s*w and t*w of its two coordinates s, t in [0, 1].
        starts: (2, n): minus s and t of the eye's foot on the plane.
        lengths: (2, n): metres along s and t.
        distances: (n,): of the eye from each plane, in metres.
        rows: int (2, n): first and last row that it can cover.
        ids, paints, lights: int32 (n,).
    """

    inverse: Floats
    sides: tuple[Floats, Floats]
    starts: Floats
    lengths: Floats
    distances: Floats
    rows: NDArray[np.int32]
    ids: NDArray[np.int32]
    paints: NDArray[np.int32]
    lights: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Spans:
    """Runs of pixels of one row of one face: m of them, `length` pixels from (`row`, `first`) on."""

    face: NDArray[np.int32]
    row: NDArray[np.int32]
    first: NDArray[np.int32]
    length: NDArray[np.int32]


def project(faces: Faces, eye: Floats, axes: Floats, lens: Lens, daylight: float = 1.0) -> Projected:
    """Drop the faces that can't be seen from `eye`, sort the rest, and express them in pixels.

    Args:
        daylight: share of full light, in [0, 1].
    """
    relative = faces.planes[:, 0] - eye
    inwards = np.cross(faces.planes[:, 1], faces.planes[:, 2])
    ahead = np.einsum("ij,ij->i", inwards, relative)
    depth = axes[2]
    corner, across, down = relative @ depth, faces.planes[:, 1] @ depth, faces.planes[:, 2] @ depth
    nearest = corner + np.minimum(across, 0.0) + np.minimum(down, 0.0)
    furthest = corner + np.maximum(across, 0.0) + np.maximum(down, 0.0)
    kept = np.flatnonzero((ahead > 1e-12) & (furthest > 0.0))
    kept = kept[np.argsort(-furthest[kept], kind="stable")]
    planes, relative, inwards, ahead = faces.planes[kept], relative[kept], inwards[kept], ahead[kept]
    rows, shown = _extent(relative, planes, axes, lens, nearest[kept] > 1e-9)
    kept, planes, relative, inwards, ahead = kept[shown], planes[shown], relative[shown], inwards[shown], ahead[shown]

    lengths = np.linalg.norm(planes[:, 1:], axis=2).T
    square = lengths**2
    start = np.einsum("ikj,ij->ki", planes[:, 1:], relative) / square
    inverse = _pixel_function(axes @ inwards.T / ahead, lens)
    sides = [_pixel_function(axes @ planes[:, 1 + k].T / square[k], lens) - start[k] * inverse for k in (0, 1)]
    area = lengths[0] * lengths[1]
    upright = (inwards / area[:, None]) ** 2
    vertical = np.where(inwards[:, 2] < 0.0, _LIGHT[2], _LIGHT[3])
    brightness = upright[:, 0] * _LIGHT[0] + upright[:, 1] * _LIGHT[1] + upright[:, 2] * vertical
    ids, paints = faces.ids[kept], faces.paints[kept]
    levels = np.maximum(np.round(brightness * daylight * LIGHT_LEVELS) - 1, 0)
    lights = np.where(ids == SKY_ID, LIGHT_LEVELS - 1, levels).astype(np.int32)
    rows = rows[:, shown]
    return Projected(inverse, (sides[0], sides[1]), start, lengths, ahead / area, rows, ids, paints, lights)


def spans_of(projected: Projected, lens: Lens) -> Spans:
    """The rows of each face, cut to where it lies inside all of its four edges."""
    heights = projected.rows[1] - projected.rows[0] + 1
    face = np.repeat(np.arange(len(heights), dtype=np.int32), heights)
    starts = np.cumsum(heights) - heights
    row = (np.arange(len(face), dtype=np.int32) - np.repeat(starts - projected.rows[0], heights)).astype(np.int32)
    low = np.zeros(len(face))
    high = np.full(len(face), lens.width - 1.0)
    grown = projected.inverse * (1.0 + _OVERLAP)
    for side in projected.sides:
        for edge in (side + projected.inverse * _OVERLAP, grown - side):
            slope = np.where(abs(edge[0]) < 1e-30, 1e-30, edge[0])
            crossing = (edge[1] / -slope)[face] * row + (edge[2] / -slope)[face]
            rising = (slope > 0.0)[face]
            np.maximum(low, crossing, out=low, where=rising)
            np.minimum(high, crossing, out=high, where=~rising)
    first = np.ceil(low)
    length = np.floor(high) - first + 1.0
    kept = np.flatnonzero(length > 0.0)
    return Spans(face[kept], row[kept], first[kept].astype(np.int32), length[kept].astype(np.int32))


def _extent(
    relative: Floats, planes: Floats, axes: Floats, lens: Lens, in_front: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """First and last row (2, n) of each face, and whether it reaches into the picture at all."""
    corners = np.stack([relative, planes[:, 1], planes[:, 2]], axis=0) @ axes.T
    corners = np.stack([corners[0], corners[0] + corners[1], corners[0] + corners[2], corners.sum(axis=0)])
    depth = np.where(in_front, corners[..., 2], 1.0)
    bounds = []
    for axis, size in ((0, lens.width), (1, lens.height)):
        place = corners[..., axis] / depth * lens.focal + (size / 2 - 0.5)
        low = np.where(in_front, np.ceil(np.maximum(place.min(axis=0), 0.0) - _OVERLAP * size), 0.0)
        high = np.where(in_front, np.floor(np.minimum(place.max(axis=0), size - 1.0) + _OVERLAP * size), size - 1.0)
        bounds.append((low, high))
    (left, right), (top, bottom) = bounds
    shown = (left <= right) & (top <= bottom)
    return np.stack([np.where(shown, top, 0.0), np.where(shown, bottom, -1.0)]).astype(np.int32), shown


def _pixel_function(by_ray: Floats, lens: Lens) -> Floats:
    """From a function's factors (3, n) for a ray's right, down and forward to those for columns and rows."""
    per_column, per_row = by_ray[0] / lens.focal, by_ray[1] / lens.focal
    at_start = by_ray[2] + per_column * (0.5 - lens.width / 2) + per_row * (0.5 - lens.height / 2)
    return np.stack([per_column, per_row, at_start])
