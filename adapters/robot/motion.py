"""From the suite's actions to a robot's motion: table 4 of ROCKET-3 (arXiv 2507.23698), column "robot car".

forward / back / left / right are 0.1 m each, yaw is the wheels', pitch the camera's, attack sounds the beeper; several
at once are carried out one after the other. That is `BlockingMotion`, at 2 Hz. `ContinuousMotion` drives on while the
policy thinks.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from evalsuite.adapters.robot.commands import CommandThread
from evalsuite.adapters.robot.limits import Limits
from evalsuite.adapters.robot.link import STANDSTILL, Odometry, RobotFault, RobotLink, Velocity
from evalsuite.adapters.robot.pulses import Pulse, Pulses, Scale, load_pulses, pulse_for
from evalsuite.crossview.geometry import wrap_degrees
from evalsuite.crossview.spaces import Action
from evalsuite.errors import UsageError

if TYPE_CHECKING:
    from evalsuite.adapters.robot.config import RobotConfig

STEP_METRES = 0.1
PATIENCE = 3.0
"""Seconds that pictures may stay away in the middle of an action before it is given up."""

_NEAR_METRES = 0.004
_NEAR_DEGREES = 0.5
_STILL_METRES = 0.001
_STILL_DEGREES = 0.1
_SETTLE = 0.05
_RENEWAL = 0.02
_LEAD = 0.3
_CREEP = 0.03
_CREEP_DEGREES = 5.0
_NO_PROGRESS = 1.0


class Execution(Protocol):
    """How an action is carried out."""

    @property
    def pitch(self) -> float:
        """How far the camera looks down now, in degrees, 0 at the start."""

    def carry_out(self, action: Action, seen: float | None = None) -> None:
        """Do what a checked `action` says, and return when the next may come.

        `seen` is when the picture arrived that it was decided from. Raises `RobotFault` when the robot was stopped for
        good or can't see.
        """

    def halt(self) -> None:
        """Slow down to a standstill, at the end of an episode."""


def make_execution(config: RobotConfig, commands: CommandThread, link: RobotLink) -> Execution:
    """What robot.yaml asks for. Raises `UsageError` for a bad file of pulses, or a rate that the limits forbid."""
    pulses = load_pulses(config.pulses) if config.pulses is not None else None
    if config.execution == "continuous":
        return ContinuousMotion(commands, link, config.limits, config.rate, config.step)
    return BlockingMotion(commands, link, config.limits, config.rate, config.step, pulses)


class _Extras:
    """Camera and beeper, which both ways of moving have."""

    def __init__(self, link: RobotLink) -> None:
        self._link = link
        self.pitch = 0.0

    def carry_out(self, action: Action) -> None:
        degrees = float(action["camera"][0])
        if degrees != 0.0 and "camera pitch" in self._link.abilities:
            turned = max(-90.0, min(90.0, self.pitch + degrees)) - self.pitch
            self._link.pitch_camera(turned)
            self.pitch += turned
        if action["attack"] and "beeper" in self._link.abilities:
            self._link.beep()


@dataclass(frozen=True)
class _Leg:
    """A part of an action: metres ahead, metres to the right, or degrees clockwise; only one of them is not 0."""

    forward: float = 0.0
    right: float = 0.0
    turn: float = 0.0

    @property
    def amount(self) -> float:
        return self.forward or self.right or self.turn

    def at(self, speed: float) -> Velocity:
        """The velocity of `speed` in the direction of this leg."""
        signed = math.copysign(speed, self.amount)
        if self.turn:
            return Velocity(turn=signed)
        return Velocity(right=signed) if self.right else Velocity(forward=signed)

    def gone(self, start: Odometry, now: Odometry) -> float:
        """How much of it has been done, in its own direction; may be negative."""
        if self.turn:
            return math.copysign(1.0, self.turn) * wrap_degrees(now.yaw - start.yaw)
        heading = math.radians(start.yaw)
        east, north = now.x - start.x, now.y - start.y
        ahead = east * math.sin(heading) + north * math.cos(heading)
        aside = east * math.cos(heading) - north * math.sin(heading)
        return math.copysign(1.0, self.amount) * (aside if self.right else ahead)


class BlockingMotion:
    """One thing after the other, then a standstill: an `Execution`.

    With odometry each leg ends when the robot has gone it; else it is a pulse of a length that `pulses` know.

    Args:
        rate: actions a second at most; one that takes longer takes longer.
        step: metres of forward, back, left and right.
        pulses: what pulses come to; None: what they would be for a perfect robot.
    """

    def __init__(
        self,
        commands: CommandThread,
        link: RobotLink,
        limits: Limits,
        rate: float = 2.0,
        step: float = STEP_METRES,
        pulses: Pulses | None = None,
    ) -> None:
        self._commands = commands
        self._link = link
        self._limits = limits
        self._period = 1.0 / rate
        self._step = step
        self._pulses = pulses or Pulses()
        self._extras = _Extras(link)
        self.unfinished = 0
        """Legs that were given up because the robot made no progress, as against a wall."""

    @property
    def pitch(self) -> float:
        return self._extras.pitch

    def carry_out(self, action: Action, seen: float | None = None) -> None:
        began = time.monotonic()
        ahead = self._step * (action["forward"] - action["back"])
        aside = self._step * (action["right"] - action["left"])
        if aside and "sideways" not in self._link.abilities:
            raise RobotFault("this robot can't drive sideways: mask left and right, or set link.sideways")
        for leg in (_Leg(forward=ahead), _Leg(right=aside), _Leg(turn=float(action["camera"][1]))):
            if leg.amount:
                self._go(leg)
        self._extras.carry_out(action)
        time.sleep(max(0.0, began + self._period - time.monotonic()))

    def halt(self) -> None:
        _halt(self._commands)

    def _go(self, leg: _Leg) -> None:
        start = self._link.odometry() if "odometry" in self._link.abilities else None
        if start is None:
            self._go_blindly(leg)
        elif abs(leg.turn) > 90.0:
            # Odometry can't tell a turn by 200 degrees from one by -160.
            self._go(_Leg(turn=leg.turn / 2))
            self._go(_Leg(turn=leg.turn / 2))
        else:
            self._go_until_there(leg, start)

    def _go_until_there(self, leg: _Leg, start: Odometry) -> None:
        most, acceleration = self._bounds(leg)
        near, creep = (_NEAR_DEGREES, _CREEP_DEGREES) if leg.turn else (_NEAR_METRES, _CREEP)
        farthest, progressed = 0.0, time.monotonic()
        while True:
            now = time.monotonic()
            gone = leg.gone(start, self._link.odometry() or start)
            left = abs(leg.amount) - gone
            if left <= near:
                break
            if gone > farthest + near:
                farthest, progressed = gone, now
            if now - progressed > _NO_PROGRESS:
                self.unfinished += 1
                break
            if self._regained_sight():
                progressed = time.monotonic()
            # Half the acceleration: what is on its way to the wheels is gone further than the odometry says.
            speed = min(most, max(creep, math.sqrt(acceleration * left)))
            self._commands.drive(leg.at(speed), _LEAD)
            time.sleep(_RENEWAL)
        _halt(self._commands)
        self._come_to_rest(leg)

    def _come_to_rest(self, leg: _Leg) -> None:
        """Until the odometry stands still, or it has had the time for that."""
        still = _STILL_DEGREES if leg.turn else _STILL_METRES
        deadline = time.monotonic() + _NO_PROGRESS
        before = self._link.odometry()
        while before is not None and time.monotonic() < deadline:
            time.sleep(_SETTLE)
            now = self._link.odometry()
            if now is None or (now.received > before.received and abs(leg.gone(before, now)) < still):
                return
            before = now

    def _go_blindly(self, leg: _Leg) -> None:
        most, acceleration = self._bounds(leg)
        pulse = pulse_for(leg.amount, most, acceleration, self._scale(leg))
        left = pulse.seconds
        while left > 0.0:
            self._regained_sight()
            left -= self._pulsed(leg, Pulse(pulse.velocity, left))

    def _pulsed(self, leg: _Leg, pulse: Pulse) -> float:
        """Seconds of the pulse that were driven before a watchdog cut it; all of them if none did."""
        trips, began = len(self._commands.trips), time.monotonic()
        self._commands.drive(leg.at(abs(pulse.velocity)), pulse.seconds)
        while not self._commands.wait(_RENEWAL):
            if time.monotonic() - began > pulse.seconds + PATIENCE:
                raise RobotFault("the command thread does not come to rest; connect again")
        cut = len(self._commands.trips) > trips
        return min(pulse.seconds, time.monotonic() - began) if cut else pulse.seconds

    def _bounds(self, leg: _Leg) -> tuple[float, float]:
        limits = self._limits
        return (limits.turn, limits.turn_acceleration) if leg.turn else (limits.speed, limits.acceleration)

    def _scale(self, leg: _Leg) -> Scale:
        return self._pulses.turn if leg.turn else self._pulses.right if leg.right else self._pulses.forward

    def _regained_sight(self) -> bool:
        return _await_sight(self._commands)


class ContinuousMotion:
    """Velocities, held while the policy thinks: an `Execution`. An action's way is spread over one step.

    Args:
        rate: actions a second.
        step: metres of forward, back, left and right in one step.

    Raises:
        UsageError: when a command would be too old before the next can come.
    """

    def __init__(
        self, commands: CommandThread, link: RobotLink, limits: Limits, rate: float, step: float = STEP_METRES
    ) -> None:
        if limits.command_age < 1.5 / rate:
            raise UsageError(
                f"at {rate:g} steps/s a command is {1 / rate:.2f} s old before the next one, and limits.command_age is "
                f"{limits.command_age:g} s: raise the rate, or use execution: blocking"
            )
        self._commands = commands
        self._link = link
        self._rate = rate
        self._step = step
        self._extras = _Extras(link)

    @property
    def pitch(self) -> float:
        return self._extras.pitch

    def carry_out(self, action: Action, seen: float | None = None) -> None:
        began = time.monotonic()
        aside = self._step * (action["right"] - action["left"])
        if aside and "sideways" not in self._link.abilities:
            raise RobotFault("this robot can't drive sideways: mask left and right, or set link.sideways")
        ahead = self._step * (action["forward"] - action["back"])
        velocity = Velocity(ahead * self._rate, aside * self._rate, float(action["camera"][1]) * self._rate)
        if velocity != STANDSTILL and _await_sight(self._commands):
            # Decided before the pictures stayed away: the next decision sees again.
            velocity = STANDSTILL
        self._commands.hold(velocity, seen)
        self._extras.carry_out(action)
        time.sleep(max(0.0, began + 1.0 / self._rate - time.monotonic()))

    def halt(self) -> None:
        _halt(self._commands)


def _halt(commands: CommandThread) -> None:
    if commands.state == "armed":
        commands.drive(STANDSTILL, 0.0)
        commands.wait(PATIENCE)


def _await_sight(commands: CommandThread) -> bool:
    """Wait for pictures, standing; whether that was necessary. Raises `RobotFault` when none come."""
    reason = commands.blind()
    if reason is None:
        return False
    deadline = time.monotonic() + PATIENCE
    while reason is not None:
        if time.monotonic() > deadline:
            raise RobotFault(f"the robot can't see: {reason}; look after its camera")
        time.sleep(_RENEWAL)
        reason = commands.blind()
    return True
