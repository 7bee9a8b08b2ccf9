"""How the car with the stripes moves: after the newest velocity, until none comes any more."""

from __future__ import annotations

import math
from dataclasses import dataclass

from evalsuite.adapters.robot.link import STANDSTILL, Velocity
from evalsuite.crossview.geometry import wrap_degrees

TIME_OUT = 0.5
"""Seconds: the default `cmd_vel_timeout` of ros2_control's diff_drive_controller, and LeKiwi's host watchdog."""


@dataclass(frozen=True)
class CarState:
    """Metres, degrees clockwise from y, and what the wheels do now."""

    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0
    velocity: Velocity = STANDSTILL


class Car:
    """A car without inertia. Times are seconds of any one clock.

    Args:
        time_out: seconds after the last command at which it stops by itself; None never stops (a robot to refuse).
        sideways: whether it has wheels for that.
    """

    def __init__(
        self, state: CarState | None = None, time_out: float | None = TIME_OUT, sideways: bool = False
    ) -> None:
        self.state = state or CarState()
        self.time_out = time_out
        self._sideways = sideways
        self._commanded: Velocity = STANDSTILL
        self._commanded_at = -math.inf

    def command(self, velocity: Velocity, now: float) -> None:
        self._commanded = velocity
        self._commanded_at = now

    def put(self, x: float, y: float, yaw: float) -> None:
        """Somebody lifts it and sets it down."""
        self.state = CarState(x, y, yaw, self.state.velocity)

    def advance(self, now: float, seconds: float) -> CarState:
        """Where it is after `seconds`, up to `now`; they should be short against a turn."""
        late = self.time_out is not None and now - self._commanded_at > self.time_out
        wheels = STANDSTILL if late else self._commanded
        right = wheels.right if self._sideways else 0.0
        velocity = Velocity(wheels.forward, right, wheels.turn)
        yaw = self.state.yaw + velocity.turn * seconds
        heading = math.radians(self.state.yaw + velocity.turn * seconds / 2)
        ahead, aside = velocity.forward * seconds, velocity.right * seconds
        x = self.state.x + ahead * math.sin(heading) + aside * math.cos(heading)
        y = self.state.y + ahead * math.cos(heading) - aside * math.sin(heading)
        self.state = CarState(x, y, wrap_degrees(yaw), velocity)
        return self.state
