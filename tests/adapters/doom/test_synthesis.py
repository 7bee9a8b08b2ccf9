"""Doom's scenarios are fair, spread evenly, and just what the simulator plays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from evalsuite.adapters.doom.simulator import DoomSimulator, check_scenario, level_of
from evalsuite.adapters.doom.surface import ShearedPicture, Surface
from evalsuite.adapters.doom.synthesis import MAX_GOAL_PITCH_DEGREES, RULES, DoomSource
from evalsuite.crossview.difficulty import DIFFICULTY_METRES
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.geometry import manhattan_distance
from evalsuite.crossview.view_gap import view_gap
from evalsuite.policies.oracle import Oracle
from evalsuite.suite import Scenario
from evalsuite.synthesis import sampled

COUNT = 45


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> list[Scenario]:
    return list(sampled(DoomSource(tmp_path_factory.mktemp("synthesis")), COUNT, 5))


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoomSimulator]:
    simulator = DoomSimulator(tmp_path_factory.mktemp("engine"))
    yield simulator
    simulator.close()


def test_interactions_difficulties_and_view_gaps_come_in_equal_numbers(scenarios: list[Scenario]) -> None:
    strata = Counter((each.interaction, each.difficulty, view_gap(each.view)) for each in scenarios)
    assert len(strata) == 45
    assert set(strata.values()) == {1}


def test_the_start_is_exactly_as_far_as_the_difficulty_says(scenarios: list[Scenario]) -> None:
    for each in scenarios:
        target = each.goals[0].target.position
        level_start = (each.start.x, each.start.y, target[2])
        assert manhattan_distance(level_start, target) == DIFFICULTY_METRES[each.difficulty]
        assert each.view.manhattan_m == DIFFICULTY_METRES[each.difficulty]


def test_the_goal_view_shows_enough_of_the_target_from_no_steeper_than_50_degrees(scenarios: list[Scenario]) -> None:
    for each in scenarios:
        assert each.view.goal_target_pixels is not None
        assert each.view.goal_target_pixels >= RULES.min_goal_pixels
        assert 0.0 <= each.goals[0].camera.pitch <= MAX_GOAL_PITCH_DEGREES
    assert len({each.goals[0].camera.z == 1.62 for each in scenarios}) == 2, "some at eye level, some raised"


def test_a_level_serves_several_scenarios_and_no_two_levels_are_the_same(scenarios: list[Scenario]) -> None:
    layouts = Counter(each.level["layout"] for each in scenarios)
    assert sorted(layouts.values()) == [15, 15, 15]
    assert len({each.goals[0].target.name for each in scenarios[:15]}) > 5


def test_what_was_measured_is_what_the_simulator_shows_at_reset(
    simulator: DoomSimulator, scenarios: list[Scenario]
) -> None:
    for each in scenarios[::2]:
        check_scenario(each)
        env = CrossViewEnv(simulator, each)
        observation, _ = env.reset(seed=0)
        assert int(observation["goal_mask"].sum()) == each.view.goal_target_pixels, each.id
        assert bool(env.facts.target_pixels) == each.view.target_visible_at_start, each.id
        assert not env.summary.success_at_reset
        if each.interaction not in ("melee_hunt", "archery"):  # animals change their looks before the first step
            assert env.facts.target_pixels == each.view.start_target_pixels, each.id


def test_the_walls_and_the_projection_that_co_visibility_is_worked_out_with_are_the_engines(
    scenarios: list[Scenario],
) -> None:
    for each in scenarios:
        level, target = level_of(each)[0], each.goals[0].target
        x, y, middle = target.position
        body = [(x, y, share * middle) for share in (0.2, 1.0, 1.9)]
        seen_from = [each.goals[0].camera, *([each.start] if each.view.target_visible_at_start else [])]
        for camera in seen_from:
            assert Surface(level).shows(camera, body), each.id
        assert ShearedPicture().holds(each.goals[0].camera, np.array(body)).any(), each.id
        assert each.view.covisibility is not None


def test_a_ray_through_a_pixel_falls_into_it_again(scenarios: list[Scenario]) -> None:
    for camera in (each.goals[0].camera for each in scenarios):
        rays = ShearedPicture().rays(camera, 9, 5)
        assert ShearedPicture().holds(camera, np.array(camera.position) + 4.0 * rays).all()


@pytest.mark.slow
def test_the_oracle_solves_them(simulator: DoomSimulator, scenarios: list[Scenario]) -> None:
    sample = scenarios[::4]
    unsolved = [each.id for each in sample if not _solved(simulator, each)]
    assert len(unsolved) <= 0.05 * len(sample), unsolved


def test_a_scenario_depends_on_the_seed_and_its_number_alone(tmp_path: Path, scenarios: list[Scenario]) -> None:
    assert list(sampled(DoomSource(tmp_path), 7, 5)) == scenarios[:7]


def test_another_seed_gives_other_scenarios(tmp_path: Path, scenarios: list[Scenario]) -> None:
    others = sampled(DoomSource(tmp_path), 3, 6)
    assert all(a.level["layout"] != b.level["layout"] for a, b in zip(others, scenarios, strict=False))


def _solved(simulator: DoomSimulator, scenario: Scenario) -> bool:
    env = CrossViewEnv(simulator, scenario)
    oracle = Oracle().attach(env)
    observation, _ = env.reset(seed=0)
    states, over = [oracle.initial_state()], False
    while not over:
        actions, new = oracle.act([observation], states)
        states = list(new)
        observation, _, terminated, truncated, _ = env.step(actions[0])
        over = terminated or truncated
    return env.summary.success
