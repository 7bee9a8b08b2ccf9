"""The robot's simulator on a simulated car: real DDS, real HTTP video, rendered tags, a scripted operator."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("cv2", reason="the robot needs opencv-python-headless")
pytest.importorskip("cyclonedds", reason="the rehearsal needs cyclonedds")

from evalsuite.adapters.robot.config import CONFIG_VARIABLE
from evalsuite.adapters.robot.level import level_of
from evalsuite.adapters.robot.making import make_real, make_rehearsal
from evalsuite.adapters.robot.operator import Instruction, Ready, Stopped
from evalsuite.adapters.robot.rehearsal import rehearsal_domain
from evalsuite.adapters.robot.room import joined_room, scene_of
from evalsuite.adapters.robot.scripted_operator import ScriptedOperator
from evalsuite.adapters.robot.session import listening
from evalsuite.adapters.robot.simulator import RobotSimulator
from evalsuite.adapters.robot.standin import SimulatedCar, StandInSettings, Start, View, rehearsal_link
from evalsuite.crossview.geometry import ground_distance
from evalsuite.crossview.simulator import Facts
from evalsuite.crossview.spaces import Action, noop_action
from evalsuite.errors import SimulatorFault
from tests.adapters.robot.session.rehearsed import easy_and_hard, quick_robot

pytestmark = pytest.mark.slow

EASY, HARD = easy_and_hard()


class HastyOperator(ScriptedOperator):
    """Sets the car beside its mark when told to; remembers the room."""

    room = ""
    misplacements = 0

    def prepare(self, instruction: Instruction) -> Ready | Stopped:
        said = super().prepare(instruction)
        self.room = instruction.room
        if self.misplacements and not instruction.text[0].startswith("Before the first"):
            self.misplacements -= 1
            start = instruction.start
            self.in_room(lambda car: car.place_car(Start(x=start.x + 0.3, y=start.y, yaw=start.yaw)))
        return said

    def in_room(self, do: Callable[[SimulatedCar], object]) -> None:
        car = joined_room(self.room)
        do(car)
        car.close()


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[HastyOperator]:
    made = HastyOperator()
    with listening(tmp_path, made):
        yield made


@pytest.fixture
def simulator(operator: HastyOperator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RobotSimulator]:
    for name, value in quick_robot(tmp_path).items():
        monkeypatch.setenv(name, value)
    made = make_rehearsal(tmp_path)
    yield made
    made.close()


class HelpfulOperator(ScriptedOperator):
    """Switches the robot on when told that it can't be reached."""

    def __init__(self, settings: StandInSettings) -> None:
        super().__init__()
        self._settings = settings
        self.started: list[SimulatedCar] = []

    def prepare(self, instruction: Instruction) -> Ready | Stopped:
        self.said += [*instruction.text, instruction.problem]
        self.started.append(SimulatedCar.start(self._settings))
        return Ready()


def test_a_robot_that_is_off_is_waited_for_with_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = rehearsal_link(rehearsal_domain())
    path = tmp_path / "robot.yaml"
    path.write_text(yaml.safe_dump({"link": link.model_dump(exclude_none=True)}))
    monkeypatch.setenv(CONFIG_VARIABLE, str(path))
    monkeypatch.setattr("evalsuite.adapters.robot.rig.CONNECT_SECONDS", 2.0)
    operator = HelpfulOperator(StandInSettings(link=link, camera=View(width=64, height=36, horizontal_fov=90, rate=10)))
    with listening(tmp_path, operator):
        make_real().close()
    (car,) = operator.started
    car.close()
    assert operator.said[0].startswith("The robot can't be reached")
    assert operator.said[1]


def forward() -> Action:
    return {**noop_action(), "forward": 1}


def go(simulator: RobotSimulator, steps: int) -> None:
    for _ in range(steps):
        simulator.step(forward())


def play_until(simulator: RobotSimulator, holds: Callable[[Facts], bool]) -> Facts:
    """Stand still until something is so."""
    deadline = time.monotonic() + 30.0
    while not holds(simulator.facts()):
        assert time.monotonic() < deadline
        simulator.step(noop_action())
    return simulator.facts()


