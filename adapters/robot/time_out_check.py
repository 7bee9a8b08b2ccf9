"""Whether a robot stops by itself once commands cease: tried with a short turn on the spot before it may be armed.

A killed process, a cut cable and a dead access point all look the same to the robot; nothing on this side can stop it
then.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from evalsuite.adapters.robot.limits import Limits
from evalsuite.adapters.robot.link import STANDSTILL, Odometry, RobotFault, RobotLink, Velocity
from evalsuite.crossview.geometry import wrap_degrees

_TURN = 30.0
_PULSE = 0.4
_TICK = 0.05
_QUIET = 0.2
_MOVED_DEGREES = 2.0
_STILL_DEGREES = 0.5
_ZEROS = 3

QUESTION = (
    "The robot was told to turn right for a moment, and then told nothing more. Did it turn, and does it stand still "
    "now?"
)


def check_time_out(
    link: RobotLink, limits: Limits, confirm: Callable[[str], bool] | None, stopped: Callable[[], bool]
) -> float | None:
    """Seconds from the last command until the robot stood still by itself; None when a person had to see it.

    Turns by some 10 degrees at most 30 degrees/s. Without odometry `confirm` is asked `QUESTION`, while the robot is
    told nothing. Ends with zeros, whatever happens. Raises `RobotFault` for a robot that may not be armed, and when
    `stopped` says that somebody stops it.
    """
    try:
        before = link.odometry()
        _pulse(link, limits, stopped)
        silent = time.monotonic()
        if before is not None:
            return _watched(link, limits, before, silent, stopped)
        _wait(silent + limits.robot_timeout, stopped)
        if confirm is None:
            raise RobotFault(
                "the robot publishes no odometry and nobody is there to see whether it stops by itself: set "
                "link.odometry_topic, or run a session with an operator"
            )
        if not confirm(QUESTION):
            raise _no_time_out(limits)
        return None
    finally:
        for _ in range(_ZEROS):
            link.send(STANDSTILL)


def _pulse(link: RobotLink, limits: Limits, stopped: Callable[[], bool]) -> None:
    turn, reached = min(_TURN, limits.turn), 0.0
    end = time.monotonic() + _PULSE
    while time.monotonic() < end:
        reached = min(turn, reached + limits.turn_acceleration * _TICK)
        link.send(Velocity(turn=reached))
        _wait(time.monotonic() + _TICK, stopped)


def _watched(link: RobotLink, limits: Limits, before: Odometry, silent: float, stopped: Callable[[], bool]) -> float:
    seen: list[Odometry] = []
    while True:
        _wait(time.monotonic() + 0.01, stopped)
        now = time.monotonic()
        place = link.odometry()
        if place is not None and (not seen or place.received > seen[-1].received):
            seen.append(place)
        moved = bool(seen) and _turned(before, seen[-1]) > _MOVED_DEGREES
        if moved and seen[-1].received > silent and _quiet(seen):
            return max(0.0, seen[-1].received - _QUIET - silent)
        if now < silent + limits.robot_timeout + _QUIET:
            continue
        if not seen or now - seen[-1].received > _QUIET:
            raise RobotFault("the odometry ceased during the test pulse: look after the robot, then arm again")
        if not moved:
            raise RobotFault(
                "the robot did not turn in the test pulse: is its own stop pressed, or its battery empty, or does it "
                "listen to another topic than link.command_topic?"
            )
        raise _no_time_out(limits)


def _quiet(seen: list[Odometry]) -> bool:
    """Whether the last `_QUIET` seconds of odometry show no turning."""
    newest = seen[-1]
    earlier = [place for place in seen if place.received <= newest.received - _QUIET]
    return bool(earlier) and all(_turned(place, newest) < _STILL_DEGREES for place in seen[len(earlier) - 1 :])


def _turned(one: Odometry, other: Odometry) -> float:
    return abs(wrap_degrees(other.yaw - one.yaw))


def _wait(until: float, stopped: Callable[[], bool]) -> None:
    while True:
        if stopped():
            raise RobotFault("stopped during the test pulse; rearm when it is safe, then arm again")
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, 0.02))


def _no_time_out(limits: Limits) -> RobotFault:
    return RobotFault(
        f"the robot was still turning {limits.robot_timeout:g} s after the last command: it has no time-out of its own "
        "and is not armed; give its base controller one (cmd_vel_timeout of ros2_control's diff_drive_controller, "
        "0.5 s), because a crash of this program could not stop it"
    )
