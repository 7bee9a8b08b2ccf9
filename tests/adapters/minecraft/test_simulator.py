from __future__ import annotations

import numpy as np
import pytest

from evalsuite.adapters.minecraft.level import level_of
from evalsuite.adapters.minecraft.simulator import MinecraftSimulator, check_scenario
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.simulator import PlannableSimulator
from evalsuite.crossview.spaces import INTERACTIONS, noop_action
from evalsuite.errors import UsageError
from evalsuite.policies.oracle import Oracle
from evalsuite.suite.scenario import Scenario
from evalsuite.testing.trajectories import picture_sha256
from tests.adapters.minecraft.conftest import needs_minestudio, shipped


def solve(simulator: PlannableSimulator, scenario: Scenario) -> CrossViewEnv:
    """The oracle's episode; returns the environment at its end."""
    env = CrossViewEnv(simulator, scenario)
    seen, _ = env.reset(seed=0)
    oracle = Oracle().attach(env)
    states = [oracle.initial_state()]
    over = False
    while not over:
        actions, new = oracle.act([seen], states)
        states = list(new)
        seen, _, terminated, truncated, _ = env.step(actions[0])
        over = terminated or truncated
    return env


def with_mask(scenario: Scenario, mask: str) -> Scenario:
    return scenario.model_copy(update={"level": {**scenario.level, "mask": mask}})


@needs_minestudio
@pytest.mark.parametrize("interaction", INTERACTIONS)
def test_the_oracle_carries_out_each_interaction(simulator: MinecraftSimulator, interaction: str) -> None:
    env = solve(simulator, shipped(f"/{interaction.replace('_', '-')}-easy-0000"))
    assert env.summary.success, env.summary.reason
    assert env.summary.wrong_targets == 0


@needs_minestudio
def test_three_resets_of_a_scenario_give_the_same_start_frame(simulator: MinecraftSimulator) -> None:
    scenario = shipped("/melee-hunt-easy-0000")
    frames = set()
    for _ in range(3):
        simulator.reset(scenario, 0)
        frames.add(picture_sha256(simulator.frame()))
        simulator.step({**noop_action(), "forward": 1})
    assert len(frames) == 1


@needs_minestudio
@pytest.mark.parametrize("identity", ["/break-easy-0000", "/melee-hunt-easy-0000"])
def test_the_start_is_the_same_whether_the_goal_was_looked_at_with_an_exchange_or_not(
    simulator: MinecraftSimulator, identity: str
) -> None:
    starts = []
    for mask in ("difference", "hull"):
        simulator.reset(with_mask(shipped(identity), mask), 0)
        frames = []
        for _ in range(3):
            frames.append(picture_sha256(simulator.frame()))
            simulator.step({**noop_action(), "forward": 1, "attack": 1})
        facts = simulator.facts()
        starts.append((frames, facts.agent, facts.target))
    assert starts[0] == starts[1]


@needs_minestudio
@pytest.mark.parametrize("identity", ["/break-easy-0000", "/approach-easy-0000"])
def test_the_mask_of_a_block_by_difference_lies_within_its_projected_hull(
    simulator: MinecraftSimulator, identity: str
) -> None:
    views = {}
    for mask in ("difference", "hull"):
        simulator.reset(with_mask(shipped(identity), mask), 0)
        views[mask] = simulator.goal_view()
        assert mask.split()[0] in simulator.spec.mask_source
    exact, hull = views["difference"].mask, views["hull"].mask
    np.testing.assert_array_equal(views["difference"].image, views["hull"].image)
    outside = int((exact & (1 - hull)).sum())
    assert exact.sum() > 0
    assert outside <= 0.15 * exact.sum(), f"{outside} of {exact.sum()} mask pixels lie outside the hull"


@needs_minestudio
def test_sam2_masks_are_refused_in_one_line_where_sam2_is_not_installed(simulator: MinecraftSimulator) -> None:
    with pytest.raises(UsageError, match="sam2 is not installed"):
        simulator.reset(with_mask(shipped("/break-easy-0000"), "sam2"), 0)


@needs_minestudio
def test_a_distractor_of_the_targets_kind_that_is_broken_is_a_wrong_target(simulator: MinecraftSimulator) -> None:
    scenario = shipped("/break-easy-0000")
    _, level = level_of(scenario)
    meant = scenario.goals[0].target
    other = next(each for each in level.things if each.kind == meant.kind and each.name != meant.name)
    target = meant.model_copy(update={"name": other.name, "position": other.middle})
    goal = scenario.goals[0].model_copy(update={"target": target})
    env = solve(simulator, scenario.model_copy(update={"goals": (goal,)}))
    assert env.summary.success, env.summary.reason
    (event,) = env.facts.events
    assert event.object == other.name
    assert event.object != meant.name


def test_a_scenario_that_this_version_would_build_otherwise_is_refused() -> None:
    scenario = shipped("/break-easy-0000")
    changed = scenario.model_copy(update={"level": {**scenario.level, "layout": scenario.level["layout"] + 1}})
    with pytest.raises(UsageError, match="makes another level"):
        check_scenario(changed)


def test_an_unknown_biome_is_named_with_its_field() -> None:
    scenario = shipped("/break-easy-0000")
    changed = scenario.model_copy(update={"level": {**scenario.level, "biome": "moon"}})
    with pytest.raises(UsageError, match=r"level\.biome"):
        check_scenario(changed)
