"""An action becomes the motion that table 4 says, on a real car process and the real middleware."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("cyclonedds", reason="needs cyclonedds: pip install evalsuite[robot]")

from evalsuite.adapters.robot.calibrate_motion import measure
from evalsuite.adapters.robot.commands import CommandThread
from evalsuite.adapters.robot.limits import Limits
from evalsuite.adapters.robot.link import Ability, RobotFault, RobotLink, open_link
from evalsuite.adapters.robot.motion import BlockingMotion, ContinuousMotion
from evalsuite.crossview.geometry import wrap_degrees
from evalsuite.crossview.spaces import noop_action
from evalsuite.errors import UsageError
from tests.adapters.robot.car_process import CarProcess, link_settings, seconds_until

LIMITS = Limits(acceleration=1.0)


@pytest.fixture(scope="module")
def car() -> Iterator[CarProcess]:
    with CarProcess("--width", "320", "--height", "240", "--sideways") as car:
        yield car


@pytest.fixture(scope="module")
def link(car: CarProcess) -> Iterator[RobotLink]:
    link = open_link(link_settings(sideways=True))
    link.connect(10.0)
    yield link
    link.close()


@pytest.fixture(scope="module")
def armed(link: RobotLink) -> Iterator[CommandThread]:
    commands = CommandThread(link, LIMITS)
    commands.arm()
    yield commands
    commands.close()


@pytest.fixture
def commands(armed: CommandThread, car: CarProcess, link: RobotLink) -> CommandThread:
    """Armed, with the car at the origin, looking north."""
    car.tell(do="resume")
    car.tell(do="put", x=0.0, y=0.0, yaw=0.0)
    seconds_until(lambda: _near_origin(link))
    armed.reset_trips()
    return armed


def _near_origin(link: RobotLink) -> bool:
    place = link.odometry()
    return place is not None and max(abs(place.x), abs(place.y), abs(place.yaw)) < 1e-6


def _action(**keys: Any) -> dict[str, Any]:
    return {**noop_action(), **keys, "camera": np.array(keys.get("camera", (0.0, 0.0)), np.float32)}


class TestBlocking:
    @pytest.mark.parametrize(
        ("action", "expected"),
        [
            (_action(forward=1), (0.0, 0.1, 0.0)),
            (_action(back=1), (0.0, -0.1, 0.0)),
            (_action(right=1), (0.1, 0.0, 0.0)),
            (_action(left=1), (-0.1, 0.0, 0.0)),
            (_action(camera=(0.0, 30.0)), (0.0, 0.0, 30.0)),
            (_action(camera=(0.0, -10.0)), (0.0, 0.0, -10.0)),
            (_action(forward=1, camera=(0.0, 20.0)), (0.0, 0.1, 20.0)),
            (_action(forward=1, back=1, jump=1), (0.0, 0.0, 0.0)),
        ],
        ids=["forward", "back", "right", "left", "turn right", "turn left", "forward, then turn", "nothing"],
    )
    def test_each_key_is_its_way_and_several_come_one_after_the_other(
        self,
        commands: CommandThread,
        link: RobotLink,
        car: CarProcess,
        action: dict[str, Any],
        expected: tuple[float, float, float],
    ) -> None:
        BlockingMotion(commands, link, LIMITS).carry_out(action)
        truth = car.truth()
        assert not car.moves
        assert truth["x"] == pytest.approx(expected[0], abs=0.02)
        assert truth["y"] == pytest.approx(expected[1], abs=0.02)
        assert truth["yaw"] == pytest.approx(expected[2], abs=3.0)
        assert commands.trips == ()

    def test_it_takes_half_a_second_at_least(self, commands: CommandThread, link: RobotLink) -> None:
        began = time.monotonic()
        BlockingMotion(commands, link, LIMITS).carry_out(_action())
        assert 0.5 <= time.monotonic() - began < 1.0

    def test_a_turn_by_more_than_half_a_circle_goes_the_way_it_was_told(
        self, commands: CommandThread, link: RobotLink, car: CarProcess
    ) -> None:
        BlockingMotion(commands, link, LIMITS).carry_out(_action(camera=(0.0, 170.0)))
        assert wrap_degrees(car.truth()["yaw"] - 170.0) == pytest.approx(0.0, abs=4.0)

    def test_pictures_that_stay_away_for_a_moment_interrupt_the_way_and_do_not_shorten_it(
        self, commands: CommandThread, link: RobotLink, car: CarProcess
    ) -> None:
        car.tell(do="freeze")
        seconds_until(lambda: commands.blind() is not None)
        _later(0.4, lambda: car.tell(do="resume"))
        BlockingMotion(commands, link, LIMITS).carry_out(_action(forward=1))
        assert car.truth()["y"] == pytest.approx(0.1, abs=0.02)

    def test_without_pictures_an_action_is_given_up(
        self, commands: CommandThread, link: RobotLink, car: CarProcess
    ) -> None:
        car.tell(do="freeze")
        seconds_until(lambda: commands.blind() is not None)
        with pytest.raises(RobotFault, match="can't see"):
            BlockingMotion(commands, link, LIMITS).carry_out(_action(forward=1))
        assert car.truth()["y"] == pytest.approx(0.0, abs=1e-6)

    def test_a_stop_ends_the_action_with_its_reason(
        self, commands: CommandThread, link: RobotLink, car: CarProcess
    ) -> None:
        _later(0.2, lambda: commands.stop("the operator pressed the key"))
        with pytest.raises(RobotFault, match="the operator pressed the key"):
            BlockingMotion(commands, link, LIMITS, step=0.5).carry_out(_action(forward=1))
        seconds_until(lambda: not car.moves)
        commands.rearm()


class TestPulses:
    def test_timed_pulses_go_nearly_as_far_as_odometry_would_have_them(
        self, commands: CommandThread, link: RobotLink, car: CarProcess
    ) -> None:
        blind = BlockingMotion(commands, _With(link, frozenset()), LIMITS)
        blind.carry_out(_action(forward=1, camera=(0.0, 30.0)))
        truth = car.truth()
        assert truth["y"] == pytest.approx(0.1, abs=0.04)
        assert truth["yaw"] == pytest.approx(30.0, abs=12.0)

    def test_a_robot_with_odometry_calibrates_itself(self, commands: CommandThread, link: RobotLink) -> None:
        pulses = measure(commands, _With(link, frozenset({"odometry"})), LIMITS, _nobody, seconds=(0.3, 0.6))
        assert pulses.forward.gain == pytest.approx(1.0, abs=0.15)
        assert pulses.turn.gain == pytest.approx(1.0, abs=0.15)


class TestContinuous:
    def test_it_drives_on_while_the_policy_thinks_and_stops_when_it_is_told(
        self, commands: CommandThread, link: RobotLink, car: CarProcess
    ) -> None:
        motion = ContinuousMotion(commands, link, LIMITS, rate=5.0, step=0.04)
        for _ in range(6):
            motion.carry_out(_action(forward=1))
            time.sleep(0.02)
            assert car.moves
        motion.halt()
        seconds_until(lambda: not car.moves)
        assert car.truth()["y"] == pytest.approx(0.2 * 6 * 0.2, abs=0.1)
        assert commands.trips == ()

    def test_a_rate_slower_than_the_watchdog_is_refused(self, commands: CommandThread, link: RobotLink) -> None:
        with pytest.raises(UsageError, match="raise the rate"):
            ContinuousMotion(commands, link, LIMITS, rate=2.0)


class _With:
    """A link whose robot has these abilities and no more."""

    def __init__(self, link: RobotLink, abilities: frozenset[Ability]) -> None:
        self._link = link
        self.abilities = abilities

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)


def _later(seconds: float, what: Callable[[], object]) -> None:
    timer = threading.Timer(seconds, what)
    timer.daemon = True
    timer.start()


def _nobody(question: str) -> str:
    raise AssertionError(f"asked: {question}")
