"""Where robot and target are: the newest look at the tags, carried on by the wheels' own odometry until the next."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from evalsuite.adapters.robot.link import Odometry, RobotFault
from evalsuite.crossview.geometry import Point, Pose, wrap_degrees
from evalsuite.errors import UsageError

LOOK_SECONDS = 0.1
"""Between two looks at the tags, at least."""

REMEMBERED = 400
"""Odometry readings that are kept to find the one of a picture's time: some seconds of them."""

CARRIED_SECONDS = 10.0
"""How long odometry may stand in for tags that are out of sight, as behind a box."""

WATCHED_SECONDS = 5.0
"""How old the last usable overhead picture may be; a camera that is opened anew is back within three seconds."""


class Measured(Protocol):
    """One look at the tags, as `tags.Sighting` has it."""

    @property
    def robot(self) -> Pose | None: ...
    @property
    def target(self) -> Point | None: ...
    @property
    def error_m(self) -> float: ...
    @property
    def age_s(self) -> float: ...
    @property
    def floor_seen(self) -> bool: ...


DELAY_SECONDS = 0.4
"""A picture may have been taken so long before it arrived: a robot that moved meanwhile was not where it shows."""

STILL_METRES, STILL_DEGREES = 0.005, 0.5

PATIENCE_SECONDS = 3.0
"""How old a look at a standing robot has to be before one at a moving robot is better: odometry errs by percents."""


@dataclass(frozen=True)
class Fix:
    """What the tags showed. Times are of `time.monotonic`.

    Args:
        robot: the middle of its tag on the floor, and where it faces.
        seen: when the picture was taken.
        error: estimated, in metres.
        odometry: what the wheels said then.
    """

    robot: Pose
    seen: float
    error: float
    odometry: Odometry | None


@dataclass(frozen=True)
class Located:
    """The robot now.

    Args:
        pose: the middle of the robot on the floor, and where it faces.
        age: seconds since the tags were last seen.
        error: the tags' estimated error in metres; that of the odometry since is not in it.
    """

    pose: Pose
    age: float
    error: float


class Tracker:
    """Looks at the tags in a thread of its own.

    Args:
        measure: one look; may take a few hundred milliseconds.
        odometry: the newest there is; returns at once.
        most_error: metres of estimated error beyond which a look does not count.
        most_age: seconds after which a pose without odometry is too old.
    """

    def __init__(
        self,
        measure: Callable[[], Measured],
        odometry: Callable[[], Odometry | None],
        *,
        most_error: float,
        most_age: float,
    ) -> None:
        self._measure = measure
        self._odometry = odometry
        self._most_error = most_error
        self._most_age = most_age
        self._readings: deque[Odometry] = deque(maxlen=REMEMBERED)
        self._fix: Fix | None = None
        self._watched = -math.inf
        self._target: tuple[Point, float] | None = None
        self._fault: RobotFault | None = None
        self._errors: list[float] = []
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=work, daemon=True, name=work.__name__.strip("_"))
            for work in (self._look, self._remember)
        ]
        for thread in self._threads:
            thread.start()

    def located(self) -> Located | None:
        """Where the robot is; None when nobody knows any more. Raises `RobotFault` when the tags can't be looked at."""
        fix, fault, now = self._fix, self._fault, time.monotonic()
        if fault is not None:
            raise fault
        if fix is None:
            return None
        odometry = self._odometry() if fix.odometry is not None else None
        if now - fix.seen > (self._most_age if odometry is None else CARRIED_SECONDS):
            return None
        pose = fix.robot if odometry is None or fix.odometry is None else carried_on(fix.robot, fix.odometry, odometry)
        return Located(pose, now - fix.seen, fix.error)

    def watching(self) -> bool:
        """Whether the camera sends pictures that show the floor's tags: a robot that they don't show is hidden."""
        return time.monotonic() - self._watched <= WATCHED_SECONDS

    def target(self) -> Point | None:
        """Where the target's tag was last seen; None when it never was."""
        return self._target[0] if self._target is not None else None

    def wait_for_look(self, since: float, timeout: float) -> bool:
        """Wait until the robot's tag has been seen in a picture taken after `since`; False after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._fix is not None and self._fix.seen > since:
                return True
            time.sleep(0.02)
        return False

    def errors(self) -> list[float]:
        """Estimated errors in metres of all looks since the last call; of the last look when there was none."""
        errors, self._errors = self._errors, []
        return errors or ([self._fix.error] if self._fix is not None else [])

    def close(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(timeout=2.0)

    def _look(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            try:
                found = self._measure()
            except (RobotFault, UsageError) as fault:
                self._fault = RobotFault(f"the tags can't be looked at: {fault}")
                continue
            self._fault = None
            seen = time.monotonic() - found.age_s
            if found.floor_seen:
                self._watched = seen
            if found.error_m > self._most_error:
                continue
            if found.target is not None:
                self._target = (found.target, seen)
            if found.robot is not None and (self._fix is None or seen > self._fix.seen + 1e-3):
                self._errors.append(found.error_m)
                if self._fix is None or self._stood(seen) or seen - self._fix.seen > PATIENCE_SECONDS:
                    self._fix = Fix(found.robot, seen, found.error_m, self._reading_at(seen))

    def _remember(self) -> None:
        while not self._ended.wait(0.02):
            try:
                reading = self._odometry()
            except RobotFault:
                continue
            if reading is not None and (not self._readings or reading.received > self._readings[-1].received):
                self._readings.append(reading)

    def _stood(self, moment: float) -> bool:
        """Whether the robot stood when a picture that arrived at `moment` was taken; True without odometry."""
        readings = [each for each in list(self._readings) if moment - DELAY_SECONDS <= each.received <= moment]
        if not readings:
            return True
        first, last = readings[0], readings[-1]
        gone, turned = math.dist((first.x, first.y), (last.x, last.y)), wrap_degrees(last.yaw - first.yaw)
        return gone <= STILL_METRES and abs(turned) <= STILL_DEGREES

    def _reading_at(self, moment: float) -> Odometry | None:
        readings = list(self._readings)
        return min(readings, key=lambda each: abs(each.received - moment), default=None)


def carried_on(pose: Pose, then: Odometry, now: Odometry) -> Pose:
    """`pose` moved on by what the odometry, in a frame of its own, went from `then` to `now`."""
    turn = wrap_degrees(pose.yaw - then.yaw)
    east, north = now.x - then.x, now.y - then.y
    sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
    return pose.model_copy(
        update={
            "x": pose.x + east * cosine + north * sine,
            "y": pose.y - east * sine + north * cosine,
            "yaw": wrap_degrees(now.yaw + turn),
        }
    )
