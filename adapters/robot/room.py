"""The room that the robot is in, real or rehearsed: what is asked of a person, and where goal views come from."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Protocol

from evalsuite.adapters.robot.config import RobotConfig
from evalsuite.adapters.robot.goal_files import load_goal
from evalsuite.adapters.robot.level import RoomLevel
from evalsuite.adapters.robot.standin.scene import Crate, Plate, Scene, Start
from evalsuite.adapters.robot.standin.simulated_car import Address, SimulatedCar
from evalsuite.crossview.geometry import Pose, wrap_degrees
from evalsuite.crossview.simulator import GoalView, SimulatorSpec
from evalsuite.suite.scenario import Scenario

COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
ROBOT_TAG, TARGET_TAG = 0, 1


class Room(Protocol):
    """What differs between a room and its rehearsal."""

    @property
    def rehearsal(self) -> bool: ...

    @property
    def address(self) -> str:
        """Where a rehearsal's things can be moved; empty in a real room."""

    def furnish(self, scenario: Scenario, level: RoomLevel) -> None:
        """Put up what stands in the way, as far as nobody has to be asked for it."""

    def instructions(self, scenario: Scenario, level: RoomLevel, config: RobotConfig) -> tuple[str, ...]:
        """What the operator has to do."""

    def goal_view(self, scenario: Scenario, spec: SimulatorSpec) -> GoalView: ...


class RealRoom:
    """Goal views are stored; a person does everything else."""

    rehearsal = False
    address = ""

    def __init__(self, config: RobotConfig) -> None:
        self._config = config

    def furnish(self, scenario: Scenario, level: RoomLevel) -> None:
        """A person does, as instructed."""

    def instructions(self, scenario: Scenario, level: RoomLevel, config: RobotConfig) -> tuple[str, ...]:
        return set_up(scenario, level, config)

    def goal_view(self, scenario: Scenario, spec: SimulatorSpec) -> GoalView:
        return load_goal(self._config.goals, scenario.id, spec.width, spec.height)


class RehearsalRoom:
    """A simulated car's room."""

    rehearsal = True

    def __init__(self, car: SimulatedCar) -> None:
        self._car = car

    @property
    def address(self) -> str:
        return json.dumps(asdict(self._car.address))

    def furnish(self, scenario: Scenario, level: RoomLevel) -> None:
        self._car.set_scene(scene_of(level, scenario))

    def instructions(self, scenario: Scenario, level: RoomLevel, config: RobotConfig) -> tuple[str, ...]:
        return set_up(scenario, level, config)

    def goal_view(self, scenario: Scenario, spec: SimulatorSpec) -> GoalView:
        """As a camera over the room would take it before the car is brought in, with the exact mask."""
        camera = scenario.goals[0].camera
        image, mask = self._car.photograph(camera, spec.width, spec.height, spec.horizontal_fov, with_car=False)
        return GoalView(image, mask)


def joined_room(address: str) -> SimulatedCar:
    """The simulated car at a rehearsal's `address`."""
    return SimulatedCar(Address(**json.loads(address)))


def scene_of(level: RoomLevel, scenario: Scenario) -> Scene:
    """The rehearsal's scene: the ball a step from its mark, the car in a corner, until someone sets them right."""
    west, south, _, _ = level.area
    x, y, _ = scenario.goals[0].target.position
    return Scene(
        seed=("robot", scenario.id),
        room=level.area,
        ball=(x, y),
        ball_radius=level.radius,
        boxes=tuple(Crate(low=box.low, high=box.high) for box in level.boxes),
        start=Start(x=west + 0.8, y=south + 0.4),
        robot_tag=Plate(id=ROBOT_TAG),
        target_tag=Plate(id=TARGET_TAG, size=0.1),
    )


def mark(eye: Pose, ahead: float) -> Pose:
    """Where the robot's middle has to be for its camera, `ahead` metres before it, to be at `eye`."""
    yaw = math.radians(eye.yaw)
    return Pose(x=eye.x - ahead * math.sin(yaw), y=eye.y - ahead * math.cos(yaw), z=0.0, yaw=wrap_degrees(eye.yaw))


def set_up(scenario: Scenario, level: RoomLevel, config: RobotConfig) -> tuple[str, ...]:
    """The lines that tell a person what to set where."""
    robot = mark(scenario.start, config.camera.ahead)
    target = scenario.goals[0].target
    heading = COMPASS[round((robot.yaw % 360.0) / 45.0) % 8]
    lines = [f"Boxes: {box_in_words(box.low, box.high)}" for box in level.boxes]
    lines += [
        f"Target ({target.kind}): at x {target.position[0]:+.2f} m, y {target.position[1]:+.2f} m.",
        f"Robot: middle at x {robot.x:+.2f} m, y {robot.y:+.2f} m, facing {robot.yaw:+.0f} degrees ({heading}).",
        "x is east and y is north on your marks; degrees are clockwise from north.",
    ]
    return (*lines, level.instruction) if level.instruction else tuple(lines)


def box_in_words(low: tuple[float, float, float], high: tuple[float, float, float]) -> str:
    """Such as "0.90 x 0.30 m, 0.40 m high, middle at x +0.00 m, y +0.10 m"."""
    wide, deep, tall = (b - a for a, b in zip(low, high, strict=True))
    x, y = (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
    return f"{wide:.2f} x {deep:.2f} m, {tall:.2f} m high, middle at x {x:+.2f} m, y {y:+.2f} m."
