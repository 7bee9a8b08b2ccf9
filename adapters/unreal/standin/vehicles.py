"""The three kinds of vehicle: a camera that is placed, a multirotor and a car that move while time goes on."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from evalsuite.adapters.rehearsal import Body, Stride
from evalsuite.adapters.unreal.airsim_axes import Quaternion, core_from_ned, heading_of, ned_from_core, quaternion_of
from evalsuite.adapters.unreal.standin.scene import Scene
from evalsuite.adapters.unreal.standin.wire import Later
from evalsuite.crossview.geometry import Point
from evalsuite.seeding import Dice

PHYSICS_SECONDS = 0.01
FRAME_SECONDS = 1.0 / 60.0
LONGEST_OVERRUN_FRAMES = 2
RESPONSE_SECONDS = 0.15
"""How long a multirotor takes for two thirds of a change of speed. Ours."""

CAR_FULL_SPEED, CAR_ACCELERATION, CAR_BRAKING = 8.0, 6.0, 12.0
CAR_TURN_DEGREES = 75.0
NANOSECONDS = 1_000_000_000


class CallRefused(Exception):
    """What the server answers as an error."""


class Vehicle:
    """A vehicle's pose in 32-bit floats, as AirSim keeps it, and what it collided with last."""

    def __init__(self, scene: Scene, dialect: str) -> None:
        self._scene, self._dialect = scene, dialect
        self.position: Point = (0.0, 0.0, 0.0)
        self.orientation = Quaternion(1.0, 0.0, 0.0, 0.0)
        self.paused = False
        self.seconds = 0.0
        self.collision: tuple[str, int] | None = None
        self.controlled = False

    def place(self, position: Point, orientation: Quaternion) -> None:
        self.position = _single(position)
        self.orientation = Quaternion(*_single(orientation))

    def pause(self, paused: bool) -> None:
        self.catch_up()
        self.paused = paused

    def catch_up(self) -> None:
        """Bring the state up to now."""

    def continue_for(self, seconds: float) -> None:
        if self._dialect == "microsoft":
            raise CallRefused("continueForTime is not implemented by SimMode")

    def require_control(self) -> None:
        if not self.controlled:
            raise CallRefused("API control is not enabled: call enableApiControl first")


class MovingVehicle(Vehicle):
    """One with a body in the rehearsal world."""

    flies = True
    size = (0.6, 0.3)

    def __init__(self, scene: Scene, dialect: str) -> None:
        super().__init__(scene, dialect)
        self._wall = time.monotonic()
        self._left = 0.0
        self.body = Body(position=(0.0, 0.0, 0.0), width=self.size[0], height=self.size[1], flies=self.flies)

    def place(self, position: Point, orientation: Quaternion) -> None:
        super().place(position, orientation)
        x, y, z = core_from_ned(self.position)
        self.body.position = (x, y, z - self.size[1] / 2)
        self.body.yaw = heading_of(self.orientation)[0]
        self.body.vertical_speed = 0.0
        self.rest()

    def catch_up(self) -> None:
        now = time.monotonic()
        if not self.paused:
            self.advance(now - self._wall)
        self._wall = now

    def advance(self, seconds: float) -> None:
        """Let that much simulated time go by, in whole physics steps; the rest is kept."""
        self._left += seconds
        while self._left >= PHYSICS_SECONDS - 1e-9:
            self._left -= PHYSICS_SECONDS
            self.seconds += PHYSICS_SECONDS
            self.move(PHYSICS_SECONDS)
        x, y, z = self.body.position
        self.position = _single(ned_from_core((x, y, z + self.size[1] / 2)))
        self.orientation = Quaternion(*_single(quaternion_of(self.body.yaw)))

    def rest(self) -> None:
        """Lose all speed."""

    def move(self, seconds: float) -> None:
        """One physics step."""

    def note_collision(self, ahead: Point) -> None:
        low, high = self.body.bounds
        reach = 0.05
        for name, actor in self._scene.actors.items():
            thing = self._scene.world.things[actor.identity]
            a, b = thing.bounds
            near = all(p - reach < q and r + reach > t for p, q, r, t in zip(a, high, b, low, strict=True))
            if thing.solid and near:
                self.collision = (name, int(self.seconds * NANOSECONDS))
                return


