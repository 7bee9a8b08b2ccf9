"""Synthesized scenarios are fair, depend on (seed, number) alone, and keep what they promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalsuite.adapters.dmlab.level import level_of
from evalsuite.adapters.dmlab.synthesis import (
    GRADES,
    MAX_STEPS,
    MIN_GOAL_PIXELS,
    ROCKET3_FRUIT,
    FruitSource,
    RowSource,
)
from evalsuite.suite import Scenario, find_suite
from evalsuite.synthesis import sampled
from tests.adapters.dmlab.conftest import start_simulator

pytest.importorskip("labmaze", reason="synthesis needs the package labmaze")


def fruit(folder: Path) -> FruitSource:
    return FruitSource(lambda: start_simulator("stand-in", folder))


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> list[Scenario]:
    return list(sampled(fruit(tmp_path_factory.mktemp("synthesis")), 15, 5))


def test_every_interaction_comes_at_every_difficulty(scenarios: list[Scenario]) -> None:
    assert len({(each.interaction, each.difficulty) for each in scenarios}) == 15


def test_difficulty_is_the_length_of_the_way_and_whether_the_target_is_in_view(scenarios: list[Scenario]) -> None:
    for each in scenarios:
        grade = GRADES[each.difficulty]
        assert each.view.path_m is not None
        assert grade.path[0] <= each.view.path_m <= grade.path[1]
        assert each.view.target_visible_at_start == grade.visible
        assert each.view.goal_target_pixels is not None
        assert each.view.goal_target_pixels >= MIN_GOAL_PIXELS
        assert each.view.covisibility is not None
        assert each.max_steps == MAX_STEPS


def test_the_target_is_one_of_several_of_its_kind(scenarios: list[Scenario]) -> None:
    for each in scenarios:
        level = level_of(each)
        kinds = [thing.kind for thing in level.things] + ["bot"] * len(level.bots)
        assert kinds.count(each.goals[0].target.kind) >= 2


def test_a_scenario_depends_on_the_seed_and_its_number_alone(tmp_path: Path, scenarios: list[Scenario]) -> None:
    assert list(sampled(fruit(tmp_path), 4, 5)) == scenarios[:4]


def test_another_seed_gives_other_scenarios(tmp_path: Path, scenarios: list[Scenario]) -> None:
    others = sampled(fruit(tmp_path), 2, 6)
    assert all(a.level != b.level for a, b in zip(others, scenarios, strict=False))


def test_collecting_asks_for_one_fruit_after_the_other(tmp_path: Path) -> None:
    for each in sampled(RowSource(lambda: start_simulator("stand-in", tmp_path)), 2, 5):
        names = [goal.target.name for goal in each.goals]
        assert len(set(names)) == ROCKET3_FRUIT
        assert {goal.interaction for goal in each.goals} == {"interact"}


@pytest.mark.parametrize("name", ["dmlab-fruit", "dmlab-rocket3"])
def test_the_shipped_suites_hold_together(name: str) -> None:
    suite, _ = find_suite(name)
    for each in suite.scenarios:
        assert each.world == "dmlab"
        assert each.max_steps == MAX_STEPS
        level_of(each)
