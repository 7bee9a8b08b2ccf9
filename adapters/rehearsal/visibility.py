"""Which face each pixel shows: a z-buffer over all spans at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal.lens import Lens
from evalsuite.adapters.rehearsal.projection import Floats, Projected, Spans
from evalsuite.adapters.rehearsal.shapes import SKY_ID


@dataclass(frozen=True, eq=False)
class Runs:
    """The visible parts of spans, in the order of their pixels; together they cover every pixel once."""

    face: NDArray[np.int32]
    row: NDArray[np.int32]
    column: NDArray[np.int32]
    length: NDArray[np.intp]

    def start_and_slope(self, function: Floats) -> tuple[Floats, Floats]:
        """A linear function of the pixel, one for each face: its value at each run's first pixel, and per column."""
        slope, per_row, constant = function
        slope = slope[self.face]
        return slope * self.column + per_row[self.face] * self.row + constant[self.face], slope


def visible_runs(projected: Projected, spans: Spans, lens: Lens) -> Runs:
    """The runs of pixels that a picture shows, row by row; the sky is what nothing else covers."""
    winner = np.full(lens.height * lens.width, -1, np.int32)
    sky = projected.ids[spans.face] == SKY_ID
    _keep_nearest(winner, projected, spans, np.flatnonzero(~sky), lens)
    open_rows = np.flatnonzero((winner.reshape(lens.height, lens.width) < 0).any(axis=1))
    beyond = np.flatnonzero(sky & np.isin(spans.row, open_rows))
    pixel = _pixels(spans, beyond, lens)
    left = np.flatnonzero(winner[pixel] < 0)
    winner[pixel[left]] = np.repeat(beyond.astype(np.int32), spans.length[beyond])[left]

    starts = np.flatnonzero(np.concatenate([[True], winner[1:] != winner[:-1]]))
    span = winner[starts]
    row = spans.row[span]
    column = (starts - row * lens.width).astype(np.int32)
    return Runs(spans.face[span], row, column, np.diff(starts, append=len(winner)))


def _keep_nearest(
    winner: NDArray[np.int32], projected: Projected, spans: Spans, chosen: NDArray[np.intp], lens: Lens
) -> None:
    """Write into each pixel the span, of the chosen ones, with the largest inverse depth there.

    Spans come furthest face first, so writing them in that order is right almost everywhere; pixels where a
    nearer fragment was overwritten are written again until none is left.
    """
    face, length = spans.face[chosen], spans.length[chosen]
    slope, per_row, constant = (part[face] for part in projected.inverse)
    at_first = slope * spans.first[chosen] + per_row * spans.row[chosen] + constant
    begin = np.cumsum(length) - length
    pixel = _pixels(spans, chosen, lens)
    along = (np.arange(len(pixel), dtype=np.int32) - np.repeat(begin.astype(np.int32), length)).astype(np.float32)
    inverse = along * np.repeat(slope.astype(np.float32), length) + np.repeat(at_first.astype(np.float32), length)
    span = np.repeat(chosen.astype(np.int32), length)
    nearest = np.zeros(len(winner), np.float32)
    while len(pixel):
        winner[pixel] = span
        nearest[pixel] = inverse
        left = np.flatnonzero(inverse > nearest[pixel])
        pixel, span, inverse = pixel[left], span[left], inverse[left]


def _pixels(spans: Spans, chosen: NDArray[np.intp], lens: Lens) -> NDArray[np.intp]:
    """Every pixel of the chosen spans, one span after the other."""
    length = spans.length[chosen]
    place = spans.row[chosen].astype(np.intp) * lens.width + spans.first[chosen]
    pixels: NDArray[np.intp] = np.arange(length.sum()) + np.repeat(place - (np.cumsum(length) - length), length)
    return pixels
