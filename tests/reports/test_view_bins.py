"""The bins of a report agree with those of the scenarios, whichever way they are worked out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.crossview.view_gap import view_gap_of
from evalsuite.reports.view_bins import VIEW_QUANTITIES, bin_names, in_bin

QUANTITIES = {quantity.name: quantity for quantity in VIEW_QUANTITIES}


@given(st.lists(st.tuples(st.floats(0.0, 180.0), st.sampled_from([True, False, None])), min_size=1))
def test_the_view_gap_is_the_scenarios_own(views: list[tuple[float, bool | None]]) -> None:
    known = {
        "view_angle_deg": np.array([angle for angle, _ in views]),
        "target_visible_at_start": np.array([np.nan if seen is None else float(seen) for _, seen in views]),
    }
    quantity = QUANTITIES["view_gap"]
    names = bin_names(quantity, quantity.values(known.__getitem__))
    gaps = [view_gap_of(angle, seen) for angle, seen in views]
    assert names == [gap.name if gap else "" for gap in gaps]


@given(st.floats(0.0, 1.0))
def test_every_share_is_in_one_bin(share: float) -> None:
    assert sum(bool(in_bin(each, np.array([share]))[0]) for each in QUANTITIES["covisibility"].bins) == 1


def test_bins_are_named_by_percent_and_version() -> None:
    assert [each.name for each in QUANTITIES["covisibility"].bins] == ["0–2%", "2–10%", "10–30%", "from 30%"]
    assert QUANTITIES["view_gap"].heading == "view gap (view-gap.1)"
