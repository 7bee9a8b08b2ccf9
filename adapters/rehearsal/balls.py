"""Balls, drawn pixel by pixel: the one surface that isn't flat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal.lens import Lens
from evalsuite.adapters.rehearsal.shapes import Ball

_SUN = np.array([0.42, -0.38, 0.82])


def draw_ball(
    rgb: NDArray[np.uint8],
    ids: NDArray[np.int32],
    depth: NDArray[np.float32],
    identity: int,
    ball: Ball,
    away: NDArray[np.float64],
    axes: NDArray[np.float64],
    lens: Lens,
    daylight: float = 1.0,
) -> None:
    """Draw a ball whose centre is `away` metres (east, north, up) from the eye into a picture, where it is nearest.

    Nothing is drawn from inside it.
    """
    centre = axes @ away
    under = float(centre @ centre) - ball.radius**2
    window = _window(centre, ball.radius, lens)
    if under <= 0.0 or window is None:
        return
    rows, columns = window
    x = (np.arange(columns.start, columns.stop) + 0.5 - lens.width / 2) / lens.focal
    y = ((np.arange(rows.start, rows.stop) + 0.5 - lens.height / 2) / lens.focal)[:, None]
    square = x * x + y * y + 1.0
    half = x * centre[0] + y * centre[1] + centre[2]
    root = half * half - square * under
    z = (half - np.sqrt(np.maximum(root, 0.0))) / square
    down, across = np.nonzero((root >= 0.0) & (z > 0.0) & (z < depth[rows, columns]))
    near = z[down, across]
    at = (down + rows.start, across + columns.start)
    ids[at] = identity
    depth[at] = near
    normal = np.stack([x[across] * near, y[down, 0] * near, near], axis=1) - centre
    rgb[at] = _lit(ball, (normal @ axes) / ball.radius, daylight)


def _window(centre: NDArray[np.float64], radius: float, lens: Lens) -> tuple[slice, slice] | None:
    """Rows and columns of pixels outside which the ball can't be."""
    whole = slice(0, lens.height), slice(0, lens.width)
    if centre[2] <= -radius:
        return None
    if centre[2] <= radius:
        return whole
    bounds = []
    for place, size in ((centre[1], lens.height), (centre[0], lens.width)):
        edges = [place + way * radius for way in (-1.0, 1.0)]
        low = min(edges[0] / (centre[2] - radius), edges[0] / (centre[2] + radius))
        high = max(edges[1] / (centre[2] - radius), edges[1] / (centre[2] + radius))
        first = max(0, int(np.floor(low * lens.focal + size / 2)))
        last = min(size, int(np.ceil(high * lens.focal + size / 2)) + 1)
        if first >= last:
            return None
        bounds.append(slice(first, last))
    return bounds[0], bounds[1]


def _lit(ball: Ball, normal: NDArray[np.float64], daylight: float) -> NDArray[np.uint8]:
    """Colours by the paint's texels, laid round the ball, and by the light from one side."""
    texels = ball.look.side.texels
    size = texels.shape[0]
    around = np.arctan2(normal[:, 0], normal[:, 1]) / (2 * np.pi) + 0.5
    up = np.arccos(np.clip(normal[:, 2], -1.0, 1.0)) / np.pi
    colour = texels[np.minimum((up * size).astype(int), size - 1), np.minimum((around * size).astype(int), size - 1)]
    towards = np.clip(normal @ _SUN, 0.0, 1.0)
    lit = daylight * (colour * (0.5 + 0.5 * towards)[:, None] + 70.0 * (towards**24)[:, None])
    result: NDArray[np.uint8] = np.minimum(np.round(lit), 255.0).astype(np.uint8)
    return result
