"""View gaps cover every pair of views, and old scenarios keep their content and hash."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.crossview.difficulty import ViewDifficulty, measure_view_difficulty
from evalsuite.crossview.geometry import Pose
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.view_gap import VIEW_GAPS, view_gap, view_gap_of
from evalsuite.suite.catalogue import find_suite


@given(st.floats(0.0, 180.0), st.booleans())
def test_every_pair_of_views_is_in_one_bin(angle: float, in_view: bool) -> None:
    assert view_gap_of(angle, in_view) in VIEW_GAPS


@pytest.mark.parametrize(
    ("angle", "in_view", "name"),
    [
        (0.0, True, "small"),
        (59.9, True, "small"),
        (59.9, False, "medium"),
        (60.0, True, "medium"),
        (119.9, None, "medium"),
        (120.0, True, "large"),
        (180.0, None, "large"),
        (30.0, None, None),
    ],
)
def test_the_bins_are_these(angle: float, in_view: bool | None, name: str | None) -> None:
    gap = view_gap_of(angle, in_view)
    assert (gap.name if gap else None) == name


def test_every_shipped_scenario_has_one_without_being_changed() -> None:
    for name in ("doom-standard", "minecraft-rocket3", "dmlab-fruit", "unreal-blocks", "unreal-rescue", "robot-ball"):
        suite, _ = find_suite(name)
        assert all(view_gap(each.view) is not None for each in suite.scenarios), name
        assert "covisibility" not in suite.scenarios[0].model_dump(mode="json")["view"]


def test_co_visibility_is_written_only_where_it_is_known() -> None:
    goal = Goal(
        interaction="approach",
        target=Target(name="t", kind="t", position=(0.0, 9.0, 1.0)),
        camera=Pose(x=0.0, y=5.0, z=1.0),
    )
    start = Pose(x=0.0, y=0.0, z=1.6)
    unknown = measure_view_difficulty(start, goal).model_dump(mode="json")
    known = measure_view_difficulty(start, goal, covisibility=0.12345).model_dump(mode="json")
    assert known == {**unknown, "covisibility": 0.123}
    assert unknown["path_m"] is None
    assert ViewDifficulty.model_validate(known).covisibility == 0.123
