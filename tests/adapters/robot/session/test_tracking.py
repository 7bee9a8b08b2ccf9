"""Tags and odometry put together, on a robot whose true motion is a formula."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from evalsuite.adapters.robot.link import Odometry, RobotFault
from evalsuite.adapters.robot.tracking import Tracker, carried_on
from evalsuite.crossview.geometry import Point, Pose, wrap_degrees

TURN = 60.0
SPEED = 0.2


@dataclass(frozen=True)
class Look:
    robot: Pose | None
    target: Point | None = None
    error_m: float = 0.002
    age_s: float = 0.02
    floor_seen: bool = True


class Robot:
    """Drives an arc from its start until `stop`; its odometry counts from another place and is 2 % off."""

    def __init__(self, picture_delay: float) -> None:
        self.begun = time.monotonic()
        self.stopped: float | None = None
        self.delay = picture_delay
        self.hidden = False
        self.dark = False

    def truth(self, moment: float) -> Pose:
        gone = max(0.0, min(moment, self.stopped or moment) - self.begun)
        yaw = 30.0 + TURN * gone
        radius = SPEED / math.radians(TURN)
        x = 1.0 - radius * (math.cos(math.radians(yaw)) - math.cos(math.radians(30.0)))
        y = -0.5 + radius * (math.sin(math.radians(yaw)) - math.sin(math.radians(30.0)))
        return Pose(x=x, y=y, z=0.0, yaw=wrap_degrees(yaw))

    def odometry(self) -> Odometry:
        now = time.monotonic()
        gone = max(0.0, min(now, self.stopped or now) - self.begun)
        yaw = TURN * gone * 1.02
        radius = SPEED / math.radians(TURN)
        x, y = radius * (1.0 - math.cos(math.radians(yaw))), radius * math.sin(math.radians(yaw))
        return Odometry(x, y, wrap_degrees(yaw), now)

    def look(self) -> Look:
        unseen = self.hidden or self.dark
        return Look(None if unseen else self.truth(time.monotonic() - self.delay), floor_seen=not self.dark)


@contextmanager
def tracked(robot: Robot) -> Iterator[Tracker]:
    tracker = Tracker(robot.look, robot.odometry, most_error=0.05, most_age=1.0)
    try:
        yield tracker
    finally:
        tracker.close()


def distance(one: Pose, other: Pose) -> float:
    return math.dist((one.x, one.y), (other.x, other.y))


def test_odometry_carries_a_pose_on_in_the_rooms_frame() -> None:
    pose = Pose(x=1.0, y=1.0, z=0.0, yaw=90.0)
    then, now = Odometry(5.0, 5.0, 0.0, 0.0), Odometry(5.0, 7.0, 10.0, 1.0)
    after = carried_on(pose, then, now)
    assert (after.x, after.y, after.yaw) == pytest.approx((3.0, 1.0, 100.0))


def test_a_moving_robot_is_found_although_pictures_are_late() -> None:
    robot = Robot(picture_delay=0.2)
    robot.begun = time.monotonic() + 1.0
    with tracked(robot) as tracker:
        time.sleep(3.0)
        robot.stopped = time.monotonic()
        located = tracker.located()
        assert located is not None
        assert abs(wrap_degrees(located.pose.yaw - robot.truth(robot.stopped).yaw)) < 6.0
        assert distance(located.pose, robot.truth(robot.stopped)) < 0.04
        assert tracker.wait_for_look(robot.stopped + 0.6, 3.0)
        located = tracker.located()
        assert located is not None
        assert abs(wrap_degrees(located.pose.yaw - robot.truth(robot.stopped).yaw)) < 0.1


def test_a_tag_out_of_sight_is_carried_by_odometry_and_told_by_its_age() -> None:
    robot = Robot(picture_delay=0.0)
    with tracked(robot) as tracker:
        assert tracker.wait_for_look(0.0, 3.0)
        robot.hidden = True
        time.sleep(0.8)
        located = tracker.located()
        assert located is not None
        assert located.age > 0.5
        assert distance(located.pose, robot.truth(time.monotonic())) < 0.05


def test_a_hidden_robot_is_told_from_a_camera_that_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalsuite.adapters.robot.tracking.CARRIED_SECONDS", 0.3)
    monkeypatch.setattr("evalsuite.adapters.robot.tracking.WATCHED_SECONDS", 0.5)
    robot = Robot(picture_delay=0.0)
    with tracked(robot) as tracker:
        assert tracker.wait_for_look(0.0, 3.0)
        robot.hidden = True
        time.sleep(1.0)
        assert tracker.located() is None
        assert tracker.watching()
        robot.dark = True
        time.sleep(1.0)
        assert not tracker.watching()
        robot.hidden = robot.dark = False
        assert tracker.wait_for_look(time.monotonic(), 3.0)
        assert tracker.located() is not None
        assert tracker.watching()


def test_without_odometry_an_old_look_is_no_place() -> None:
    robot = Robot(picture_delay=0.0)
    tracker = Tracker(robot.look, lambda: None, most_error=0.05, most_age=0.5)
    assert tracker.wait_for_look(0.0, 3.0)
    assert tracker.located() is not None
    robot.hidden = True
    time.sleep(1.0)
    assert tracker.located() is None
    tracker.close()


def test_a_look_that_is_too_unsure_does_not_count() -> None:
    tracker = Tracker(lambda: Look(Pose(x=0.0, y=0.0, z=0.0), error_m=0.2), lambda: None, most_error=0.05, most_age=1.0)
    assert not tracker.wait_for_look(0.0, 0.5)
    tracker.close()


def test_a_camera_that_is_gone_is_a_fault_until_it_is_back() -> None:
    robot = Robot(picture_delay=0.0)
    gone = True

    def look() -> Look:
        if gone:
            raise RobotFault("no camera")
        return robot.look()

    tracker = Tracker(look, robot.odometry, most_error=0.05, most_age=1.0)
    time.sleep(0.3)
    with pytest.raises(RobotFault, match="no camera"):
        tracker.located()
    gone = False
    assert tracker.wait_for_look(0.0, 3.0)
    assert tracker.located() is not None
    tracker.close()
