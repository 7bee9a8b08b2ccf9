"""The DMLab simulator: what acts do, what is reported, and what is left behind."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evalsuite.adapters.dmlab.level import level_of
from evalsuite.adapters.dmlab.simulator import DmlabSimulator
from evalsuite.adapters.dmlab.specification import Options
from evalsuite.crossview import CrossViewEnv, Event, noop_action
from evalsuite.crossview.geometry import ground_distance, wrap_degrees
from evalsuite.crossview.spaces import Action
from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.policies.oracle import Oracle
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.scenario import Scenario
from evalsuite.testing.trajectories import first_difference, play, play_in_own_process, varied_actions
from tests.adapters.dmlab.conftest import DOORS, THINGS, start_simulator

MakeScenario = Callable[..., Scenario]


def press(*buttons: str, pitch: float = 0.0, yaw: float = 0.0) -> Action:
    action = noop_action()
    action.update(dict.fromkeys(buttons, 1))
    action["camera"] = np.array([pitch, yaw], np.float32)
    return action


def played_by_the_oracle(simulator: DmlabSimulator, scenario: Scenario) -> tuple[CrossViewEnv, list[Event]]:
    env = CrossViewEnv(simulator, scenario)
    observation, _ = env.reset(seed=0)
    oracle = Oracle().attach(env)
    state, over = oracle.initial_state(), False
    happened: list[Event] = []
    while not over:
        (action,), (state,) = oracle.act([observation], [state])
        observation, _, terminated, truncated, _ = env.step(action)
        happened += simulator._events
        over = terminated or truncated
    return env, happened


@pytest.mark.parametrize("name", ["archery-medium-0000", "archery-hard-0005"])
def test_the_oracle_goes_nearer_where_a_corner_takes_its_shots(name: str, simulator: DmlabSimulator) -> None:
    (scenario,) = (each for each in find_suite("dmlab-fruit")[0].scenarios if each.id.endswith(name))
    env, _ = played_by_the_oracle(simulator, scenario)
    assert env.summary.success


def test_a_bot_that_is_hit_stays_where_it_stands(simulator: DmlabSimulator, facing: MakeScenario) -> None:
    env = CrossViewEnv(simulator, facing("archery"))
    env.reset(seed=0)
    stood = env.facts.target
    assert stood is not None
    for _ in range(4):
        env.step(press("attack"))
    assert env.facts.target is not None, "it takes more than a shot"
    assert ground_distance(env.facts.target, stood) < 0.5


@pytest.mark.parametrize(
    ("interaction", "event"),
    [
        ("interact", Event("used", "tomato-1", "hand")),
        ("break", Event("broken", "tomato-1", "projectile")),
        ("melee_hunt", Event("killed", "bot-1", "melee")),
        ("archery", Event("killed", "bot-1", "projectile")),
    ],
)
def test_each_interaction_is_carried_out_and_reported_with_its_means(
    simulator: DmlabSimulator, facing: MakeScenario, interaction: str, event: Event
) -> None:
    env, happened = played_by_the_oracle(simulator, facing(interaction))
    assert env.summary.success
    assert happened == [event]


def test_an_approach_touches_nothing_and_is_judged_by_pixels(simulator: DmlabSimulator, facing: MakeScenario) -> None:
    env, happened = played_by_the_oracle(simulator, facing("approach"))
    assert env.summary.success
    assert not happened
    assert env.facts.target_pixels


def test_a_door_opens_to_the_one_who_has_its_key_and_goals_follow_each_other(
    simulator: DmlabSimulator, facing: MakeScenario
) -> None:
    targets = ("key-1", "red-door", "tomato-1")
    env, happened = played_by_the_oracle(simulator, facing("interact", targets, (3.0, 9.0), doors=DOORS))
    assert env.summary.success
    assert [event.object for event in happened] == list(targets)


def test_a_door_stays_shut_without_its_key(simulator: DmlabSimulator, facing: MakeScenario) -> None:
    scenario = facing("interact", ("red-door",), (5.0, 3.0), yaw=90.0, doors=DOORS)
    simulator.reset(scenario, 0)
    for _ in range(30):
        simulator.step(press("forward"))
        assert not simulator.facts().events
    assert simulator.facts().agent.x < 7.0


def test_another_fruit_of_the_same_kind_does_not_count(simulator: DmlabSimulator, facing: MakeScenario) -> None:
    env = CrossViewEnv(simulator, facing("interact", ("tomato-2",), (11.0, 3.0), yaw=0.0))
    env.reset(seed=0)
    for _ in range(20):
        _, reward, terminated, _, _ = env.step(press("forward"))
        assert reward == 0.0
        assert not terminated
    assert env.summary.wrong_targets == 1


def test_a_shot_into_the_wall_takes_nothing(simulator: DmlabSimulator, facing: MakeScenario) -> None:
    simulator.reset(facing("break", yaw=180.0), 0)
    for _ in range(10):
        simulator.step(press("attack"))
        assert not simulator.facts().events


def test_a_start_is_exact(simulator: DmlabSimulator, facing: MakeScenario) -> None:
    scenario = facing("approach", start=(9.37, 4.21), yaw=33.4, pitch=8.0)
    simulator.reset(scenario, 0)
    agent = simulator.facts().agent
    assert math.dist(agent.position, scenario.start.position) < 0.01
    assert agent.yaw == pytest.approx(33.4, abs=0.02)
    assert agent.pitch == pytest.approx(8.0, abs=0.02)


@pytest.mark.parametrize(("yaw", "pitch"), [(10.0, 0.0), (-37.0, 0.0), (0.0, 12.0), (0.0, -20.0), (90.0, 0.0)])
def test_table_4_turns_as_published(simulator: DmlabSimulator, facing: MakeScenario, yaw: float, pitch: float) -> None:
    simulator.reset(facing("approach"), 0)
    before = simulator.facts().agent
    simulator.step(press(pitch=pitch, yaw=yaw))
    after = simulator.facts().agent
    assert wrap_degrees(after.yaw - before.yaw) == pytest.approx(4.75 * yaw * 0.10547 * 2, abs=0.25)
    assert after.pitch - before.pitch == pytest.approx(2.78 * pitch * 0.10547 * 2, abs=0.25)


def test_the_mapping_is_chosen_by_the_environment_and_stands_in_the_record() -> None:
    options = Options.from_environment({"EVALSUITE_DMLAB_ACTIONS": "degrees", "EVALSUITE_DMLAB_SIZE": "640x360"})
    assert (options.width, options.height, options.actions) == (640, 360, "degrees")
    with pytest.raises(UsageError, match="EVALSUITE_DMLAB_SIZE is '1x1'; it is one of 320x240, 640x360"):
        Options.from_environment({"EVALSUITE_DMLAB_SIZE": "1x1"})


def test_640_by_360_pictures_come_with_their_field_of_view(player: str, tmp_path: Path, facing: MakeScenario) -> None:
    simulator = start_simulator(player, tmp_path, Options(640, 360, "degrees"))
    try:
        simulator.reset(facing("approach"), 0)
        assert simulator.frame().shape == (360, 640, 3)
        assert simulator.goal_view().mask.shape == (360, 640)
        assert simulator.spec.vertical_fov == pytest.approx(58.7, abs=0.1)
        assert "degree for degree" in simulator.spec.engine["actions"]
    finally:
        simulator.close()


def test_the_mask_is_where_the_picture_changes_when_the_target_is_elsewhere(
    simulator: DmlabSimulator, facing: MakeScenario
) -> None:
    scenario = facing("approach", start=(3.0, 11.0), yaw=0.0)
    simulator.reset(scenario, 0)
    view = simulator.goal_view()
    away = ({**THINGS[0], "x": 3.0, "y": 3.0}, *THINGS[1:])
    without = facing("approach", start=(3.0, 11.0), yaw=0.0, things=away)
    moved = without.goals[0].model_copy(update={"camera": scenario.goals[0].camera})
    simulator.reset(without.model_copy(update={"id": scenario.id, "goals": (moved,)}), 0)
    changed = (view.image != simulator.goal_view().image).any(axis=-1)
    both, either = (changed & (view.mask > 0)).sum(), (changed | (view.mask > 0)).sum()
    assert view.mask.sum() > 100
    assert both / either >= 0.98


def test_300_steps_are_the_same_in_two_processes(player: str, simulator: DmlabSimulator, facing: MakeScenario) -> None:
    actions = varied_actions(300, 0, simulator.spec.masked_actions)
    scenarios = [facing("archery"), facing("interact")][: 2 if player == "real" else 1]
    elsewhere = play_in_own_process(_Started(player), scenarios, 3, actions, time_limit=300.0)
    for scenario, there in zip(scenarios, elsewhere, strict=True):
        assert not first_difference(play(simulator, scenario, 3, actions), there)


class _Started:
    """Starts a simulator in another process."""

    def __init__(self, player: str) -> None:
        self._player = player

    def __call__(self, folder: Path) -> DmlabSimulator:
        return start_simulator(self._player, folder)


def test_a_closed_simulator_faults_and_can_be_closed_again(player: str, tmp_path: Path, facing: MakeScenario) -> None:
    simulator = start_simulator(player, tmp_path)
    simulator.reset(facing("approach"), 0)
    simulator.close()
    simulator.close()
    with pytest.raises(SimulatorFault, match="closed"):
        simulator.step(noop_action())
    with pytest.raises(SimulatorFault, match="closed"):
        simulator.reset(facing("approach"), 0)


def test_a_killed_process_leaves_nothing_outside_its_own_folder(player: str, tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from tests.adapters.dmlab.conftest import start_simulator\n"
        "s = start_simulator(sys.argv[1], Path(sys.argv[2])); print('up', flush=True); time.sleep(60)"
    )
    own, elsewhere = tmp_path / "own", tmp_path / "elsewhere"
    own.mkdir()
    elsewhere.mkdir()
    environment = {**os.environ, "TMPDIR": str(elsewhere)}
    command = [sys.executable, "-c", code, player, str(own)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"maze": ["*****", "*    *", "*****", "*****", "*****"]}, "different lengths"),
        ({"rule": "shoot"}, "interact needs the level's rule to be 'touch', not 'shoot'"),
        ({"things": [{"name": "a", "kind": "dragon", "x": 3.0, "y": 3.0}]}, "there is no kind 'dragon'"),
        ({"things": [{"name": "a", "kind": "apple", "x": 1.0, "y": 1.0}]}, "a lies in a wall"),
        ({"maze": ["*****", "* x *", "*   *", "*   *", "*****"]}, "'x' means nothing in a maze"),
        ({"maze": ["*   *", "*   *", "*   *", "*   *", "*****"]}, "open to the outside"),
        ({"maze": ["*" * 60] * 5}, "5 to 41 cells, not 60"),
        ({"doors": [{**DOORS[0], "key": "key-9"}]}, "wants the key 'key-9'; the level has key-1"),
        ({"doors": [{**DOORS[0], "key": "tomato-1"}]}, "wants the key 'tomato-1'"),
        ({"doors": [DOORS[0], {**DOORS[0], "name": "blue-door"}]}, "two doors are in the same cell"),
        ({"things": []}, "the level has no tomato named 'tomato-1'"),
        ({"textures": "PLAID"}, "level.textures"),
    ],
)
def test_a_scenario_that_does_not_hold_together_is_refused(
    facing: MakeScenario, change: dict[str, object], complaint: str
) -> None:
    scenario = facing("interact")
    with pytest.raises(UsageError, match=complaint):
        level_of(scenario.model_copy(update={"level": {**scenario.level, **change}}))


@pytest.mark.parametrize(
    ("part", "change", "complaint"),
    [
        ("start", {"z": 9.0}, "eye is at 1.02 m"),
        ("start", {"x": 11.0, "y": 4.5}, "tomato-1 lies there and would be collected at once"),
        ("camera", {"z": -1.0}, "goals\\[0\\].camera"),
        ("camera", {"x": 0.5}, "goals\\[0\\].camera"),
    ],
)
def test_a_start_or_a_camera_that_can_not_be_taken_up_is_refused(
    facing: MakeScenario, part: str, change: dict[str, float], complaint: str
) -> None:
    scenario = facing("interact")
    goal = scenario.goals[0]
    if part == "start":
        moved = scenario.model_copy(update={"start": scenario.start.model_copy(update=change)})
    else:
        camera = goal.camera.model_copy(update=change)
        moved = scenario.model_copy(update={"goals": (goal.model_copy(update={"camera": camera}),)})
    with pytest.raises(UsageError, match=complaint):
        level_of(moved)


def test_the_floor_plan_keeps_clear_of_fruit_that_is_not_asked_for(
    simulator: DmlabSimulator, facing: MakeScenario
) -> None:
    simulator.reset(facing("interact"), 0)
    plan = simulator.floor_plan()
    assert plan.is_walkable((11.0, 5.0))
    assert not plan.is_walkable((15.0, 11.0)), "another tomato"
    assert plan.is_walkable((15.0, 3.0)), "a landmark can be walked through"
    assert not plan.is_walkable((1.0, 1.0)), "a wall"
    way = plan.path((3.0, 11.0), (11.0, 5.0))
    assert way is not None
    assert all(ground_distance((*place, 0.0), (15.0, 11.0, 0.0)) > 1.1 for place in way)
