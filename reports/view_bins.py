"""The bins of measured view difficulty, as data: what a table's rows and a figure's points are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evalsuite.statistics.measurements import Measurements


@dataclass(frozen=True)
class ViewBin:
    """Values v with low <= v < high; an open end is infinite."""

    low: float
    high: float
    name: str

    @property
    def middle(self) -> float:
        """Where a figure puts it; of an open bin, its finite end."""
        ends = [end for end in (self.low, self.high) if math.isfinite(end)]
        return sum(ends) / len(ends)


@dataclass(frozen=True)
class ViewQuantity:
    """One of the quantities of `evalsuite.crossview.difficulty.ViewDifficulty`.

    Args:
        name: its field there.
        heading: what a person calls it.
        unit: shown behind the ends of its bins.
        bins: ascending, without a gap.
    """

    name: str
    heading: str
    unit: str
    bins: tuple[ViewBin, ...]

    @property
    def column(self) -> str:
        """What its bin is called in `episodes.csv`."""
        return f"{self.name}_bin"


def _bins(unit: str, *edges: float) -> tuple[ViewBin, ...]:
    found = []
    for low, high in pairwise(edges):
        if math.isinf(high):
            name = f"from {low:.0f}{unit}"
        elif math.isinf(low):
            name = f"below {high:.0f}{unit}"
        else:
            name = f"{low:.0f}–{high:.0f}{unit}"
        found.append(ViewBin(low, high, name))
    return tuple(found)


INFINITE = math.inf
SLIGHTLY = 1e-3
"""Above the greatest angle there is, so that the last bin holds it."""

VIEW_QUANTITIES: tuple[ViewQuantity, ...] = (
    ViewQuantity("view_angle_deg", "angle between the views", "°", _bins("°", 0, 30, 60, 90, 120, 150, 180 + SLIGHTLY)),
    ViewQuantity("straight_m", "distance to the target", " m", _bins(" m", 0, 10, 20, 30, 40, 50, INFINITE)),
    ViewQuantity("path_m", "shortest way on foot", " m", _bins(" m", 0, 10, 20, 30, 40, 50, INFINITE)),
    ViewQuantity(
        "goal_camera_height_m", "goal camera above the target", " m", _bins(" m", -INFINITE, 1, 2, 4, 8, INFINITE)
    ),
    ViewQuantity(
        "goal_camera_distance_m", "goal camera from the target", " m", _bins(" m", 0, 5, 10, 15, 20, INFINITE)
    ),
    ViewQuantity(
        "goal_target_pixels",
        "target in the goal view",
        " px",
        _bins(" px", 0, 250, 500, 1000, 2000, 4000, INFINITE),
    ),
    ViewQuantity(
        "target_visible_at_start",
        "target at the start",
        "",
        (ViewBin(0.5, INFINITE, "in view"), ViewBin(-INFINITE, 0.5, "hidden")),
    ),
)
"""Angles in steps of 30 degrees, distances in steps of 10 m around the published 20 / 40 / 60, pixels by doubling."""


def view_values(quantity: ViewQuantity, measurements: Measurements, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """The quantity in the given rows of `measurements`, NaN where it is not known."""
    values = measurements.view.get(quantity.name)
    return np.full(len(rows), np.nan) if values is None else values[rows]


def bin_names(quantity: ViewQuantity, values: NDArray[np.float64]) -> list[str]:
    """The bin of each value; empty where it is not known."""
    names = [""] * len(values)
    for each in quantity.bins:
        for place in np.flatnonzero(in_bin(each, values)):
            names[place] = each.name
    return names


def in_bin(view_bin: ViewBin, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which values the bin holds; never NaN."""
    return (values >= view_bin.low) & (values < view_bin.high)
