"""Whatever goes wrong, the wheels stand still: on a real car process and the real middleware."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("cyclonedds", reason="needs cyclonedds: pip install evalsuite[robot]")

from evalsuite.adapters.robot.commands import CommandThread
from evalsuite.adapters.robot.dry_run import DryRun
from evalsuite.adapters.robot.limits import Limits
from evalsuite.adapters.robot.link import STANDSTILL, RobotFault, RobotLink, Velocity, open_link
from evalsuite.adapters.robot.trips import TripKind
from evalsuite.crossview.geometry import Pose
from tests.adapters.robot.car_process import DOMAIN, CarProcess, link_settings, seconds_until

AHEAD = Velocity(forward=0.2)
SMALL = ("--width", "320", "--height", "240")
ZERO_WITHIN = 0.35
"""Seconds from the moment when a limit is crossed to a zero with the robot."""


@pytest.fixture(scope="module")
def car() -> Iterator[CarProcess]:
    with CarProcess(*SMALL) as car:
        yield car


@pytest.fixture(scope="module")
def link(car: CarProcess) -> Iterator[RobotLink]:
    link = open_link(link_settings())
    link.connect(10.0)
    yield link
    link.close()


@pytest.fixture(scope="module")
def stop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stop") / "stop"


@pytest.fixture(scope="module")
def armed(link: RobotLink, stop_file: Path) -> Iterator[CommandThread]:
    thread = CommandThread(link, Limits(stop_file=stop_file, acceleration=2.0), pose=lambda: _place(link))
    thread.arm()
    yield thread
    thread.close()


@pytest.fixture
def commands(armed: CommandThread, car: CarProcess, link: RobotLink, stop_file: Path) -> Iterator[CommandThread]:
    """Armed, standing, with a car that has no faults."""
    stop_file.unlink(missing_ok=True)
    car.tell(do="resume")
    seconds_until(lambda: armed.blind() is None)
    armed.rearm()
    armed.arm()
    armed.reset_trips()
    yield armed
    armed.disarm()
    seconds_until(lambda: not car.moves)


def _place(link: RobotLink) -> Pose | None:
    place = link.odometry()
    return None if place is None else Pose(x=place.x, y=place.y, z=0.0, yaw=place.yaw)


def _kinds(commands: CommandThread) -> list[TripKind]:
    return [trip.kind for trip in commands.trips]


def _keep_driving(commands: CommandThread, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not commands.trips:
        commands.hold(AHEAD)
        time.sleep(0.02)


def _driving(commands: CommandThread, car: CarProcess) -> None:
    """Ahead at full speed, as a policy would that decides at 20 Hz."""
    end = time.monotonic() + 5.0
    while car.truth()["forward"] < AHEAD.forward - 1e-6:
        assert time.monotonic() < end, "the car never got up to speed"
        commands.hold(AHEAD)
        time.sleep(0.02)


class TestArming:
    def test_a_robot_that_stops_by_itself_is_armed_and_how_soon_it_did_is_known(self, commands: CommandThread) -> None:
        assert commands.state == "armed"
        assert commands.stopped_by_itself_after is not None
        assert 0.3 < commands.stopped_by_itself_after < 1.0

    def test_a_robot_without_a_time_out_is_refused_and_told_to_stop(self) -> None:
        domain = DOMAIN + 1
        with CarProcess(*SMALL, "--time-out", "0", domain=domain) as runaway:
            link = open_link(link_settings(domain=domain))
            link.connect(10.0)
            commands = CommandThread(link, Limits())
            with pytest.raises(RobotFault, match="no time-out of its own"):
                commands.arm()
            assert commands.state == "disarmed"
            seconds_until(lambda: not runaway.moves)
            with pytest.raises(RobotFault, match="not armed"):
                commands.drive(AHEAD, 1.0)
            commands.close()
            link.close()

    def test_without_odometry_a_person_has_to_have_seen_it_stop(self) -> None:
        domain, asked = DOMAIN + 1, []
        with CarProcess(*SMALL, "--no-odometry", domain=domain) as car:
            link = open_link(link_settings(domain=domain))
            link.connect(10.0)
            assert "odometry" not in link.abilities

            nobody = CommandThread(link, Limits(robot_timeout=0.8))
            with pytest.raises(RobotFault, match="nobody is there"):
                nobody.arm()
            nobody.close()

            def see(question: str) -> bool:
                asked.append((question, car.moves))
                return False

            person = CommandThread(link, Limits(robot_timeout=0.8), confirm=see)
            with pytest.raises(RobotFault, match="no time-out of its own"):
                person.arm()
            assert len(asked) == 1
            assert not asked[0][1]
            person.close()
            link.close()

    def test_a_blind_robot_is_not_armed(self, commands: CommandThread, car: CarProcess) -> None:
        commands.disarm()
        car.tell(do="freeze")
        seconds_until(lambda: commands.blind() is not None)
        with pytest.raises(RobotFault, match="can't see: the newest picture is"):
            commands.arm()


class TestWatchdog:
    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            ({"do": "freeze"}, "frame age"),
            ({"do": "repeat"}, "frame age"),
            ({"do": "restamp"}, "picture unchanged"),
            ({"do": "drop", "share": 1.0}, "frame age"),
        ],
        ids=["freezes", "repeats", "restamps", "drops everything"],
    )
    def test_a_camera_that_fails_stops_the_robot(
        self, commands: CommandThread, car: CarProcess, fault: dict[str, object], kind: TripKind
    ) -> None:
        _driving(commands, car)
        car.tell(**fault)
        _keep_driving(commands, 3.0)
        took = seconds_until(lambda: not car.moves)
        assert _kinds(commands) == [kind]
        assert commands.trips[0].zero_after is not None
        assert commands.trips[0].zero_after < ZERO_WITHIN
        assert took < ZERO_WITHIN
        assert commands.state == "armed"

    def test_pictures_that_come_back_let_the_next_command_move_again(
        self, commands: CommandThread, car: CarProcess
    ) -> None:
        _driving(commands, car)
        car.tell(do="freeze")
        _keep_driving(commands, 3.0)
        car.tell(do="resume")
        seconds_until(lambda: commands.blind() is None)
        _driving(commands, car)
        assert _kinds(commands) == ["frame age"]

    def test_a_few_lost_pictures_stop_nothing(self, commands: CommandThread, car: CarProcess) -> None:
        car.tell(do="drop", share=0.3)
        _driving(commands, car)
        _keep_driving(commands, 0.7)
        assert _kinds(commands) == []

    def test_a_policy_that_stalls_stops_the_robot(self, commands: CommandThread, car: CarProcess) -> None:
        _driving(commands, car)
        seconds_until(lambda: not car.moves)
        assert _kinds(commands) == ["command age"]
        assert commands.trips[0].zero_after is not None
        assert commands.trips[0].zero_after < ZERO_WITHIN

    def test_a_decision_from_a_picture_that_is_too_old_is_not_carried_out(
        self, link: RobotLink, car: CarProcess, commands: CommandThread
    ) -> None:
        careful = CommandThread(DryRun(link, lambda line: None), Limits(policy_latency=0.2))
        careful.arm()
        careful.hold(AHEAD, seen=time.monotonic() - 0.1)
        seconds_until(lambda: careful.velocity != STANDSTILL)
        careful.hold(AHEAD, seen=time.monotonic() - 0.3)
        seconds_until(lambda: careful.velocity == STANDSTILL)
        assert _kinds(careful) == ["policy latency"]
        careful.close()

    def test_the_robots_clock_may_be_five_seconds_off(self, commands: CommandThread, car: CarProcess) -> None:
        for skew in (5.0, -5.0):
            car.tell(do="skew", seconds=skew)
            _driving(commands, car)
            _keep_driving(commands, 0.4)
        assert _kinds(commands) == []

    def test_a_robot_whose_host_dies_is_known_to_be_lost(self) -> None:
        domain = DOMAIN + 1
        with CarProcess(*SMALL, domain=domain) as car:
            link = open_link(link_settings(domain=domain))
            link.connect(10.0)
            commands = CommandThread(link, Limits())
            commands.arm()
            _driving(commands, car)
            car.kill()
            _keep_driving(commands, 3.0)
            assert _kinds(commands) == ["frame age"]
            assert commands.trips[0].zero_after is not None
            assert commands.trips[0].zero_after < ZERO_WITHIN
            commands.close()
            link.close()


class TestEmergencyStop:
    @pytest.mark.parametrize("how", ["stop", "stop file", "stop topic"])
    def test_it_stops_at_once_and_stays_stopped_until_somebody_rearms(
        self, commands: CommandThread, car: CarProcess, stop_file: Path, how: TripKind
    ) -> None:
        _driving(commands, car)
        if how == "stop":
            commands.stop("the operator pressed the key")
        elif how == "stop file":
            stop_file.touch()
        else:
            car.tell(do="stop")
        assert seconds_until(lambda: not car.moves) < ZERO_WITHIN
        assert _kinds(commands) == [how]
        assert commands.trips[0].zero_after is not None
        assert commands.trips[0].zero_after < ZERO_WITHIN
        assert commands.state == "stopped"
        with pytest.raises(RobotFault, match="rearm when it is safe"):
            commands.drive(AHEAD, 1.0)
        with pytest.raises(RobotFault):
            commands.arm()
        if how == "stop file":
            with pytest.raises(RobotFault, match="remove it"):
                commands.rearm()
            stop_file.unlink()
        commands.rearm()
        _driving(commands, car)

    def test_a_stop_outlives_disarming_and_rearming_alone_does_not_arm_again(self, commands: CommandThread) -> None:
        commands.stop("the operator pressed the key")
        seconds_until(lambda: commands.state == "stopped")
        commands.disarm()
        with pytest.raises(RobotFault, match="rearm when it is safe"):
            commands.drive(AHEAD, 1.0)
        commands.rearm()
        with pytest.raises(RobotFault, match="not armed"):
            commands.drive(AHEAD, 1.0)

    def test_a_stop_does_not_slow_down_gently_but_the_end_of_a_motion_does(self, commands: CommandThread) -> None:
        seen: list[float] = []
        commands.drive(AHEAD, 0.5)
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            seen.append(commands.velocity.forward)
            time.sleep(0.002)
        steps = [abs(b - a) for a, b in pairwise(seen)]
        assert max(seen) == pytest.approx(AHEAD.forward)
        assert seen[-1] == 0.0
        assert max(steps) <= 2.0 * 2 / 20 + 1e-9

    def test_leaving_the_geofence_stops_the_robot_until_it_is_set_back(
        self, link: RobotLink, car: CarProcess, commands: CommandThread
    ) -> None:
        commands.disarm()
        car.tell(do="put", x=0.0, y=0.0, yaw=0.0)
        fence = ((-1.0, -1.0), (1.0, -1.0), (1.0, 0.3), (-1.0, 0.3))
        fenced = CommandThread(link, Limits(geofence=fence), pose=lambda: _place(link))
        seconds_until(lambda: abs((_place(link) or Pose(x=9, y=9, z=0)).y) < 0.01)
        fenced.arm()
        _keep_driving(fenced, 6.0)
        seconds_until(lambda: not car.moves)
        assert [trip.kind for trip in fenced.trips] == ["geofence"]
        assert car.truth()["y"] < 0.3 + 0.25 * 0.3
        with pytest.raises(RobotFault, match="set it back"):
            fenced.rearm()
        car.tell(do="put", x=0.0, y=0.0, yaw=0.0)
        seconds_until(lambda: abs((_place(link) or Pose(x=9, y=9, z=0)).y) < 0.01)
        fenced.rearm()
        assert fenced.state == "armed"
        fenced.close()


class TestKilled:
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_a_thread_that_dies_of_a_mistake_leaves_a_robot_that_stands(
        self, link: RobotLink, car: CarProcess, commands: CommandThread
    ) -> None:
        commands.disarm()
        mistaken = threading.Event()

        def pose() -> Pose | None:
            if mistaken.is_set():
                raise ZeroDivisionError
            return None

        fence = ((-9.0, -9.0), (9.0, -9.0), (9.0, 9.0), (-9.0, 9.0))
        doomed = CommandThread(link, Limits(geofence=fence, robot_timeout=1.5), pose=pose)
        doomed.arm()
        doomed.drive(AHEAD, 5.0)
        seconds_until(lambda: car.moves)
        mistaken.set()
        assert seconds_until(lambda: not car.moves) < ZERO_WITHIN
        with pytest.raises(RobotFault, match="has ended"):
            doomed.drive(AHEAD, 1.0)
        doomed.close()

    def test_a_bridge_that_is_killed_leaves_a_robot_that_stops_by_itself(
        self, car: CarProcess, commands: CommandThread
    ) -> None:
        commands.disarm()
        bridge = subprocess.Popen(
            [sys.executable, "-c", _BRIDGE, json.dumps(link_settings().model_dump())], stdout=subprocess.PIPE
        )
        assert bridge.stdout is not None
        assert bridge.stdout.readline() == b"driving\n"
        assert car.moves
        bridge.kill()
        bridge.wait(5.0)
        bridge.stdout.close()
        assert seconds_until(lambda: not car.moves) < 0.5 + ZERO_WITHIN


_BRIDGE = """
import json, sys, time
from evalsuite.adapters.robot.commands import CommandThread
from evalsuite.adapters.robot.limits import Limits
from evalsuite.adapters.robot.link import LinkSettings, Velocity, open_link
link = open_link(LinkSettings(**json.loads(sys.argv[1])))
link.connect(10.0)
commands = CommandThread(link, Limits())
commands.arm()
while True:
    commands.hold(Velocity(forward=0.2))
    time.sleep(0.02)
    if commands.velocity.forward == 0.2:
        print("driving", flush=True)
"""


class TestDryRun:
    def test_nothing_is_sent_and_everything_is_shown(
        self, link: RobotLink, car: CarProcess, commands: CommandThread
    ) -> None:
        commands.disarm()
        shown: list[str] = []
        dry = CommandThread(DryRun(link, shown.append), Limits())
        dry.arm()
        dry.drive(AHEAD, 0.3)
        assert dry.wait(3.0)
        dry.close()
        assert not car.moves
        assert shown[-1].startswith("would drive +0.00 m/s ahead")
        assert any("+0.1" in line for line in shown)