def test_a_robot_beside_its_mark_has_to_be_set_right_and_an_emergency_stop_ends_the_episode(
    simulator: RobotSimulator, operator: HastyOperator
) -> None:
    operator.misplacements = 1
    simulator.reset(EASY, 0)
    (problem,) = (line for line in operator.said if "from its mark" in line)
    assert problem.endswith(("0.30 m from its mark", "0.29 m from its mark", "0.31 m from its mark"))
    assert ground_distance(simulator.facts().agent.position, EASY.start.position) < 0.1

    simulator.step(forward())
    assert ground_distance(simulator.facts().agent.position, EASY.start.position) == pytest.approx(0.1, abs=0.05)

    operator.stop("a child ran in")
    with pytest.raises(SimulatorFault, match="a child ran in"):
        go(simulator, steps=20)
    report = simulator.report()
    (trip,) = (trip for trip in report["trips"] if trip["kind"] == "stop")
    assert trip["detail"] == "a child ran in"
    assert "operator_verdict" not in report

    simulator.reset(EASY, 0)
    simulator.step(noop_action())
    report = simulator.report()
    assert (report["operator_verdict"], report["tags_verdict"], report["verdicts_agree"]) == (False, False, True)
    assert report["tag_error_m"]["max"] < 0.02
    assert (report["tag_problems"], report["located_by"]) == ([], "tags")
    assert [line for line in operator.said if "will be tried again: stopped: a child ran in" in line]
    assert len([line for line in operator.said if "from its mark" in line]) == 1
    assert not [line for line in operator.said if "policy" in line]


def test_a_robot_out_of_the_overhead_cameras_sight_plays_on_and_reaches_nothing(
    simulator: RobotSimulator, operator: HastyOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalsuite.adapters.robot.tracking.CARRIED_SECONDS", 3.0)
    x, y, _ = EASY.goals[0].target.position
    before_the_ball, out_of_sight = Start(x=x, y=y + 0.4, yaw=180.0), Start(x=30.0, y=0.0)
    simulator.reset(EASY, 0)
    simulator.step(noop_action())
    before = simulator.facts()
    assert before.target_pixels is not None

    operator.in_room(lambda car: car.place_car(out_of_sight))
    unseen = play_until(simulator, lambda facts: facts.target_pixels is None)
    assert unseen.agent.position == pytest.approx(before.agent.position, abs=0.02)
    assert unseen.target_centroid is None

    operator.in_room(lambda car: car.place_car(before_the_ball))
    seen = play_until(simulator, lambda facts: bool(facts.target_pixels))
    assert seen.agent.position == pytest.approx((x, y + 0.4, EASY.start.z), abs=0.05)

    operator.in_room(lambda car: car.place_car(out_of_sight))
    play_until(simulator, lambda facts: facts.target_pixels is None)
    report = simulator.report()
    assert report["hidden_steps"] >= 2
    assert (report["operator_verdict"], report["tags_verdict"], report["verdicts_agree"]) == (False, False, True)

    simulator.reset(EASY, 0)
    fenced = simulator._config.limits.model_copy(update={"geofence": ((-2.0, -2.0), (2.0, -2.0), (0.0, 2.0))})
    with monkeypatch.context() as patched:
        patched.setattr(simulator, "_config", simulator._config.model_copy(update={"limits": fenced}))
        operator.in_room(lambda car: car.place_car(out_of_sight))
        with pytest.raises(SimulatorFault, match="whether it is inside the geofence"):
            play_until(simulator, lambda facts: False)
    simulator.report()

    simulator.reset(EASY, 0)
    bare = scene_of(level_of(EASY), EASY).model_copy(update={"robot_tag": None, "floor_tags": ()})
    operator.in_room(lambda car: car.set_scene(bare))
    with pytest.raises(SimulatorFault, match="none of the floor's tags for 5 s"):
        play_until(simulator, lambda facts: False)


def test_a_frozen_camera_and_then_a_dead_robot_are_faults_and_no_failures(
    simulator: RobotSimulator, operator: HastyOperator
) -> None:
    simulator.reset(HARD, 0)
    view = simulator.goal_view()
    assert view.image.shape == (180, 320, 3)
    assert 20 < int(view.mask.sum()) < 2000
    reds = view.image[view.mask.astype(bool)].astype(int).mean(axis=0)
    assert reds[0] > 2 * reds[1]
    assert np.ptp(simulator.frame()) > 50

    operator.in_room(lambda car: car.set_faults(frozen=True))
    time.sleep(0.7)
    with pytest.raises(SimulatorFault, match=r"picture|camera|see"):
        simulator.step(forward())
    assert not any(trip["kind"] == "stop" for trip in simulator.report()["trips"])

    operator.in_room(lambda car: car.set_faults(frozen=False))
    simulator.reset(HARD, 0)
    car = joined_room(operator.room)
    with pytest.raises(SimulatorFault):
        car.ask("switch_off")
    with pytest.raises(SimulatorFault):
        go(simulator, steps=3)
