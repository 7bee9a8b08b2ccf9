"""Objects with LeRobot's Robot interface, as different people might write them."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from evalsuite.adapters.robot.link import Ability, LinkSettings, RobotFault, RobotLink, Velocity, open_link
from evalsuite.errors import UsageError
from tests.adapters.robot.car_process import seconds_until


class Kiwi:
    """Drives sideways, has an arm, and shows pictures until its host dies."""

    newest: Kiwi

    def __init__(self) -> None:
        self.sent: list[dict[str, float]] = []
        self.connected = False
        self.alive = True
        self.pictures = 0
        Kiwi.newest = self

    @property
    def observation_features(self) -> dict[str, Any]:
        return {"front": (48, 64, 3), **self.action_features}

    @property
    def action_features(self) -> dict[str, Any]:
        return {"arm_shoulder_pan.pos": float, "x.vel": float, "y.vel": float, "theta.vel": float}

    def connect(self) -> None:
        self.connected = True

    def get_observation(self) -> dict[str, Any]:
        if self.alive:
            self.pictures += 1
        picture = np.full((48, 64, 3), self.pictures % 256, np.uint8)
        return {"front": picture, "arm_shoulder_pan.pos": np.float32(12.5), "x.vel": 0.0, "theta.vel": 0.0}

    def send_action(self, action: dict[str, float]) -> dict[str, float]:
        self.sent.append(action)
        return action

    def disconnect(self) -> None:
        self.connected = False


class TwoCameras(Kiwi):
    def get_observation(self) -> dict[str, Any]:
        seen = super().get_observation()
        return {**seen, "wrist": seen["front"].copy()}


class Stuck(Kiwi):
    def connect(self) -> None:
        threading.Event().wait(30.0)


class Arm(Kiwi):
    @property
    def action_features(self) -> dict[str, Any]:
        return {"gripper.pos": float}


class Falling(Kiwi):
    def send_action(self, action: dict[str, float]) -> dict[str, float]:
        raise ConnectionError("bus gone")


def _link(robot: type[object], **settings: Any) -> RobotLink:
    return open_link(LinkSettings(kind=f"lerobot:{__name__}:{robot.__name__}", **settings))


@pytest.mark.parametrize(("units", "turn"), [("degrees", -90.0), ("radians", -np.pi / 2)])
def test_velocities_go_by_lekiwis_names_and_the_arm_stays_where_it_is(units: str, turn: float) -> None:
    link = _link(Kiwi, units=units)
    link.connect(5.0)
    assert link.abilities == frozenset[Ability]({"sideways"})
    link.send(Velocity(forward=0.2, right=0.1, turn=90.0))
    robot = Kiwi.newest
    seconds_until(lambda: len(robot.sent) == 1)
    expected = {"arm_shoulder_pan.pos": 12.5, "x.vel": 0.2, "y.vel": -0.1, "theta.vel": turn}
    assert robot.sent[0] == pytest.approx(expected)
    link.close()
    assert robot.sent[-1] == pytest.approx({**expected, "x.vel": 0.0, "y.vel": 0.0, "theta.vel": 0.0})
    assert not robot.connected


def test_a_host_that_died_and_repeats_its_last_picture_gets_older_and_older() -> None:
    link = _link(Kiwi)
    link.connect(5.0)
    first = link.newest_frame()
    seconds_until(lambda: (frame := link.newest_frame()) is not None and frame is not first)
    Kiwi.newest.alive = False
    time.sleep(0.2)
    before = link.newest_frame()
    time.sleep(0.2)
    assert link.newest_frame() is before
    assert before is not None
    assert time.monotonic() - before.received > 0.2
    link.close()


def test_of_two_cameras_one_has_to_be_named() -> None:
    unnamed = _link(TwoCameras)
    with pytest.raises(RobotFault, match=r"front, wrist: say which, with link\.observation"):
        unnamed.connect(5.0)
    unnamed.close()
    named = _link(TwoCameras, observation="wrist")
    named.connect(5.0)
    assert named.newest_frame() is not None
    named.close()


def test_a_connection_that_hangs_is_cut_off() -> None:
    link = _link(Stuck)
    began = time.monotonic()
    with pytest.raises(RobotFault, match="did not return in time"):
        link.connect(0.3)
    assert time.monotonic() - began < 2.0


def test_a_robot_that_can_not_drive_is_refused() -> None:
    link = _link(Arm)
    with pytest.raises(RobotFault, match=r"no action feature 'x\.vel', but gripper\.pos"):
        link.connect(5.0)
    link.close()


def test_an_exception_of_the_robots_own_is_a_fault_of_the_robot() -> None:
    link = _link(Falling)
    link.connect(5.0)
    link.send(Velocity(forward=0.1))
    with pytest.raises(RobotFault, match="bus gone"):
        seconds_until(lambda: link.newest_frame() is None)
    link.close()


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("lerobot:no.such.module:make", "can't find no.such.module:make"),
        (f"lerobot:{__name__}:nobody", "can't find"),
        ("lerobot:builtins:dict", "is no LeRobot Robot"),
    ],
)
def test_a_factory_that_makes_no_robot_is_told_in_a_line(kind: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        open_link(LinkSettings(kind=kind))
