from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from evalsuite.adapters.robot.operator import Instruction, Picture, Ready, Signal, Stopped
from evalsuite.adapters.robot.operator_socket import OperatorServer, RemoteOperator
from evalsuite.crossview.geometry import Pose
from evalsuite.errors import SimulatorFault, UsageError

GOAL = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
INSTRUCTION = Instruction("a/b", Pose(x=1.0, y=2.0, z=0.1, yaw=30.0), (0.5, 0.0, 0.1), "ball", ("do this",), goal=GOAL)


class Person:
    """Answers as told, or not at all."""

    def __init__(self) -> None:
        self.answer: Ready | Stopped | None = Ready()
        self.said: bool | None = True
        self.seen: list[Instruction] = []
        self.shown: list[Picture] = []
        self.told: list[str] = []
        self.dismissed = False

    def attach(self, signal: Callable[[Signal, str], None]) -> None:
        self.signal = signal

    def prepare(self, instruction: Instruction) -> Ready | Stopped:
        self.seen.append(instruction)
        while self.answer is None and not self.dismissed:
            time.sleep(0.01)
        return self.answer or Stopped("dismissed")

    def verdict(self, question: str, room: str) -> bool | None:
        return self.said

    def tell(self, text: str) -> None:
        self.told.append(text)

    def show(self, picture: Picture) -> None:
        self.shown.append(picture)

    def dismiss(self) -> None:
        self.dismissed = True


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
def server(person: Person, tmp_path: Path) -> Iterator[OperatorServer]:
    made = OperatorServer(tmp_path / "socket", person)
    yield made
    made.close()


@pytest.fixture
def operator(server: OperatorServer, tmp_path: Path) -> Iterator[RemoteOperator]:
    made = RemoteOperator(str(tmp_path / "socket"))
    yield made
    made.close()


def nothing() -> None:
    return None


def comes_true(what: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not what() and time.monotonic() < deadline:
        time.sleep(0.005)
    return what()


def test_an_instruction_arrives_whole(operator: RemoteOperator, person: Person) -> None:
    assert operator.prepare(INSTRUCTION, nothing) == Ready()
    (seen,) = person.seen
    assert dataclasses.replace(seen, goal=None) == dataclasses.replace(INSTRUCTION, goal=None)
    assert seen.goal is not None
    assert (seen.goal == GOAL).all()


def test_an_instruction_has_no_place_for_a_policy() -> None:
    names = {field.name for field in dataclasses.fields(Instruction)}
    assert names == {"scenario", "start", "target", "kind", "text", "problem", "goal", "room"}


@pytest.mark.parametrize("said", [True, False, None])
def test_a_verdict_is_yes_no_or_cannot_tell(operator: RemoteOperator, person: Person, said: bool | None) -> None:
    person.said = said
    assert operator.verdict("is it?") is said


def test_an_episode_can_be_put_off(operator: RemoteOperator, person: Person) -> None:
    person.answer = Stopped("the battery is empty")
    assert operator.prepare(INSTRUCTION, nothing) == Stopped("the battery is empty")


def test_a_person_who_sets_up_sees_what_the_robot_sees(operator: RemoteOperator, person: Person) -> None:
    person.answer = None
    count = iter(range(100))

    def live() -> Picture:
        if next(count) == 2:
            person.answer = Ready()
        return GOAL

    operator.prepare(INSTRUCTION, live)
    assert comes_true(lambda: len(person.shown) >= 2)
    assert (person.shown[0] == GOAL).all()


def test_the_emergency_stop_is_heard_at_once(operator: RemoteOperator, person: Person) -> None:
    stops: list[tuple[float, str]] = []
    operator.on_stop = lambda reason: stops.append((time.monotonic(), reason))
    operator.verdict("are you there?")
    pressed = time.monotonic()
    person.signal("stop", "the key")
    assert comes_true(lambda: bool(stops))
    assert stops[0][1] == "the key"
    assert stops[0][0] - pressed < 0.5


def test_the_goal_can_be_called_reached_until_the_next_setting(operator: RemoteOperator, person: Person) -> None:
    operator.prepare(INSTRUCTION, nothing)
    assert not operator.reached
    person.signal("reached", "")
    assert comes_true(lambda: operator.reached)
    operator.prepare(INSTRUCTION, nothing)
    assert not operator.reached


def test_a_robot_without_its_operator_is_stopped(
    operator: RemoteOperator, server: OperatorServer, person: Person
) -> None:
    stops: list[str] = []
    operator.on_stop = stops.append
    operator.verdict("are you there?")
    server.close()
    assert comes_true(lambda: bool(stops))
    assert stops == ["the operator's terminal is gone"]
    with pytest.raises(SimulatorFault, match="terminal is gone"):
        operator.prepare(INSTRUCTION, nothing)


def test_a_question_is_dismissed_when_the_simulator_dies(
    operator: RemoteOperator, server: OperatorServer, person: Person
) -> None:
    operator.tell("hello")
    assert comes_true(lambda: person.told == ["hello"])
    operator.close()
    assert comes_true(lambda: person.dismissed)


def test_the_next_simulator_finds_the_operator_again(operator: RemoteOperator, person: Person, tmp_path: Path) -> None:
    operator.close()
    assert comes_true(lambda: person.dismissed)
    person.dismissed = False
    again = RemoteOperator(str(tmp_path / "socket"))
    assert again.prepare(INSTRUCTION, nothing) == Ready()
    again.close()


def test_without_a_session_there_is_nobody_to_ask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("EVALSUITE_ROBOT_OPERATOR", raising=False)
    with pytest.raises(UsageError, match="evalsuite run"):
        RemoteOperator()
    with pytest.raises(SimulatorFault, match="can't be reached"):
        RemoteOperator(str(tmp_path / "nobody"))
