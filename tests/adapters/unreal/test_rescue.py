"""The published rescue, played through the whole environment: half the score for each of its two parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evalsuite.adapters.unreal.rescue_level import rescue_level
from evalsuite.adapters.unreal.unrealcv_world import WORLD
from evalsuite.crossview import CrossViewEnv, Event, Simulator
from evalsuite.crossview.spaces import noop_action
from evalsuite.errors import UsageError
from evalsuite.policies.oracle import Oracle
from evalsuite.suite.scenario import Scenario
from tests.adapters.unreal.unrealcv_rescues import MIDDLES, needs_unrealcv, press, rescue

BESIDE_STRETCHER = (-3.0, -5.5)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    made = WORLD.make(tmp_path_factory.mktemp("unrealcv"), rehearse=True)
    yield made
    made.close()


def _events(simulator: Simulator, scenario: Scenario, *buttons: str) -> tuple[Event, ...]:
    simulator.reset(scenario, 0)
    simulator.step(press(*buttons))
    return simulator.facts().events


@needs_unrealcv
@pytest.mark.parametrize(
    ("start", "yaw", "picked"),
    [
        ((4.0, 0.1), 0.0, True),
        ((4.0, 0.1), 44.0, True),
        ((4.0, 0.1), 46.0, False),
        ((4.0, 0.1), 180.0, False),
        ((4.0, -0.1), 0.0, False),
    ],
)
def test_the_casualty_is_picked_up_within_200_units_and_45_degrees(
    simulator: Simulator, start: tuple[float, float], yaw: float, picked: bool
) -> None:
    events = _events(simulator, rescue(start=start, yaw=yaw), "attack")
    assert events == ((Event("used", "casualty", "hand"),) if picked else ())


@needs_unrealcv
def test_nothing_is_picked_up_through_a_wall(simulator: Simulator) -> None:
    """SM_Wall_16 stands between y = 0.6 and 1.4 there."""
    assert not _events(simulator, rescue(start=(-1.0, 0.4), casualty=(-1.0, 2.0)), "attack")


@needs_unrealcv
def test_nothing_is_picked_up_without_pressing(simulator: Simulator) -> None:
    assert not _events(simulator, rescue(start=(4.0, 0.5)), "forward")


@needs_unrealcv
def test_picking_up_is_half_the_score_and_laying_down_the_other_half(simulator: Simulator) -> None:
    scenario = rescue(start=(4.0, 0.5), max_steps=400)
    env = CrossViewEnv(simulator, scenario)
    observation, _ = env.reset(seed=0)
    _, reward, terminated, _, info = env.step(press("attack"))
    assert (reward, terminated, info["goal"], env.summary.score) == (0.5, False, 1, 0.5)
    assert not (env.simulator.goal_view().image == observation["goal_image"]).all()
    oracle = Oracle().attach(env)
    state = oracle.initial_state()
    terminated = truncated = False
    while not (terminated or truncated):
        actions, states = oracle.act([observation], [state])
        state = states[0]
        observation, reward, terminated, truncated, _ = env.step(actions[0])
    assert (reward, env.summary.score, env.summary.success) == (0.5, 1.0, True)
    assert env.summary.wrong_targets == 0


@needs_unrealcv
def test_an_episode_that_only_picks_up_scores_a_half(simulator: Simulator) -> None:
    env = CrossViewEnv(simulator, rescue(start=(4.0, 0.5), max_steps=4))
    env.reset(seed=0)
    for action in (press("attack"), noop_action(), noop_action(), noop_action()):
        _, _, terminated, truncated, _ = env.step(action)
    assert (terminated, truncated) == (False, True)
    assert (env.summary.score, env.summary.success) == (0.5, False)


@needs_unrealcv
def test_who_is_carried_is_not_seen_and_a_body_on_the_way_can_not_be_lost(simulator: Simulator) -> None:
    simulator.reset(rescue(start=(4.0, 0.5), yaw=0.0), 0)
    assert (simulator.facts().target_pixels or 0) > 0
    simulator.step(press("attack"))
    assert simulator.facts().target_pixels == 0
    for _ in range(3):
        simulator.step(press("attack", "back"))
        assert simulator.facts().events == ()


@needs_unrealcv
def test_the_stretcher_is_of_no_use_to_who_carries_nobody(simulator: Simulator) -> None:
    assert not _events(simulator, rescue(start=BESIDE_STRETCHER), "attack")


@needs_unrealcv
def test_who_is_laid_down_lies_on_the_floor_near_the_stretcher(simulator: Simulator) -> None:
    scenario = rescue(
        ("interact", "casualty"),
        ("interact", "stretcher"),
        ("approach", "casualty"),
        start=(-3.0, -5.6),
        casualty=(-4.2, -6.4),
    )
    simulator.reset(scenario, 0)
    simulator.step(press("attack", yaw=-110.0))
    assert simulator.facts().events == (Event("used", "casualty", "hand"),)
    simulator.next_goal()
    simulator.step(press("attack", yaw=110.0))
    assert simulator.facts().events == (Event("used", "stretcher", "hand"),)
    simulator.next_goal()
    simulator.step(press(pitch=30.0))
    facts = simulator.facts()
    assert facts.target is not None
    assert facts.target[2] < 0.3
    assert facts.target_pixels


@needs_unrealcv
def test_a_second_rescue_looks_as_the_first_to_the_last_picture(simulator: Simulator) -> None:
    """Where the person lies must not hang on where it lay before, not by a hundredth of a millimetre."""
    here = rescue(start=(-3.0, -5.6), casualty=(-4.2, -6.4))
    last = []
    for elsewhere in (rescue(), rescue(start=(-3.0, -5.6), casualty=(-4.1, -6.3))):
        for scenario in (elsewhere, here):
            simulator.reset(scenario, 0)
            simulator.step(press("attack", yaw=-110.0))
            simulator.next_goal()
            simulator.step(press("attack", yaw=110.0, pitch=20.0))
        last.append((simulator.frame(), simulator.facts()))
    assert (last[0][0] == last[1][0]).all()
    assert last[0][1] == last[1][1]


@needs_unrealcv
def test_a_crate_can_be_broken_and_another_one_counts_as_wrong(simulator: Simulator) -> None:
    scenario = rescue(("break", "crate-1"), start=(8.0, -5.6), crates=("crate-1", "crate-2"))
    env = CrossViewEnv(simulator, scenario)
    env.reset(seed=0)
    assert env.facts.target_pixels
    _, reward, terminated, _, _ = env.step(press("attack"))
    assert (reward, terminated, env.summary.success) == (1.0, True, True)
    env.reset(
        seed=0, options={"scenario": rescue(("break", "crate-2"), start=(8.0, -5.6), crates=("crate-1", "crate-2"))}
    )
    env.step(press("attack"))
    assert env.summary.wrong_targets == 1


@needs_unrealcv
def test_the_place_of_everything_is_the_same_after_a_rescue(simulator: Simulator) -> None:
    scenario = rescue(start=(4.0, 0.5))
    simulator.reset(scenario, 0)
    first = simulator.frame(), simulator.facts()
    simulator.step(press("attack"))
    simulator.reset(scenario, 0)
    assert (simulator.frame() == first[0]).all()
    assert simulator.facts() == first[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"map": "tokyo"}, "is drawn for the map 'tokyo', and this is 'rescue-yard'"),
        ({"map_sha256": "0" * 64}, "its file has changed since"),
        ({"casualty": {"x": "near"}}, r"level\.casualty\.x"),
        ({"crates": [{"name": "box", "x": 1, "y": 1}]}, r"level\.crates\.0\.name"),
        ({"casualty": {"x": 9.0, "y": 9.0}}, r"goals\[0\].target.position: casualty is at \(9, 9\)"),
    ],
)
def test_a_level_that_can_not_be_played_is_refused_with_its_field(change: dict[str, object], words: str) -> None:
    scenario = rescue()
    spoilt = scenario.model_copy(update={"level": {**scenario.level, **change}})
    with pytest.raises(UsageError, match=words):
        WORLD.check(spoilt)


@pytest.mark.parametrize(
    ("goals", "words"),
    [
        ((("interact", "stretcher"),), "has to be picked up by an earlier goal"),
        ((("break", "casualty"),), "a casualty is there to interact or approach, not to break"),
        ((("break", "crate-1"),), "the level has no crate named 'crate-1'"),
    ],
)
def test_goals_that_nobody_can_reach_are_refused(goals: tuple[tuple[str, str], ...], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        rescue_level(rescue(*goals))


def test_the_places_of_these_tests_are_the_levels_own() -> None:
    assert {name for name, _ in rescue_level(rescue()).things().items()} <= set(MIDDLES)


@needs_unrealcv
def test_in_minecrafts_keys_use_picks_up_and_attack_breaks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EVALSUITE_UNREAL_ACTIONS", "minecraft")
    simulator = WORLD.make(tmp_path, rehearse=True)
    scenario = rescue(start=(8.0, -5.4), casualty=(8.6, -4.6), crates=("crate-1",))
    try:
        assert _events(simulator, scenario, "attack") == (Event("broken", "crate-1", "melee"),)
        assert _events(simulator, scenario, "use") == (Event("used", "casualty", "hand"),)
    finally:
        simulator.close()
