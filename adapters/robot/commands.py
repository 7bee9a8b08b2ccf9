"""The only way to the wheels: a thread that sends at 20 Hz, keeps the limits and stops the robot on its own.

It runs beside whatever decides, because what it guards against is that whatever decides hangs. Values that trusted
systems use for the same: ros2_control's diff_drive_controller gives up a command after 0.5 s (`cmd_vel_timeout`),
Nav2's collision monitor stops when a sensor is 2 s old (`source_timeout`), LeKiwi's host after 0.5 s.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from evalsuite.adapters.robot.dry_run import DryRun
from evalsuite.adapters.robot.geofence import inside
from evalsuite.adapters.robot.limits import Limits
from evalsuite.adapters.robot.link import STANDSTILL, Frame, RobotFault, RobotLink, Velocity
from evalsuite.adapters.robot.time_out_check import check_time_out
from evalsuite.adapters.robot.trips import LATCHED, Trip, TripKind
from evalsuite.crossview.geometry import Pose

State = Literal["disarmed", "armed", "stopped"]

RATE = 20.0
_PERIOD = 1.0 / RATE
_FIRST_PICTURE = 2.0
_HANDOVER = 2.0


@dataclass(frozen=True)
class _Motion:
    """What was asked for: until when, and whether it is a fault that nothing followed."""

    velocity: Velocity
    until: float
    renewed: bool


@dataclass(frozen=True)
class _Cause:
    """A limit that was crossed at `since`, on the monotonic clock."""

    kind: TripKind
    since: float
    detail: str


class CommandThread:
    """Drives `link` within `limits`.

    Args:
        link: connected already.
        limits: what it may do, and how long it may be blind.
        pose: where the robot is on the floor, for the geofence; returns at once; None when nobody knows.
        confirm: asked by `arm` when the robot has no odometry, see `time_out_check.QUESTION`.
    """

    def __init__(
        self,
        link: RobotLink,
        limits: Limits,
        pose: Callable[[], Pose | None] | None = None,
        confirm: Callable[[str], bool] | None = None,
    ) -> None:
        self._link = link
        self._limits = limits
        self._pose = pose
        self._confirm = confirm
        self._changed = threading.Condition()
        self._state: State = "disarmed"
        self._proven = isinstance(link, DryRun)
        self._motion: _Motion | None = None
        self._velocity = STANDSTILL
        self._sent = STANDSTILL
        self._moving_since = math.inf
        self._asked: _Cause | None = None
        self._trips: list[Trip] = []
        self._trips_since = time.monotonic()
        self._stopped_by = ""
        self._before_stop: State = "disarmed"
        self._disarming = False
        self._ending = False
        self._urgent = False
        self._longest_gap = 0.0
        self.stopped_by_itself_after: float | None = None
        """Seconds after which the robot stood still in the test pulse; None: not tried, or seen by a person."""
        self._thread = threading.Thread(target=self._run, name="robot commands", daemon=True)
        self._thread.start()

    @property
    def state(self) -> State:
        return self._state

    @property
    def stopped_by(self) -> str:
        """Why it is stopped; empty when it is not."""
        return self._stopped_by

    @property
    def velocity(self) -> Velocity:
        """What was sent last."""
        return self._sent

    @property
    def trips(self) -> tuple[Trip, ...]:
        """All stops since the last `reset_trips`, oldest first."""
        with self._changed:
            return tuple(self._trips)

    @property
    def longest_gap(self) -> float:
        """The longest time in seconds between two turns of the thread since the last `reset_trips`."""
        return self._longest_gap

    def reset_trips(self) -> None:
        with self._changed:
            self._trips.clear()
            self._trips_since = time.monotonic()
            self._longest_gap = 0.0

    def arm(self) -> None:
        """Allow motion. The first time, the robot turns a little to show that it stops by itself.

        Raises `RobotFault` with the reason why it may not move.
        """
        with self._changed:
            if self._state == "armed":
                return
        self._await_picture()
        self._refuse_when_unsafe()
        if not self._proven:
            self.stopped_by_itself_after = check_time_out(self._link, self._limits, self._confirm, self._must_stop)
            self._proven = True
        with self._changed:
            if self._state == "stopped":
                raise RobotFault(f"stopped: {self._stopped_by}; rearm when it is safe")
            self._state = "armed"

    def disarm(self) -> None:
        """Zero at once, then silence. A stop stays latched, and `rearm` then leaves it disarmed."""
        with self._changed:
            # The thread does it: a zero sent from here could be overtaken by a velocity that it is about to send.
            self._disarming = True
            self._wake()
            self._changed.wait_for(lambda: not self._disarming, _HANDOVER)

    def rearm(self) -> None:
        """Somebody has looked and lets it move again. Raises `RobotFault` while the reason to stop is still there."""
        self._link.stop_requested()
        cause = self._standing_reason(time.monotonic())
        if cause is not None:
            raise RobotFault(f"not rearmed: {cause.detail}")
        with self._changed:
            if self._state == "stopped":
                self._state = self._before_stop
                self._stopped_by = ""
                self._asked = None

    def drive(self, velocity: Velocity, seconds: float) -> None:
        """Move for `seconds`, then slow down to a stop; replaces what went before. Raises `RobotFault` unless armed."""
        self._ask(velocity, seconds, renewed=False)

    def hold(self, velocity: Velocity, seen: float | None = None) -> None:
        """Move until the next call, which has to come within `limits.command_age`, or the robot is stopped.

        `seen` is when the picture arrived that the decision was made from (`Frame.received`).
        """
        now, most = time.monotonic(), self._limits.policy_latency
        if seen is not None and most is not None and now - seen > most and velocity != STANDSTILL:
            detail = f"decided {now - seen:.2f} s after its picture; the limit is {most:g} s"
            with self._changed:
                self._refuse_unless_armed()
                self._asked = self._asked or _Cause("policy latency", now, detail)
                self._wake()
            return
        self._ask(velocity, self._limits.command_age, renewed=velocity != STANDSTILL)

    def stop(self, reason: str) -> None:
        """The emergency stop: zero at once, no slowing down, until `rearm`; from any thread."""
        with self._changed:
            self._asked = _Cause("stop", time.monotonic(), reason)
            self._motion = None
            self._wake()

    def wait(self, timeout: float) -> bool:
        """Wait until the robot has been told to stand still; False when that takes longer than `timeout` s."""
        with self._changed:
            return self._changed.wait_for(lambda: self._at_rest or not self._thread.is_alive(), timeout)

    def blind(self) -> str | None:
        """Why a motion would be cut at once because of the pictures; None when it would not."""
        cause = self._blind(time.monotonic(), moving=False)
        return None if cause is None else cause.detail

    def close(self) -> None:
        """Zero, and end the thread; may be called twice. The link stays open."""
        if self._thread.is_alive():
            self.disarm()
        with self._changed:
            self._ending = True
            self._wake()
        self._thread.join(_HANDOVER)

    @property
    def _at_rest(self) -> bool:
        still = self._velocity == self._sent == STANDSTILL
        return still and self._motion is None and self._asked is None

    def _wake(self) -> None:
        self._urgent = True
        self._changed.notify_all()

    def _refuse_unless_armed(self) -> None:
        if self._state == "stopped":
            raise RobotFault(f"stopped: {self._stopped_by}; rearm when it is safe")
        if self._state == "disarmed":
            raise RobotFault("the robot is not armed")
        if not self._thread.is_alive():
            raise RobotFault("the command thread has ended; the robot stops by itself")

    def _ask(self, velocity: Velocity, seconds: float, renewed: bool) -> None:
        if not all(map(math.isfinite, (velocity.forward, velocity.right, velocity.turn, seconds))):
            raise ValueError(f"a velocity is made of finite numbers, not {velocity}, {seconds} s")
        with self._changed:
            self._refuse_unless_armed()
            if self._asked is None:
                now = time.monotonic()
                self._motion = _Motion(within(velocity, self._limits), now + seconds, renewed)
                if self._moving_since == math.inf:
                    self._moving_since = now
                    self._wake()

    def _await_picture(self) -> None:
        deadline = time.monotonic() + _FIRST_PICTURE
        reason = self.blind()
        while reason is not None:
            if time.monotonic() > deadline:
                raise RobotFault(f"not armed, because the robot can't see: {reason}; look after its camera")
            time.sleep(0.02)
            reason = self.blind()

    def _refuse_when_unsafe(self) -> None:
        cause = self._standing_reason(time.monotonic())
        if cause is not None:
            raise RobotFault(f"not armed: {cause.detail}")
        if self._state == "stopped":
            raise RobotFault(f"stopped: {self._stopped_by}; rearm when it is safe")

    def _must_stop(self) -> bool:
        return self._state == "stopped" or self._asked is not None

    def _run(self) -> None:
        try:
            self._turn_until_the_end()
        finally:
            with contextlib.suppress(RobotFault):
                self._link.send(STANDSTILL)

    def _turn_until_the_end(self) -> None:
        before = time.monotonic()
        due = before
        while True:
            with self._changed:
                if not self._urgent and not self._ending:
                    wake = due if self._motion is None else min(due, max(before, self._motion.until))
                    self._changed.wait(max(0.0, wake - time.monotonic()))
                self._urgent = False
                if self._ending:
                    return
            now = time.monotonic()
            if self._state == "armed":
                self._longest_gap = max(self._longest_gap, now - before)
            self._turn(now, now - before)
            before = now
            if now >= due:
                due = max(due + _PERIOD, now)

    def _turn(self, now: float, elapsed: float) -> None:
        """One turn of the thread: what is wrong, what to send, and the sending."""
        outside = self._outside_reason(now)
        blind = self._blind(now, moving=True)
        with self._changed:
            cause = self._cause(now, outside, blind)
            disarming = self._disarming
            if cause is not None or disarming:
                self._motion = None
                self._velocity = STANDSTILL
            elif self._state == "armed":
                self._velocity = self._next(now, elapsed)
            if self._motion is None and self._velocity == STANDSTILL:
                self._moving_since = math.inf
            velocity = self._velocity
            silent = self._state == "disarmed" and cause is None and not disarming
        fault = None if silent else self._deliver(velocity)
        with self._changed:
            self._sent = velocity
            if fault is not None and cause is None and self._state == "armed" and not disarming:
                cause = _Cause("link", now, str(fault))
            if cause is not None:
                self._note(cause, delivered=fault is None)
            if disarming:
                self._disarming = False
                self._before_stop = "disarmed"
                if self._state == "armed":
                    self._state = "disarmed"
            if self._at_rest:
                self._changed.notify_all()

    def _cause(self, now: float, outside: _Cause | None, blind: _Cause | None) -> _Cause | None:
        """What stops the robot now; one that is stopped already can't be stopped again."""
        if self._state == "stopped":
            self._asked = None
            return None
        if self._asked is not None or outside is not None:
            return self._asked or outside
        if self._state == "armed" and self._moves:
            return blind or self._overdue(now)
        return None

    @property
    def _moves(self) -> bool:
        asked = self._motion is not None and self._motion.velocity != STANDSTILL
        return asked or self._velocity != STANDSTILL

    def _deliver(self, velocity: Velocity) -> RobotFault | None:
        try:
            self._link.send(velocity)
        except RobotFault as fault:
            return fault
        return None

    def _note(self, cause: _Cause, delivered: bool) -> None:
        now = time.monotonic()
        if self._asked is cause:
            self._asked = None
        if cause.kind in LATCHED:
            self._motion = None
            self._velocity = STANDSTILL
            self._stopped_by = cause.detail
            self._before_stop = self._state
            self._state = "stopped"
        zero_after = now - cause.since if delivered else None
        self._trips.append(Trip(cause.kind, max(0.0, cause.since - self._trips_since), cause.detail, zero_after))

    def _next(self, now: float, elapsed: float) -> Velocity:
        """The velocity to send, as near to what is asked as the accelerations let it be."""
        motion = self._motion
        if motion is not None and now >= motion.until:
            motion = self._motion = None
        wanted = STANDSTILL if motion is None else motion.velocity
        return towards(self._velocity, wanted, self._limits, min(elapsed, 2 * _PERIOD))

    def _outside_reason(self, now: float) -> _Cause | None:
        """A stop that somebody or something outside this program asks for."""
        try:
            if self._link.stop_requested():
                return _Cause("stop topic", now, "an emergency stop came over the robot's stop topic")
        except RobotFault as fault:
            return _Cause("link", now, str(fault))
        cause = self._standing_reason(now)
        # Between trials somebody carries the robot about.
        return None if cause is not None and cause.kind == "geofence" and self._state != "armed" else cause

    def _standing_reason(self, now: float) -> _Cause | None:
        """A reason not to move that lasts until somebody mends it."""
        file, fence = self._limits.stop_file, self._limits.geofence
        if file is not None and file.exists():
            return _Cause("stop file", now, f"the stop file {file} exists; remove it")
        pose = self._pose() if self._pose is not None and fence is not None else None
        if pose is not None and fence is not None and not inside(fence, pose.x, pose.y):
            where = f"({pose.x:.2f}, {pose.y:.2f}) m"
            return _Cause("geofence", now, f"the robot is outside the geofence at {where}; set it back")
        return None

    def _blind(self, now: float, moving: bool) -> _Cause | None:
        """Why the pictures are no good for moving by."""
        try:
            frame: Frame | None = self._link.newest_frame()
        except RobotFault as fault:
            return _Cause("link", now, str(fault))
        if frame is None:
            return _Cause("frame age", now, "no picture has come yet")
        age, oldest = now - frame.received, self._limits.frame_age
        if age > oldest:
            since = frame.received + oldest
            detail = f"the newest picture is {age:.2f} s old; the limit is {oldest:g} s"
            # A picture that was too old before the robot moved is a limit crossed when it began to.
            began = self._moving_since if moving and self._moving_since < math.inf else since
            return _Cause("frame age", max(since, began), detail)
        most = self._limits.picture_age
        unchanged = max(frame.changed, self._moving_since)
        if moving and most is not None and now - unchanged > most:
            detail = f"the picture has been the same for {now - unchanged:.2f} s of motion; the limit is {most:g} s"
            return _Cause("picture unchanged", unchanged + most, detail)
        return None

    def _overdue(self, now: float) -> _Cause | None:
        motion = self._motion
        if motion is None or not motion.renewed or now < motion.until:
            return None
        detail = f"no command for {self._limits.command_age:g} s while moving: the policy is late"
        return _Cause("command age", motion.until, detail)


def within(velocity: Velocity, limits: Limits) -> Velocity:
    """`velocity` in the same direction over the ground, no faster than `limits` allow."""
    speed = math.hypot(velocity.forward, velocity.right)
    share = min(1.0, limits.speed / speed) if speed > 0 else 1.0
    turn = max(-limits.turn, min(limits.turn, velocity.turn))
    return Velocity(velocity.forward * share, velocity.right * share, turn)


def towards(current: Velocity, wanted: Velocity, limits: Limits, seconds: float) -> Velocity:
    """The velocity nearest to `wanted` that is reached from `current` within `seconds`."""
    ahead, aside = wanted.forward - current.forward, wanted.right - current.right
    change = math.hypot(ahead, aside)
    most = limits.acceleration * seconds
    share = min(1.0, most / change) if change > 0 else 1.0
    forward = wanted.forward if share == 1.0 else current.forward + ahead * share
    right = wanted.right if share == 1.0 else current.right + aside * share
    turned = limits.turn_acceleration * seconds
    turn = current.turn + max(-turned, min(turned, wanted.turn - current.turn))
    return Velocity(forward, right, wanted.turn if abs(wanted.turn - turn) < 1e-9 else turn)
