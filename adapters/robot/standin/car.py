"""The car: mecanum wheels, a camera that pitches, odometry that errs, and a time-out of its own."""

from __future__ import annotations

import math

from evalsuite.adapters.rehearsal import Body, Stride
from evalsuite.adapters.robot.link import STANDSTILL, Velocity
from evalsuite.adapters.robot.standin.scene import CAR_HEIGHT, CAR_WIDTH, Stage, Start
from evalsuite.crossview.geometry import Pose, wrap_degrees
from evalsuite.seeding import Dice

TICK = 0.02
"""Seconds of one step of the simulation."""

EYE_HEIGHT = 0.15
TIME_OUT = 0.5
"""Seconds without a command after which the car stands (LeKiwi's host has 0.5 s too)."""

_MOST_SPEED = 0.6
_MOST_TURN = 180.0
_ACCELERATION = 4.0
_TURN_ACCELERATION = 1440.0
_STILL = 1e-3
_ODOMETRY_ERROR = 0.02


class Car:
    """One car on a stage.

    Args:
        start: where it stands.
        time_out: seconds without a command after which it stands; None: never, as no robot should be.
    """

    def __init__(self, stage: Stage, start: Start, time_out: float | None = TIME_OUT) -> None:
        self._stage = stage
        self.time_out = time_out
        dice = Dice(*stage.scene.seed, "wheels")
        self._errors = [1.0 + dice.uniform(-_ODOMETRY_ERROR, _ODOMETRY_ERROR) for _ in range(3)]
        self.pitch = 0.0
        self.velocity = STANDSTILL
        self.wanted = STANDSTILL
        self.commands = self.beeps = 0
        self.seconds = 0.0
        self.commanded_at: float | None = None
        self.travelled = 0.0
        self.bumped = False
        self.odometry = Pose(x=0.0, y=0.0, z=0.0)
        self.place(start)

    def place(self, start: Start) -> None:
        """Lift it and set it down there, standing still; its odometry goes on from where it was."""
        yaw, place = wrap_degrees(start.yaw), (start.x, start.y, 0.0)
        self._body = Body(place, yaw=yaw, width=CAR_WIDTH, height=CAR_HEIGHT, eye_height=EYE_HEIGHT)
        self.velocity = self.wanted = STANDSTILL
        self._show()

    @property
    def pose(self) -> Pose:
        """Middle of its underside, and where it faces."""
        x, y, z = self._body.position
        return Pose(x=x, y=y, z=z, yaw=self._body.yaw)

    @property
    def eye(self) -> Pose:
        """The camera's pose."""
        x, y, z = self._body.position
        return Pose(x=x, y=y, z=z + EYE_HEIGHT, yaw=self._body.yaw, pitch=self.pitch)

    @property
    def moving(self) -> bool:
        return max(abs(self.velocity.forward), abs(self.velocity.right), abs(self.velocity.turn) / 100.0) > _STILL

    def command(self, velocity: Velocity) -> None:
        """Drive so until the next command or the time-out; what it can't do is cut to what it can."""
        self.commands += 1
        self.commanded_at = self.seconds
        self.wanted = Velocity(
            _within(velocity.forward, _MOST_SPEED),
            _within(velocity.right, _MOST_SPEED),
            _within(velocity.turn, _MOST_TURN),
        )

    def tilt(self, degrees: float) -> None:
        """Point the camera so far down from level; its servo reaches from -45 to 60."""
        self.pitch = max(-45.0, min(60.0, degrees))

    def tick(self) -> None:
        """Move on by `TICK` seconds."""
        self.seconds += TICK
        late = self.time_out is not None and (self.seconds - (self.commanded_at or 0.0)) > self.time_out
        if late:
            self.wanted = STANDSTILL
        now, wanted = self.velocity, self.wanted
        self.velocity = Velocity(
            _towards(now.forward, wanted.forward, _ACCELERATION * TICK),
            _towards(now.right, wanted.right, _ACCELERATION * TICK),
            _towards(now.turn, wanted.turn, _TURN_ACCELERATION * TICK),
        )
        if not self.moving:
            return
        before = self._body.position
        self._body.turn(0.0, self.velocity.turn * TICK)
        stride = Stride(forward=self.velocity.forward, right=self.velocity.right)
        self.bumped = self._body.step(self._stage.world, TICK, stride)
        self.travelled += math.dist(before[:2], self._body.position[:2])
        self._count_wheels()
        self._show()

    def _count_wheels(self) -> None:
        """Odometry adds up what the wheels turn, whether they slip or push against a wall."""
        ahead, aside, turn = self._errors
        yaw = wrap_degrees(self.odometry.yaw + self.velocity.turn * TICK * turn)
        sine, cosine = math.sin(math.radians(yaw)), math.cos(math.radians(yaw))
        forward, right = self.velocity.forward * TICK * ahead, self.velocity.right * TICK * aside
        x, y = self.odometry.x, self.odometry.y
        east, north = forward * sine + right * cosine, forward * cosine - right * sine
        self.odometry = Pose(x=x + east, y=y + north, z=0.0, yaw=yaw)

    def _show(self) -> None:
        self._stage.place_car(self._body.position, self._body.yaw)


def _within(value: float, most: float) -> float:
    return max(-most, min(most, value)) if math.isfinite(value) else 0.0


def _towards(value: float, goal: float, most: float) -> float:
    return value + _within(goal - value, most)
