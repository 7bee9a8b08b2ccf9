"""Synthesized scenarios are fair, depend on (seed, number) alone, and keep what they promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalsuite.adapters.doom.synthesis import MAX_GOAL_PITCH_DEGREES, MIN_GOAL_PIXELS, synthesize
from evalsuite.crossview.difficulty import DIFFICULTY_METRES
from evalsuite.crossview.geometry import manhattan_distance
from evalsuite.suite import Scenario


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> list[Scenario]:
    return list(synthesize(30, 5, folder=tmp_path_factory.mktemp("synthesis")))


def test_interactions_and_difficulties_come_in_equal_numbers(scenarios: list[Scenario]) -> None:
    cells = [(each.interaction, each.difficulty) for each in scenarios]
    assert {cells.count(cell) for cell in cells} == {2}
    assert len(set(cells)) == 15


def test_the_start_is_exactly_as_far_as_the_difficulty_says(scenarios: list[Scenario]) -> None:
    for each in scenarios:
        target = each.goals[0].target.position
        level_start = (each.start.x, each.start.y, target[2])
        assert manhattan_distance(level_start, target) == DIFFICULTY_METRES[each.difficulty]
        assert each.view.manhattan_m == DIFFICULTY_METRES[each.difficulty]


def test_the_goal_view_shows_enough_of_the_target_from_no_steeper_than_50_degrees(scenarios: list[Scenario]) -> None:
    for each in scenarios:
        assert each.view.goal_target_pixels is not None
        assert each.view.goal_target_pixels >= MIN_GOAL_PIXELS
        assert 0.0 <= each.goals[0].camera.pitch <= MAX_GOAL_PITCH_DEGREES
    assert len({each.goals[0].camera.z == 1.62 for each in scenarios}) == 2, "some at eye level, some raised"


def test_targets_are_seen_from_some_starts_and_hidden_from_others(scenarios: list[Scenario]) -> None:
    assert {each.view.target_visible_at_start for each in scenarios} == {True, False}


def test_a_scenario_depends_on_the_seed_and_its_number_alone(tmp_path: Path, scenarios: list[Scenario]) -> None:
    assert list(synthesize(7, 5, folder=tmp_path)) == scenarios[:7]


def test_another_seed_gives_other_scenarios(tmp_path: Path, scenarios: list[Scenario]) -> None:
    others = list(synthesize(3, 6, folder=tmp_path))
    assert all(a.level["layout"] != b.level["layout"] for a, b in zip(others, scenarios, strict=False))