class Multirotor(MovingVehicle):
    """Follows velocities in its own frame; blocks while time goes on for a given span."""

    def __init__(self, scene: Scene, dialect: str) -> None:
        super().__init__(scene, dialect)
        self._speed = [0.0, 0.0, 0.0]
        self._wanted = [0.0, 0.0, 0.0]
        self._turn = 0.0
        self._until = 0.0
        self._task: Later | None = None
        self.armed = False

    def rest(self) -> None:
        self._speed = [0.0, 0.0, 0.0]

    def command(self, forward: float, right: float, down: float, seconds: float, turn: float) -> Later:
        """Go on like that for `seconds`; answered when that is over, or when another command takes its place."""
        self.require_control()
        self.catch_up()
        if self._task is not None:
            self._task.done(False)
        self._wanted, self._turn = [forward, right, -down], turn
        self._until = self.seconds + seconds
        self._task = Later()
        return self._task

    def continue_for(self, seconds: float) -> None:
        self.catch_up()
        self.paused = True
        self.advance(seconds)

    def move(self, seconds: float) -> None:
        if self._task is not None and self.seconds >= self._until:
            self._task.done(True)
            self._task, self._wanted, self._turn = None, [0.0, 0.0, 0.0], 0.0
        share = 1.0 - math.exp(-seconds / RESPONSE_SECONDS)
        self._speed = [now + (to - now) * share for now, to in zip(self._speed, self._wanted, strict=True)]
        self.body.turn(0.0, self._turn * seconds)
        forward, right, up = self._speed
        if self.body.step(self._scene.world, seconds, Stride(forward, right, up)):
            self.note_collision(self.body.position)


class Car(MovingVehicle):
    """Throttle and steering; time goes on for a span by itself, and stops some frames late."""

    flies = False
    size = (1.0, 0.8)

    def __init__(self, scene: Scene, dialect: str) -> None:
        super().__init__(scene, dialect)
        self._speed = 0.0
        self._controls: dict[str, Any] = {}
        self._stop_at: float | None = None
        self._span = 0.0
        self._dice = Dice("car overrun")

    def rest(self) -> None:
        self._speed = 0.0

    def control(self, controls: dict[str, Any]) -> None:
        self.require_control()
        self.catch_up()
        self._controls = controls

    def continue_for(self, seconds: float) -> None:
        self.catch_up()
        overrun = self._dice.between(0, LONGEST_OVERRUN_FRAMES) * FRAME_SECONDS
        self._span = math.ceil(seconds / FRAME_SECONDS - 1e-9) * FRAME_SECONDS + overrun
        self._stop_at = time.monotonic() + self._span
        self.paused = False

    def catch_up(self) -> None:
        if self._stop_at is None:
            super().catch_up()
        elif time.monotonic() >= self._stop_at:
            self.advance(self._span)
            self._stop_at, self.paused, self._wall = None, True, time.monotonic()

    def move(self, seconds: float) -> None:
        throttle = float(self._controls.get("throttle", 0.0))
        held = bool(self._controls.get("handbrake")) or float(self._controls.get("brake", 0.0)) > 0.0
        wanted = 0.0 if held else throttle * CAR_FULL_SPEED
        change = (CAR_BRAKING if held or wanted == 0.0 else CAR_ACCELERATION) * seconds
        self._speed += max(-change, min(change, wanted - self._speed))
        grip = max(-1.0, min(1.0, self._speed / 2.0))
        self.body.turn(0.0, float(self._controls.get("steering", 0.0)) * CAR_TURN_DEGREES * grip * seconds)
        if self.body.step(self._scene.world, seconds, Stride(self._speed, 0.0)):
            self.note_collision(self.body.position)
            self._speed = 0.0


def vehicle_of(mode: str, scene: Scene, dialect: str) -> Vehicle:
    """A vehicle of that SimMode."""
    kinds: dict[str, type[Vehicle]] = {"Multirotor": Multirotor, "Car": Car}
    return kinds.get(mode, Vehicle)(scene, dialect)


def _single(numbers: Any) -> Any:
    """The same numbers with 32 bits each."""
    return tuple(float(np.float32(number)) for number in numbers)
