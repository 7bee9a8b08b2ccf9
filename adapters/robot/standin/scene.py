"""What stands in the rehearsal's room: a ball, crates, walls, tags on the floor, and the car."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PositiveFloat

from evalsuite.adapters.rehearsal import Box, Look, Paint, World, look_named, painted
from evalsuite.adapters.robot.tag_images import modules_across, tag_picture
from evalsuite.crossview.geometry import Point, Pose

CAR_WIDTH = 0.26
CAR_HEIGHT = 0.14
_TAG_TEXELS = 512
_PLATE = 0.004
_WALL = 0.1


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Crate(_Strict):
    """A box on the floor, between two corners in metres; `look` as in `rehearsal.look_named`."""

    low: tuple[FiniteFloat, FiniteFloat, FiniteFloat]
    high: tuple[FiniteFloat, FiniteFloat, FiniteFloat]
    look: str = "crafting_table"


class Plate(_Strict):
    """A printed tag that lies flat: its middle at (x, y), its upper edge towards `yaw` degrees.

    Args:
        size: edge of the black square in metres.
        height: of its face above the floor.
    """

    id: Annotated[int, Field(ge=0)]
    x: FiniteFloat = 0.0
    y: FiniteFloat = 0.0
    yaw: FiniteFloat = 0.0
    size: PositiveFloat = 0.15
    height: PositiveFloat = _PLATE


class Start(_Strict):
    """Where the car stands: metres, degrees clockwise from north."""

    x: FiniteFloat = 0.0
    y: FiniteFloat = -1.2
    yaw: FiniteFloat = 0.0


class Scene(_Strict):
    """The room.

    Args:
        seed: noise, odometry errors and dropouts follow from it.
        room: (west, south, east, north) in metres, inside the walls.
        wall_height: metres.
        floor, walls (west, east, south, north), ball_look: materials, as in `rehearsal.look_named`.
        ball: middle of the ball on the floor; None for no ball.
        robot_tag, target_tag: plates on the car (its front is the tag's upper edge) and on top of the ball; their
            `x`, `y`, `yaw` and `height` follow from what carries them.
        floor_tags: plates at measured places.
        overhead: pose of the camera that looks down.
    """

    seed: tuple[str | int, ...] = ("robot",)
    room: tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat] = (-2.0, -2.0, 2.0, 2.0)
    wall_height: PositiveFloat = 0.6
    floor: str = "wood_floor"
    walls: tuple[str, str, str, str] = ("plaster", "oak_planks", "bricks", "concrete")
    ball: tuple[FiniteFloat, FiniteFloat] | None = (0.0, 1.2)
    ball_radius: PositiveFloat = 0.1
    ball_look: str = "#d02818"
    boxes: tuple[Crate, ...] = ()
    start: Start = Start()
    robot_tag: Plate | None = Plate(id=0)
    target_tag: Plate | None = None
    floor_tags: tuple[Plate, ...] = (
        Plate(id=10, x=-1.6, y=-1.6),
        Plate(id=11, x=1.6, y=-1.6),
        Plate(id=12, x=1.6, y=1.6),
        Plate(id=13, x=-1.6, y=1.6),
    )
    overhead: Pose = Pose(x=0.0, y=-1.1, z=2.5, yaw=0.0, pitch=74.0)


ROBOT_TAG_HEIGHT = CAR_HEIGHT + _PLATE


def target_tag_height(scene: Scene) -> float:
    """Height of the face of the tag on the ball, in metres."""
    return 2 * scene.ball_radius + _PLATE


@dataclass
class Stage:
    """A scene in a world: the ids of what moves."""

    world: World
    scene: Scene
    ball: int | None
    target_plate: int | None
    car: tuple[int, ...]

    def place_car(self, position: Point, yaw: float) -> None:
        """Show the car there."""
        x, y, _ = position
        for identity, height in zip(self.car, (0.0, CAR_HEIGHT), strict=False):
            self.world.move(identity, (x, y, height), yaw)

    def place_ball(self, x: float, y: float) -> None:
        """Put the ball, and the tag on it, somewhere else. Raises `ValueError` when there is none."""
        if self.ball is None:
            raise ValueError("the scene has no ball")
        self.world.move(self.ball, (x, y, 0.0))
        if self.target_plate is not None:
            self.world.move(self.target_plate, (x, y, 2 * self.scene.ball_radius))


def build(scene: Scene) -> Stage:
    """The scene's world."""
    world = World(*scene.seed, ground=scene.floor, sky="overcast")
    west, south, east, north = scene.room
    height = scene.wall_height
    corners = (
        ((west - _WALL, south - _WALL), (west, north + _WALL)),
        ((east, south - _WALL), (east + _WALL, north + _WALL)),
        ((west, south - _WALL), (east, south)),
        ((west, north), (east, north + _WALL)),
    )
    for (low, high), look in zip(corners, scene.walls, strict=True):
        world.add_box("wall", (*low, 0.0), (*high, height), look_named(look))
    for crate in scene.boxes:
        world.add_box("box", crate.low, crate.high, look_named(crate.look))
    for plate in scene.floor_tags:
        _lay(world, plate, (plate.x, plate.y, plate.height - _PLATE), plate.yaw)
    ball = target_plate = None
    if scene.ball is not None:
        x, y = scene.ball
        radius = scene.ball_radius
        ball = world.add_ball("ball", (x, y, radius), radius, look_named(scene.ball_look))
        world.things[ball].solid = True
        if scene.target_tag is not None:
            target_plate = _lay(world, scene.target_tag, (x, y, 2 * radius), scene.target_tag.yaw)
    shell = Look(painted((70, 74, 84), "frame", (40, 42, 48)), painted((84, 88, 96)), painted((30, 30, 30)))
    size = (CAR_WIDTH, CAR_WIDTH, CAR_HEIGHT)
    place = (scene.start.x, scene.start.y)
    car = [world.add("car", Box(size, shell), (*place, 0.0), scene.start.yaw)]
    if scene.robot_tag is not None:
        car.append(_lay(world, scene.robot_tag, (*place, CAR_HEIGHT), scene.start.yaw))
    return Stage(world, scene, ball, target_plate, tuple(car))


def _lay(world: World, plate: Plate, at: Point, yaw: float) -> int:
    across = modules_across("36h11")
    edge = plate.size * (across + 2) / across
    return world.add("tag", Box((edge, edge, _PLATE), _tag_look(plate.id)), at, yaw, name=f"tag {plate.id}")


@cache
def _tag_look(number: int) -> Look:
    white = painted((235, 235, 235), "plain")
    texels = np.repeat(tag_picture(number, _TAG_TEXELS)[..., None], 3, axis=2)
    # The tile is never averaged: its modules are larger than pixels wherever a tag can be read.
    printed = Paint(np.where(texels > 0, 235, 20).astype(np.uint8), None, blurs=False)
    return Look(white, printed, white)
