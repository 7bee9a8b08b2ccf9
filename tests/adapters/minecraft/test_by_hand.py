"""The scenario written by hand in the adapter's README, and what is said to somebody who writes one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import evalsuite.adapters.minecraft
from evalsuite.adapters.minecraft.simulator import MinecraftSimulator, check_scenario
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.spaces import noop_action
from evalsuite.errors import UsageError
from evalsuite.suite.files import load_suite
from evalsuite.suite.scenario import Scenario
from tests.adapters.minecraft.conftest import needs_minestudio
from tests.adapters.minecraft.test_simulator import solve

README = Path(evalsuite.adapters.minecraft.__path__[0]) / "README.md"


@pytest.fixture
def by_hand(tmp_path: Path) -> Scenario:
    text = README.read_text().partition("<!-- by hand -->\n```yaml\n")[2].partition("```")[0]
    (tmp_path / "mine.yaml").write_text(text)
    (scenario,) = load_suite(tmp_path / "mine.yaml").scenarios
    return scenario


def with_level(scenario: Scenario, **changes: Any) -> Scenario:
    return scenario.model_copy(update={"level": {**scenario.level, **changes}})


@needs_minestudio
def test_the_readmes_example_is_solved_by_the_oracle_and_its_goal_shows(
    simulator: MinecraftSimulator, by_hand: Scenario
) -> None:
    check_scenario(by_hand)
    seen, _ = CrossViewEnv(simulator, by_hand).reset(seed=0)
    assert seen["goal_mask"].sum() > 500
    env = solve(simulator, by_hand)
    assert env.summary.success, env.summary.reason
    assert not env.summary.success_at_reset


def test_changing_the_biome_alone_is_refused_with_the_reason(by_hand: Scenario) -> None:
    check_scenario(by_hand)
    with pytest.raises(UsageError, match="biome, layout and cast together decide where things stand"):
        check_scenario(with_level(by_hand, biome="desert"))


def test_a_name_that_is_not_there_is_answered_with_those_that_are(by_hand: Scenario) -> None:
    goal = by_hand.goals[0]
    wrong = goal.model_copy(update={"target": goal.target.model_copy(update={"name": "gold"})})
    with pytest.raises(UsageError, match=r"it has gold_ore-1 at \[-16\.5, -19\.5, 0\.5\], gold_ore-2 at"):
        check_scenario(by_hand.model_copy(update={"goals": (wrong,)}))


def test_the_refusal_of_a_wrong_hash_says_the_right_one(by_hand: Scenario) -> None:
    with pytest.raises(UsageError) as refusal:
        check_scenario(with_level(by_hand, sha256="anything"))
    check_scenario(with_level(by_hand, sha256=str(refusal.value).rpartition(" ")[2]))


def test_a_tool_can_only_be_used_on_what_it_is_for(by_hand: Scenario) -> None:
    goal = by_hand.goals[0].model_copy(update={"interaction": "interact"})
    with pytest.raises(UsageError, match="interact is for crafting_table, furnace, chest, anvil, not for gold_ore"):
        check_scenario(by_hand.model_copy(update={"goals": (goal,)}))
    check_scenario(with_level(by_hand.model_copy(update={"goals": (goal,)}), tool="torch"))


@needs_minestudio
@pytest.mark.parametrize("tool", ["torch", "oak_door", "flint_and_steel"])
def test_what_is_used_on_something_else_is_a_wrong_target(
    simulator: MinecraftSimulator, by_hand: Scenario, tool: str
) -> None:
    goal = by_hand.goals[0].model_copy(update={"interaction": "interact"})
    scenario = with_level(by_hand.model_copy(update={"goals": (goal,)}), tool=tool)
    env = solve(simulator, scenario)
    assert env.summary.success, env.summary.reason
    assert [(event.kind, event.object) for event in env.facts.events] == [("used", "gold_ore-1")]
    start = scenario.start.model_copy(update={"pitch": 70.0})
    env = CrossViewEnv(simulator, scenario.model_copy(update={"start": start}))
    env.reset(seed=0)
    env.step({**noop_action(), "use": 1})
    assert [(event.kind, event.object) for event in env.facts.events] == [("used", tool)]
    assert env.summary.wrong_targets == 1
