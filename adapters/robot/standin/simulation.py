"""The room and the car in it, moved on by the clock or in lockstep, and asked and told from several threads."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal import Renderer
from evalsuite.adapters.robot.link import Velocity
from evalsuite.adapters.robot.standin.car import TICK, Car
from evalsuite.adapters.robot.standin.faults import Faults
from evalsuite.adapters.robot.standin.scene import Scene, Stage, Start, build
from evalsuite.adapters.robot.standin.sensor_noise import SensorNoise
from evalsuite.adapters.robot.standin.settings import StandInSettings, View
from evalsuite.crossview.geometry import Pose, ground_distance

_MOST_BEHIND = 1.0


class Simulation:
    """Everything behind the wires; each method may be called from any thread."""

    def __init__(self, settings: StandInSettings) -> None:
        # Pictures are drawn of rooms of their own, so that the car drives on meanwhile; this lock is taken first.
        self._rendering = threading.Lock()
        self._lock = threading.Lock()
        self._settings = settings
        self.faults = settings.faults
        self.lockstep = settings.lockstep
        self._shown: dict[str, Stage] = {}
        self._renderers: dict[str, Renderer] = {}
        self._noise: dict[str, SensorNoise] = {}
        self._stopped_at: float | None = time.monotonic()
        self._commanded_at: float | None = None
        self._caught_up = time.monotonic()
        self._set_up(settings.scene)
        # The first picture paints the sky and the floor.
        for camera in self._shown:
            self.picture(camera)
        self._caught_up = time.monotonic()

    def set_scene(self, scene: Scene) -> None:
        """Clear the room and set it up anew, with a car that has just been switched on."""
        with self._rendering, self._lock:
            self._set_up(scene)

    def place_car(self, start: Start) -> None:
        with self._lock:
            self._car.place(start)

    def place_ball(self, x: float, y: float) -> None:
        with self._rendering, self._lock:
            for stage in (self._stage, *self._shown.values()):
                stage.place_ball(x, y)

    def set_faults(self, faults: Faults) -> None:
        with self._lock:
            self.faults = faults
            self._car.time_out = faults.time_out

    def command(self, velocity: Velocity) -> None:
        """A command has arrived at the car."""
        if not self.faults.deaf:
            with self._lock:
                self._car.command(velocity)
                self._commanded_at = time.monotonic()

    def tilt(self, degrees: float) -> None:
        with self._lock:
            self._car.tilt(degrees)

    def beep(self) -> None:
        with self._lock:
            self._car.beeps += 1

    def catch_up(self) -> None:
        """Move on to now; a machine that slept does not make the car leap."""
        now = time.monotonic()
        with self._lock:
            if self.lockstep:
                self._caught_up = now
                return
            self._caught_up = max(self._caught_up, now - _MOST_BEHIND)
            while self._caught_up + TICK <= now:
                self._caught_up += TICK
                self._tick()

    def advance(self, seconds: float) -> None:
        """Move on by `seconds` at once, to the nearest tick."""
        with self._lock:
            for _ in range(round(seconds / TICK)):
                self._tick()

    @property
    def seed(self) -> tuple[str | int, ...]:
        """The scene's."""
        return self._stage.scene.seed

    @property
    def odometry(self) -> tuple[Pose, Velocity]:
        """Where the car believes it is, and how fast."""
        with self._lock:
            return self._car.odometry, self._car.velocity

    def picture(self, camera: str) -> NDArray[np.uint8]:
        """What "car" or "overhead" sees now, with noise, as a sensor has it: uint8 (height, width, 3) RGB."""
        with self._rendering:
            with self._lock:
                eye, place = self._car.eye, self._car.pose
            stage = self._shown[camera]
            stage.place_car(place.position, place.yaw)
            pose, hidden = (eye, stage.car) if camera == "car" else (stage.scene.overhead, ())
            view = self._view(camera)
            seen = self._renderers[camera].render(
                pose, view.width, view.height, horizontal_fov=view.horizontal_fov, hide=hidden
            )
            return self._noise[camera].on(seen.rgb)

    def photograph(
        self, pose: Pose, width: int, height: int, horizontal_fov: float, *, with_car: bool
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """RGB from anywhere without noise, and the ball's mask in it, uint8 0/1 (height, width)."""
        with self._rendering:
            stage = self._shown["car"]
            with self._lock:
                place = self._car.pose
            stage.place_car(place.position, place.yaw)
            hidden = () if with_car else stage.car
            seen = self._renderers["car"].render(pose, width, height, horizontal_fov=horizontal_fov, hide=hidden)
            return seen.rgb, (seen.ids == stage.ball).astype(np.uint8)

    def truth(self, *, look: bool) -> dict[str, Any]:
        """What is so; with `look`, how many of the car's own camera's pixels show the ball."""
        with self._lock:
            car, stage = self._car, self._stage
            ball = stage.world.things[stage.ball].centre if stage.ball is not None else None
            found: dict[str, Any] = {
                "monotonic": time.monotonic(),
                "seconds": car.seconds,
                "car": car.pose.model_dump(),
                "eye": car.eye.model_dump(),
                "velocity": vars(car.velocity),
                "wanted": vars(car.wanted),
                "moving": car.moving,
                "stopped_at": self._stopped_at,
                "commanded_at": self._commanded_at,
                "commands": car.commands,
                "beeps": car.beeps,
                "bumped": car.bumped,
                "travelled": car.travelled,
                "ball": ball,
                "distance": ground_distance(car.pose.position, ball) if ball is not None else None,
            }
        if look:
            view = self._settings.camera
            eye = Pose.model_validate(found["eye"])
            _, mask = self.photograph(eye, view.width, view.height, view.horizontal_fov, with_car=False)
            found["ball_pixels"] = int(mask.sum())
        return found

    def _view(self, camera: str) -> View:
        return self._settings.camera if camera == "car" else self._settings.overhead

    def _set_up(self, scene: Scene) -> None:
        self._stage: Stage = build(scene)
        self._car = Car(self._stage, scene.start, self.faults.time_out)
        for camera in ("car", "overhead"):
            view = self._view(camera)
            self._shown[camera] = build(scene)
            self._renderers[camera] = Renderer(self._shown[camera].world)
            self._noise[camera] = SensorNoise((*scene.seed, camera), view.width, view.height)

    def _tick(self) -> None:
        self._car.tick()
        if self._car.moving:
            self._stopped_at = None
        elif self._stopped_at is None:
            self._stopped_at = time.monotonic()
