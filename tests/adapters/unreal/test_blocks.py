"""The suite unreal-blocks: solvable, frozen, made again from its seed, and fair about what was acted on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from evalsuite.adapters.unreal.actions import action_mapping, acts
from evalsuite.adapters.unreal.airsim_client import COSYS, MICROSOFT
from evalsuite.adapters.unreal.airsim_simulator import rehearsal_simulator
from evalsuite.adapters.unreal.blocks_level import build_arena, level_of
from evalsuite.adapters.unreal.blocks_stage import check_scenario
from evalsuite.adapters.unreal.blocks_synthesis import RULES, BlocksSource
from evalsuite.adapters.unreal.clearance import EYE_METRES
from evalsuite.adapters.unreal.nearness import in_reach
from evalsuite.adapters.unreal.simulator import UnrealSimulator
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.geometry import Pose, ground_distance, yaw_towards
from evalsuite.crossview.spaces import noop_action
from evalsuite.errors import UsageError
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis import sampled
from evalsuite.testing.trajectories import first_difference, play, varied_actions, view_sha256
from tests.adapters.unreal.airsim_shared import needs, needs_a_client, shipped, solve


@needs_a_client
@pytest.mark.parametrize("interaction", ["approach", "interact", "break"])
def test_the_oracle_carries_out_each_interaction_with_table_4s_actions(
    interaction: str, simulator: UnrealSimulator
) -> None:
    env = solve(simulator, shipped(f"/{interaction}-easy-0000"))
    assert env.summary.success, env.summary.reason
    assert env.summary.wrong_targets == 0
    assert env.summary.score == 1.0


@needs(COSYS)
@needs(MICROSOFT)
def test_an_episode_is_the_same_through_either_dialect(tmp_path: Path) -> None:
    actions = varied_actions(8, 5, frozenset({"jump"}))
    played = []
    for each in (COSYS, MICROSOFT):
        started = rehearsal_simulator(tmp_path, each.name, actions="minecraft")
        try:
            played.append(play(started, shipped("/interact-easy-0001"), 3, actions))
            goal = view_sha256(started.goal_view())
        finally:
            started.close()
        played[-1].append((goal, played[-1][-1][1]))
    assert not first_difference(*played)


def standing_before(name: str, scenario: Scenario) -> Scenario:
    """The scenario with its start a metre and a half before a thing, facing it."""
    _, arena = level_of(scenario)
    x, y, _ = arena.thing(name).middle
    plan = arena.floor_plan()
    for turn in range(0, 360, 15):
        angle = np.radians(turn)
        place = (x + 1.6 * float(np.sin(angle)), y + 1.6 * float(np.cos(angle)))
        if plan.is_walkable(place):
            eye = (*place, EYE_METRES)
            start = Pose(x=place[0], y=place[1], z=EYE_METRES, yaw=yaw_towards(eye, (x, y, 0.0)), pitch=20.0)
            return scenario.model_copy(update={"start": start})
    raise AssertionError(f"there is no room before {name}")


@needs_a_client
def test_breaking_something_else_takes_it_away_and_counts_as_a_wrong_target(simulator: UnrealSimulator) -> None:
    scenario = shipped("/break-easy-0000")
    meant = scenario.goals[0].target
    _, arena = level_of(scenario)
    other = next(each for each in arena.things if each.kind == meant.kind and each.name != meant.name)
    env = CrossViewEnv(simulator, standing_before(other.name, scenario))
    before = env.reset(seed=0)[0]["image"]
    _, _, terminated, _, _ = env.step({**noop_action(), "attack": 1})
    assert [event.object for event in env.facts.events] == [other.name]
    assert env.summary.wrong_targets == 1
    assert not terminated
    after = env.step(noop_action())[0]["image"]
    assert not np.array_equal(before, after), "it is gone from the picture"


@needs_a_client
def test_what_is_behind_the_agent_can_not_be_used(simulator: UnrealSimulator) -> None:
    scenario = shipped("/interact-easy-0000")
    facing = standing_before(scenario.goals[0].target.name, scenario)
    away = facing.model_copy(update={"start": facing.start.model_copy(update={"yaw": facing.start.yaw - 170.0})})
    env = CrossViewEnv(simulator, away)
    env.reset(seed=0)
    env.step({**noop_action(), "attack": 1})
    assert not env.facts.events
    env = CrossViewEnv(simulator, facing)
    env.reset(seed=0)
    *_, terminated, _, _ = env.step({**noop_action(), "attack": 1})
    assert terminated
    assert env.summary.success


@needs_a_client
def test_with_minecrafts_keys_use_uses_and_attack_does_not(keys_simulator: UnrealSimulator) -> None:
    scenario = shipped("/interact-easy-0000")
    facing = standing_before(scenario.goals[0].target.name, scenario)
    for key, happens in (("attack", False), ("use", True)):
        env = CrossViewEnv(keys_simulator, facing)
        env.reset(seed=0)
        env.step({**noop_action(), key: 1})
        assert env.summary.success is happens


@needs_a_client
def test_a_walker_stops_before_walls_slides_along_them_and_keeps_minecrafts_pace(
    keys_simulator: UnrealSimulator,
) -> None:
    scenario = shipped("/approach-easy-0000")
    corner = Pose(x=0.0, y=26.0, z=EYE_METRES, yaw=0.0)
    _, arena = level_of(scenario)
    plan = arena.floor_plan()
    x = next(x for x in range(-25, 26) if plan.clear_line((float(x), 24.0), (float(x), 29.0)))
    start = corner.model_copy(update={"x": float(x), "y": 24.5})
    keys_simulator.reset(scenario.model_copy(update={"start": start}), 0)
    keys_simulator.step({**noop_action(), "forward": 1})
    assert keys_simulator.facts().agent.y - 24.5 == pytest.approx(4.317 / 20.0)
    for _ in range(40):
        keys_simulator.step({**noop_action(), "forward": 1})
    facts = keys_simulator.facts()
    assert facts.contacts == ("obstacle",)
    assert 29.6 < facts.agent.y <= 29.7, "the fence is at 30 m, and half a body is 0.3 m"
    turned = {**noop_action(), "forward": 1}
    turned["camera"] = np.array([0.0, 50.0], np.float32)
    keys_simulator.step(turned)
    for _ in range(5):
        keys_simulator.step({**noop_action(), "forward": 1})
    after = keys_simulator.facts().agent
    assert after.x > facts.agent.x + 0.5, "at 50 degrees to the fence it goes on along it"
    assert after.y <= 29.75


def test_reach_is_unrealzoos() -> None:
    agent = Pose(x=0, y=0, z=1.62)
    assert in_reach(agent, (0.0, 1.99, 0.5))
    assert not in_reach(agent, (0.0, 2.0, 0.5))
    assert in_reach(agent, (1.0, 1.001, 0.5))
    assert not in_reach(agent, (1.0, 0.99, 0.5))
    assert not in_reach(agent, (0.0, -1.0, 0.5))


def test_the_pick_of_table_4_does_either_deed_and_an_unknown_mapping_is_refused() -> None:
    pick, use = {**noop_action(), "attack": 1}, {**noop_action(), "use": 1}
    assert acts(pick, "table4", "use")
    assert acts(pick, "table4", "break")
    assert not acts(pick, "table4", "nothing")
    assert acts(use, "minecraft", "use")
    assert not acts(pick, "minecraft", "use")
    assert action_mapping({}) == "table4"
    with pytest.raises(UsageError, match="EVALSUITE_UNREAL_ACTIONS is 'doom'"):
        action_mapping({"EVALSUITE_UNREAL_ACTIONS": "doom"})


def test_a_scenario_that_this_version_would_build_otherwise_is_refused() -> None:
    scenario = shipped("/break-easy-0000")
    changed = scenario.model_copy(update={"level": {**scenario.level, "layout": scenario.level["layout"] + 1}})
    with pytest.raises(UsageError, match="makes another level"):
        check_scenario(changed)
    with pytest.raises(UsageError, match=r"level\.cast: there is no kind 'moon'"):
        check_scenario(scenario.model_copy(update={"level": {**scenario.level, "cast": "moon"}}))


def test_the_suite_holds_every_interaction_at_every_difficulty_equally_often() -> None:
    suite, _ = find_suite("unreal-blocks")
    cells = Counter((each.interaction, each.difficulty) for each in suite.scenarios)
    assert len(cells) == 9
    assert set(cells.values()) == {5}
    assert {each.max_steps for each in suite.scenarios} == {600}
    assert {round(each.view.manhattan_m) for each in suite.scenarios} == {20, 40, 60}
    assert all((each.view.goal_target_pixels or 0) >= RULES.min_goal_pixels for each in suite.scenarios)


def test_no_two_things_of_an_arena_overlap_and_all_stand_on_the_floor() -> None:
    for layout in range(20):
        arena = build_arena(layout, "bench")
        for number, one in enumerate(arena.things):
            assert one.middle[2] == one.size[2] / 2
            assert one.size[2] >= 0.5, "a walker would not see it before its feet"
            for other in arena.things[number + 1 :]:
                assert ground_distance(one.middle, other.middle) >= 3.5


@needs_a_client
def test_what_is_made_is_fair(tmp_path: Path) -> None:
    for each in sampled(BlocksSource(lambda: rehearsal_simulator(tmp_path)), 3, 2507):
        check_scenario(each)
        assert (each.view.goal_target_pixels or 0) >= RULES.min_goal_pixels
        assert each.view.covisibility is not None
