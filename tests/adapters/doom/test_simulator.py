"""The Doom simulator on its real engine: what acts do, what is reported, and what is left behind."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evalsuite.adapters.doom.simulator import DoomSimulator, check_scenario, level_of
from evalsuite.crossview import CrossViewEnv, Event, noop_action
from evalsuite.crossview.geometry import Pose, ground_distance, pitch_towards, wrap_degrees, yaw_towards
from evalsuite.crossview.spaces import Action
from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.suite.scenario import Scenario
from tests.adapters.doom.conftest import open_side

MakeScenario = Callable[..., Scenario]


def press(*buttons: str, pitch: float = 0.0, yaw: float = 0.0) -> Action:
    action = noop_action()
    action.update(dict.fromkeys(buttons, 1))
    action["camera"] = np.array([pitch, yaw], np.float32)
    return action


def aim(simulator: DoomSimulator, *buttons: str) -> None:
    agent, target = simulator.facts().agent, simulator.facts().target
    assert target is not None
    turn = wrap_degrees(yaw_towards(agent.position, target) - agent.yaw)
    simulator.step(press(*buttons, pitch=pitch_towards(agent.position, target) - agent.pitch, yaw=turn))


def events_of(simulator: DoomSimulator, action: Action, steps: int) -> list[Event]:
    happened: list[Event] = []
    for _ in range(steps):
        simulator.step(action)
        happened += simulator.facts().events
    return happened


@pytest.mark.parametrize("kind", ["crate", "pumpkin", "ore"])
def test_sword_blows_break_a_thing(simulator: DoomSimulator, facing: MakeScenario, kind: str) -> None:
    scenario = facing("break", kind=kind)
    simulator.reset(scenario, 0)
    aim(simulator)
    happened = events_of(simulator, press("attack"), 20)
    target = scenario.goals[0].target.name
    assert [event.kind for event in happened] == ["hit", "hit", "broken"]
    assert happened[-1] == Event("broken", target, "melee")
    assert simulator.facts().target is None


@pytest.mark.parametrize("kind", ["lever", "chest"])
def test_use_uses_a_thing_and_shows_it(simulator: DoomSimulator, facing: MakeScenario, kind: str) -> None:
    scenario = facing("interact", kind=kind)
    simulator.reset(scenario, 0)
    simulator.step(noop_action())
    before = simulator.frame()
    happened = events_of(simulator, press("use"), 1)
    simulator.step(noop_action())
    assert happened == [Event("used", scenario.goals[0].target.name, "hand")]
    assert (simulator.frame() != before).any()


@pytest.mark.parametrize("kind", ["sheep", "pig", "cow"])
def test_an_animal_dies_by_the_sword(simulator: DoomSimulator, facing: MakeScenario, kind: str) -> None:
    scenario = facing("melee_hunt", kind=kind)
    simulator.reset(scenario, 0)
    aim(simulator)
    happened = events_of(simulator, press("attack"), 20)
    assert happened[-1] == Event("killed", scenario.goals[0].target.name, "melee")


def test_the_bow_is_drawn_by_use_and_shoots_when_let_go(simulator: DoomSimulator, facing: MakeScenario) -> None:
    scenario = facing("archery", distance=4.0)
    simulator.reset(scenario, 0)
    happened: list[Event] = []
    for _ in range(6):
        for _ in range(10):
            aim(simulator, "use")
            assert not simulator.facts().events, "nothing may fly while the bow is held"
        happened += events_of(simulator, noop_action(), 8)
        if simulator.facts().target is None:
            break
    assert {event.means for event in happened} == {"projectile"}
    assert happened[-1] == Event("killed", scenario.goals[0].target.name, "projectile")


def test_a_bow_used_as_a_club_is_no_archery(simulator: DoomSimulator, facing: MakeScenario) -> None:
    scenario = facing("archery", kind="cow")
    env = CrossViewEnv(simulator, scenario)
    env.reset(seed=0)
    aim(simulator)
    for _ in range(4):
        env.step(press("attack"))
    assert all(event.means != "projectile" for event in env.facts.events)
    assert not env.summary.success


def test_another_thing_of_the_same_kind_does_not_count(simulator: DoomSimulator, facing: MakeScenario) -> None:
    scenario = facing("break")
    goal = scenario.goals[0]
    level, _ = level_of(scenario)
    other = next(t for t in level.things if t.kind == "crate" and t.name != goal.target.name)
    target = goal.target.model_copy(update={"name": other.name, "position": other.middle})
    x, y, yaw = open_side(level, other, 5.0)
    camera = goal.camera.model_copy(update={"x": x, "y": y, "yaw": yaw})
    wrong = scenario.model_copy(update={"goals": (goal.model_copy(update={"target": target, "camera": camera}),)})
    env = CrossViewEnv(simulator, wrong)
    env.reset(seed=0)
    env.step(press(pitch=35.0))
    for _ in range(20):
        _, reward, terminated, _, _ = env.step(press("attack"))
        assert reward == 0.0
        assert not terminated
    assert env.summary.wrong_targets == 1


@pytest.mark.parametrize(("buttons", "metres_per_second"), [(("back",), 4.3), (("back", "sprint"), 5.6)])
def test_walking_and_sprinting_have_minecrafts_speeds(
    simulator: DoomSimulator, facing: MakeScenario, buttons: tuple[str, ...], metres_per_second: float
) -> None:
    simulator.reset(facing("approach", distance=8.0), 0)
    simulator.step(press(yaw=180.0))
    fastest = 0.0
    for _ in range(28):
        before = simulator.facts().agent
        simulator.step(press(*buttons))
        fastest = max(fastest, ground_distance(before.position, simulator.facts().agent.position))
    assert fastest * simulator.spec.steps_per_second == pytest.approx(metres_per_second, rel=0.06)


@pytest.mark.parametrize("degrees", [0.5, 3.0, 10.0, 90.0, -37.25])
def test_the_camera_turns_by_the_degrees_asked_for(
    simulator: DoomSimulator, facing: MakeScenario, degrees: float
) -> None:
    simulator.reset(facing("approach"), 0)
    before = simulator.facts().agent
    simulator.step(press(yaw=degrees))
    assert wrap_degrees(simulator.facts().agent.yaw - before.yaw) == pytest.approx(degrees, abs=0.02)


@pytest.mark.parametrize("pitch", [-20.0, 5.0, 30.0])
def test_positive_pitch_looks_down(simulator: DoomSimulator, facing: MakeScenario, pitch: float) -> None:
    simulator.reset(facing("approach"), 0)
    simulator.step(press(pitch=pitch))
    assert simulator.facts().agent.pitch == pytest.approx(pitch, abs=0.05)


def test_a_start_is_exact_to_a_fraction_of_a_degree(simulator: DoomSimulator, facing: MakeScenario) -> None:
    scenario = facing("approach", yaw=33.37, pitch=12.5)
    simulator.reset(scenario, 0)
    agent = simulator.facts().agent
    assert agent.yaw == pytest.approx(33.37, abs=0.02)
    assert agent.pitch == pytest.approx(12.5, abs=0.05)
    assert math.dist(agent.position, scenario.start.position) < 0.01


def test_sneaking_lowers_the_eye_and_jumping_raises_it(simulator: DoomSimulator, facing: MakeScenario) -> None:
    simulator.reset(facing("approach", distance=4.0), 0)
    standing = simulator.facts().agent.z
    for _ in range(8):
        simulator.step(press("sneak"))
    assert simulator.facts().agent.z < standing - 0.5
    simulator.reset(facing("approach", distance=4.0), 0)
    heights = []
    for _ in range(10):
        simulator.step(press("jump"))
        heights.append(simulator.facts().agent.z)
    assert max(heights) > standing + 0.8


def test_the_mask_is_the_target_and_nothing_but_the_target(simulator: DoomSimulator, facing: MakeScenario) -> None:
    scenario = facing("break")
    simulator.reset(scenario, 0)
    view = simulator.goal_view()
    rows, columns = np.nonzero(view.mask)
    assert len(rows) >= 80
    crate = view.image[rows, columns].astype(int)
    assert (crate[:, 0] > crate[:, 2]).mean() > 0.9, "a crate is brown"
    assert abs(columns.mean() - 320) < 40, "the camera looks at it"


def test_a_goal_camera_inside_a_wall_is_a_fault_that_names_the_place(
    simulator: DoomSimulator, facing: MakeScenario
) -> None:
    scenario = facing("approach")
    goal = scenario.goals[0]
    inside = goal.camera.model_copy(update={"x": 1.0, "y": 1.0, "z": 2.0})
    blocked = scenario.model_copy(update={"goals": (goal.model_copy(update={"camera": inside}),)})
    with pytest.raises(SimulatorFault, match="no room for a goal camera"):
        simulator.reset(blocked, 0)


def test_another_seed_makes_the_animals_wander_otherwise(simulator: DoomSimulator, facing: MakeScenario) -> None:
    ends = []
    for seed in (0, 0, 1):
        simulator.reset(facing("melee_hunt", distance=3.0), seed)
        for _ in range(80):
            simulator.step(noop_action())
        ends.append(simulator.facts().target)
    assert ends[0] == ends[1]
    assert ends[0] != ends[2]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"level": {"theme": "moon", "layout": 1, "cast": "crate"}}, "level.theme"),
        ({"level": {"theme": "snow", "layout": 1, "cast": "dragon"}}, "no kind 'dragon'"),
        ({"level": {"theme": "meadow", "layout": 7, "cast": "statue", "sha256": "0" * 64}}, "makes another level"),
        ({"level": {"theme": "meadow", "layout": 8, "cast": "statue"}}, "stands at|has no|no room"),
        ({"start": Pose(x=-500.0, y=3.0, z=1.62)}, "no room for the agent"),
        ({"start": Pose(x=1.0, y=3.0, z=1.62)}, "no room for the agent"),
    ],
)
def test_a_scenario_of_another_level_is_refused(
    facing: MakeScenario, change: dict[str, object], complaint: str
) -> None:
    scenario = facing("approach")
    with pytest.raises(UsageError, match=complaint):
        check_scenario(scenario.model_copy(update=change))


def test_a_relative_folder_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, facing: MakeScenario) -> None:
    monkeypatch.chdir(tmp_path)
    Path("engine").mkdir()
    simulator = DoomSimulator(Path("engine"))
    simulator.reset(facing("approach"), 0)
    simulator.close()


def test_a_closed_simulator_faults_and_can_be_closed_again(engine_folder: Path, facing: MakeScenario) -> None:
    simulator = DoomSimulator(engine_folder)
    simulator.reset(facing("approach"), 0)
    simulator.close()
    simulator.close()
    with pytest.raises(SimulatorFault, match="closed"):
        simulator.step(noop_action())


def test_an_engine_that_dies_is_a_fault_and_a_new_one_goes_on(engine_folder: Path, facing: MakeScenario) -> None:
    simulator = DoomSimulator(engine_folder)
    simulator.reset(facing("approach"), 0)
    for engine in _engines_in(engine_folder):
        os.kill(engine, signal.SIGKILL)
    with pytest.raises(SimulatorFault, match="ViZDoom could not"):
        events_of(simulator, noop_action(), 5)
    simulator.close()


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_process_leaves_neither_engine_nor_shared_memory(engine_folder: Path, kill: signal.Signals) -> None:
    code = (
        "import sys, time; from pathlib import Path; from evalsuite.adapters.doom.simulator import DoomSimulator\n"
        "s = DoomSimulator(Path(sys.argv[1])); print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(engine_folder)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        shared = {file for engine in _engines_in(engine_folder) for file in _shared_memory_of(engine)}
        assert shared
        process.send_signal(kill)
        process.wait(10)
    deadline = time.monotonic() + 10
    while _engines_in(engine_folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _engines_in(engine_folder)
    assert not [file for file in shared if file.exists()]


def _shared_memory_of(process: int) -> set[Path]:
    lines = Path(f"/proc/{process}/maps").read_text().splitlines()
    return {Path(line.split()[5]) for line in lines if " /dev/shm/ViZDoom" in line}


def _engines_in(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"evalsuite.wad" in command and str(folder).encode() in command:
                found.append(int(entry.name))
    return found
