"""The suite unreal-rescue: three difficulties alike in number, drawn as they say, and solved by the oracle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest

from evalsuite.adapters.unreal.rescue_synthesis import GRADES, MIN_GOAL_PIXELS
from evalsuite.adapters.unreal.unrealcv_map import load_map
from evalsuite.adapters.unreal.unrealcv_world import WORLD
from evalsuite.crossview import CrossViewEnv, Simulator
from evalsuite.policies.oracle import Oracle
from evalsuite.policies.policy import State
from evalsuite.suite import Scenario, find_suite
from evalsuite.synthesis import sampled
from tests.adapters.unreal.unrealcv_rescues import needs_unrealcv

SCENARIOS = find_suite("unreal-rescue")[0].scenarios


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    made = WORLD.make(tmp_path_factory.mktemp("unrealcv"), rehearse=True)
    yield made
    made.close()


def _rescued(simulator: Simulator, scenario: Scenario) -> bool:
    env = CrossViewEnv(simulator, scenario, share_goal_view=True)
    oracle = Oracle().attach(env)
    states: Sequence[State] = [oracle.initial_state()]
    observation, _ = env.reset(seed=0)
    over = False
    while not over:
        actions, states = oracle.act([observation], states)
        observation, _, terminated, truncated, _ = env.step(actions[0])
        over = terminated or truncated
    return env.summary.success


def test_there_are_ten_of_each_difficulty_and_each_is_drawn_as_it_says() -> None:
    assert Counter(scenario.difficulty for scenario in SCENARIOS) == {"easy": 10, "medium": 10, "hard": 10}
    plan = load_map("rescue-yard").floor_plan()
    for scenario in SCENARIOS:
        grade, view = GRADES[scenario.difficulty], scenario.view
        assert [goal.target.name for goal in scenario.goals] == ["casualty", "stretcher"]
        assert [goal.interaction for goal in scenario.goals] == ["interact", "interact"]
        assert grade.to_casualty[0] <= (view.path_m or 0.0) <= grade.to_casualty[1]
        carried = plan.path_length(scenario.goals[0].target.position[:2], scenario.goals[1].target.position[:2])
        assert carried is not None
        assert grade.to_stretcher[0] <= carried <= grade.to_stretcher[1]
        assert view.target_visible_at_start == grade.visible
        assert (view.goal_target_pixels or 0) >= MIN_GOAL_PIXELS


@needs_unrealcv
@pytest.mark.parametrize("scenario", [SCENARIOS[0]], ids=lambda scenario: scenario.id)
def test_the_oracle_rescues(simulator: Simulator, scenario: Scenario) -> None:
    assert _rescued(simulator, scenario)


@needs_unrealcv
@pytest.mark.slow
def test_the_oracle_rescues_nine_in_ten(simulator: Simulator) -> None:
    rescued = sum(_rescued(simulator, scenario) for scenario in SCENARIOS)
    assert rescued >= 0.9 * len(SCENARIOS)


@needs_unrealcv
def test_the_same_seed_draws_the_same_rescues(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    drawn = list(islice(sampled(WORLD.scenario_source(tmp_path), 30, 0), 2))
    assert list(sampled(WORLD.scenario_source(tmp_path / "again"), 2, 0)) == drawn
    for each in drawn:
        WORLD.check(each)
        assert each.view.covisibility is not None
