"""The bins of measured view difficulty, as data: what a table's rows and a figure's points are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.view_gap import VIEW_GAPS, VIEW_GAPS_NAME
from evalsuite.statistics.measurements import Measurements

Floats: TypeAlias = NDArray[np.float64]
Measured: TypeAlias = Callable[[str], Floats]
"""From a field of `ViewDifficulty` to its values, NaN where they are not known."""


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
    """One of the quantities of `evalsuite.crossview.difficulty.ViewDifficulty`, or what follows from several.

    Args:
        name: its field there.
        heading: what a person calls it.
        unit: shown behind the ends of its bins.
        bins: ascending, without a gap.
        follows: how it follows from others; None for a field.
    """

    name: str
    heading: str
    unit: str
    bins: tuple[ViewBin, ...]
    follows: Callable[[Measured], Floats] | None = None

    def values(self, measured: Measured) -> Floats:
        """NaN where it is not known."""
        return measured(self.name) if self.follows is None else self.follows(measured)

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


def _view_gap(measured: Measured) -> Floats:
    """The place of each view gap among `VIEW_GAPS`, which are asked from the last to the first, so that it wins."""
    angle, in_view = measured("view_angle_deg"), measured("target_visible_at_start")
    place = np.full(len(angle), np.nan)
    for number, gap in reversed(list(enumerate(VIEW_GAPS))):
        low, high = gap.angle_deg
        held = (angle >= low) & (angle < high)
        if gap.in_view is not None:
            place[held & np.isnan(in_view)] = np.nan
            held &= in_view == gap.in_view
        place[held] = number
    return place


def _shares(*edges: float) -> tuple[ViewBin, ...]:
    ends = [f"{100 * edge:.0f}" for edge in edges]
    inner = [
        ViewBin(low, high, f"{a}–{b}%") for (low, high), (a, b) in zip(pairwise(edges), pairwise(ends), strict=True)
    ]
    return (*inner, ViewBin(edges[-1], INFINITE, f"from {ends[-1]}%"))


INFINITE = math.inf
SLIGHTLY = 1e-3
"""Above the greatest angle there is, so that the last bin holds it."""

VIEW_QUANTITIES: tuple[ViewQuantity, ...] = (
    ViewQuantity(
        "view_gap",
        f"view gap ({VIEW_GAPS_NAME})",
        "",
        tuple(ViewBin(number - 0.5, number + 0.5, gap.name) for number, gap in enumerate(VIEW_GAPS)),
        follows=_view_gap,
    ),
    ViewQuantity("covisibility", "start view's surface in the goal view", "", _shares(0.0, 0.02, 0.1, 0.3)),
    ViewQuantity("view_angle_deg", "angle between the views", "°", _bins("°", 0, 30, 60, 90, 120, 150, 180 + SLIGHTLY)),
    ViewQuantity("straight_m", "distance to the target", " m", _bins(" m", 0, 10, 20, 30, 40, 50, INFINITE)),
    ViewQuantity("path_m", "shortest way on foot", " m", _bins(" m", 0, 10, 20, 30, 40, 50, INFINITE)),
    ViewQuantity(
        "goal_camera_height_m", "goal camera above the target", " m", _bins(" m", -INFINITE, 1, 2, 4, 8, INFINITE)
    ),
    ViewQuantity(
        "goal_camera_pitch_deg", "goal camera looks down", "°", _bins("°", -INFINITE, 10, 20, 30, 40, INFINITE)
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

    def measured(name: str) -> Floats:
        values = measurements.view.get(name)
        return np.full(len(rows), np.nan) if values is None else values[rows]

    return quantity.values(measured)


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
