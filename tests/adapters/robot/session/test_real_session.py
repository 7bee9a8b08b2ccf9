"""A real session, for which a simulated car stands in: robot.yaml, goal photos, a person at a terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

pytest.importorskip("cv2", reason="the robot needs opencv-python-headless")
pytest.importorskip("cyclonedds", reason="the simulated car needs cyclonedds")

from evalsuite.adapters.robot.config import CONFIG_VARIABLE
from evalsuite.adapters.robot.goal_files import goal_folder, save_goal
from evalsuite.adapters.robot.level import level_of
from evalsuite.adapters.robot.link import LinkSettings
from evalsuite.adapters.robot.rehearsal import rehearsal_domain
from evalsuite.adapters.robot.room import scene_of
from evalsuite.adapters.robot.standin import SimulatedCar, StandInSettings, Start, View, rehearsal_link
from evalsuite.records.reading import read_records
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Scenario, Suite
from tests.adapters.robot.session.rehearsed import easy_and_hard

pytestmark = pytest.mark.slow

EASY, _ = easy_and_hard()
VIEW = View(width=320, height=180, horizontal_fov=110.0, rate=12.0)


@pytest.fixture
def link() -> LinkSettings:
    return rehearsal_link(rehearsal_domain())


@pytest.fixture
def car(link: LinkSettings) -> Iterator[SimulatedCar]:
    with SimulatedCar.start(StandInSettings(link=link, camera=VIEW)) as started:
        started.set_scene(scene_of(level_of(EASY), EASY))
        yield started


def robot_yaml(folder: Path, link: LinkSettings) -> Path:
    """A robot that an operator scores: nothing looks down on it."""
    path = folder / "robot.yaml"
    content = {
        "name": "a car in the lab",
        "link": link.model_dump(exclude_none=True),
        "camera": {"width": VIEW.width, "height": VIEW.height, "horizontal_fov": VIEW.horizontal_fov},
        "limits": {"speed": 0.4, "frame_age": 0.6},
        "rate": 8.0,
    }
    path.write_text(yaml.safe_dump(content))
    return path


class Person:
    """Reads the terminal, moves the car, presses keys."""

    def __init__(self, car: SimulatedCar, command: list[str], environment: dict[str, str]) -> None:
        self._car = car
        self._fingers, theirs = pty.openpty()
        self.read = ""
        self.asked: list[str] = []
        environment = {**environment, "TERM": "xterm", "COLUMNS": "120", "LINES": "50"}
        self._process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
        os.close(theirs)

    def work(self, says: dict[str, str], seconds: float = 120.0) -> int:
        """Do what is asked until the session is over: `says` has the key for each pattern that shows up."""
        deadline = time.monotonic() + seconds
        seen = 0
        while time.monotonic() < deadline and self._process.poll() is None:
            self._listen()
            for text, key in says.items():
                if re.search(text, self.read[seen:], re.DOTALL):
                    seen = len(self.read)
                    self.asked.append(text)
                    if text.startswith("Robot: middle"):
                        self._car.place_ball(*EASY.goals[0].target.position[:2])
                        self._car.place_car(Start(x=EASY.start.x, y=EASY.start.y, yaw=EASY.start.yaw))
                    os.write(self._fingers, key.encode())
        self._listen()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        return self._process.wait()

    def _listen(self) -> None:
        while select.select([self._fingers], [], [], 0.1)[0]:
            try:
                said = os.read(self._fingers, 65536).decode(errors="replace")
            except OSError:
                return
            self.read += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said)


def suite_file(scenario: Scenario, folder: Path) -> Path:
    path = folder / "lab.yaml"
    save_suite(Suite(suite="lab", version="1", scenarios=(scenario,)), path)
    return path


def test_a_person_sets_up_judges_and_is_never_told_the_policy(
    car: SimulatedCar, link: LinkSettings, tmp_path: Path
) -> None:
    image, mask = car.photograph(EASY.goals[0].camera, 640, 360, 110.0, with_car=False)
    save_goal(goal_folder(tmp_path / "goals", EASY.id), image, mask)
    suite = suite_file(EASY.model_copy(update={"max_steps": 3}), tmp_path)
    command = [sys.executable, "-m", "evalsuite", "run", str(suite), "--out", str(tmp_path / "run"), "--video", "none"]
    command += ["--policy", "secret-a=noop", "--policy", "secret-b=random"]
    environment = {**os.environ, CONFIG_VARIABLE: str(robot_yaml(tmp_path, link))}
    person = Person(car, command, environment)
    set_up = "Robot: middle.*the robot sees"
    code = person.work({"Before the first episode": "\r", set_up: "\r", "Is the robot's camera within": "y"})
    assert code == 0, person.read
    records = read_records(tmp_path / "run")
    assert [record.outcome for record in records] == ["success", "success"], person.read
    reports = [(record.model_extra or {})["report"] for record in records]
    assert [(report["scored_by"], report["operator_verdict"]) for report in reports] == [("operator", True)] * 2
    assert not any(record.rehearsal for record in records)
    assert [record.steps for record in records] == [3, 3]
    until_the_end = person.read[: person.read.rfind("Is the robot's camera")]
    assert "secret" not in until_the_end
    assert "goal view" in until_the_end
    assert "the robot sees" in until_the_end


def test_a_scenario_without_a_goal_photo_is_told_with_the_command_that_takes_it(
    car: SimulatedCar, link: LinkSettings, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "evalsuite", "run", str(suite_file(EASY, tmp_path)), "--policy", "noop"]
    command += ["--out", str(tmp_path / "run"), "--video", "none"]
    person = Person(car, command, {**os.environ, CONFIG_VARIABLE: str(robot_yaml(tmp_path, link))})
    person.work({"Before the first episode": "\r"})
    (record,) = read_records(tmp_path / "run")
    assert "capture_goal --scenario robot-ball/easy-00" in record.reason


def test_without_a_terminal_a_real_run_says_what_it_needs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "evalsuite", "run", str(suite_file(EASY, tmp_path)), "--policy", "noop"]
    environment = {**os.environ, CONFIG_VARIABLE: str(robot_yaml(tmp_path, LinkSettings()))}
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "run")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 2
    assert "run this in a terminal, or add --rehearse" in done.stderr
    assert not (tmp_path / "run").exists()
