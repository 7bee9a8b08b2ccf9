"""The scene behind the UnrealCV stand-in: a yard with walls, an injured person, a stretcher, and who can carry.

Everything is named, placed and printed as Unreal does it (centimetres, x north, y east); the pictures are the
rehearsal world's. What can be told only from UnrealCV's source is alike: a static actor takes a new location with
"ok" and stays; object_mask and depth show nothing that was never given a colour.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal import GROUND_ID, Body, Box, Figure, Look, Part, Picture, Renderer, Stride, World
from evalsuite.adapters.rehearsal.looks import Colour, Pattern, look_named, painted, uniform
from evalsuite.adapters.rehearsal.mobs import species
from evalsuite.adapters.rehearsal.shapes import Ball
from evalsuite.adapters.unreal.nearness import in_reach
from evalsuite.adapters.unreal.unrealcv_axes import CENTIMETRES, Rotation, UnrealAxes
from evalsuite.crossview.geometry import Point, Pose
from evalsuite.seeding import Dice

LEVEL_NAME = "RescueYard"
FLOOR_METRES = 1.04
YARD_MIDDLE = (4.0, -3.0)
"""Where the yard lies: not at the origin, as in most maps."""

YARD_HALF_METRES = 25.0
PLAYER, CASUALTY, STRETCHER = "BP_Character_C_1", "BP_Enemy_Character_C_1", "StaticMeshActor_1"
"""As in the published rescue maps."""

SPAWNABLE: Mapping[str, Point] = {"BP_Crate_C": (0.9, 0.9, 0.9), "CubeActor": (1.0, 1.0, 1.0)}
MOVABLE_CLASSES = frozenset({"BP_Crate_C"})

FARTHEST_HALF_FLOAT = 65504.0
_PIVOT_METRES = 0.9
_MOMENT_SECONDS = 0.05
_LONGEST_SECONDS = 5.0
_AXES = UnrealAxes()


@dataclass
class Actor:
    """Something with a name.

    Args:
        thing: its id in the rehearsal world.
        pivot: how high its own location lies above its underside, in metres.
        colour: in object_mask; None until it is given one.
    """

    name: str
    uclass: str
    thing: int
    location: Point
    pivot: float = 0.0
    movable: bool = False
    rotation: Rotation = (0.0, 0.0, 0.0)
    scale: Point = (1.0, 1.0, 1.0)
    colour: Colour | None = None
    hidden: bool = False


@dataclass
class Camera:
    """A camera; `actor` is its own name where it was spawned, `rides` the actor it is fixed to."""

    location: Point
    rotation: Rotation = (0.0, 0.0, 0.0)
    fov: float = 90.0
    size: tuple[int, int] = (640, 480)
    actor: str = ""
    rides: str = ""


@dataclass
class Human:
    """A character that moves by itself: speed in metres a second, tilt of its camera in degrees, + up."""

    body: Body
    speed: float = 0.0
    tilt: float = 0.0
    carries: bool = False


@dataclass
class Scene:
    """The yard; `seconds` is how long it has been running, not counting pauses."""

    actors: dict[str, Actor] = field(default_factory=dict)
    cameras: list[Camera] = field(default_factory=list)
    paused: bool = False
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.world = World("unrealcv stand-in", ground="grass", ground_z=FLOOR_METRES)
        self._renderer = Renderer(self.world)
        self._numbers = itertools.count(1)
        self._pictures: dict[tuple[object, ...], Picture] = {}
        self._clock = time.monotonic()
        self._furnish()

    def spawn(self, uclass: str, name: str = "") -> Actor:
        """A new actor of a class, at the map's origin. KeyError for an unknown class, ValueError for a taken name."""
        name = name or f"{uclass}_{next(self._numbers)}"
        if name in self.actors:
            raise ValueError(name)
        size = SPAWNABLE[uclass]
        look = look_named("oak_planks") if uclass == "BP_Crate_C" else look_named("plaster")
        return self._add(name, uclass, Box(size, look), (0.0, 0.0, 0.0), size[2] / 2, uclass in MOVABLE_CLASSES)

    def spawn_camera(self) -> Camera:
        """A new camera that is an actor, too."""
        name = f"FusionCameraActor_{next(self._numbers)}"
        camera = Camera((0.0, 0.0, 0.0), actor=name)
        self.cameras.append(camera)
        return camera

    def destroy(self, name: str) -> None:
        """Take an actor or a spawned camera away. KeyError when there is none."""
        for camera in self.cameras:
            if camera.actor == name:
                self.cameras.remove(camera)
                return
        self.world.remove(self.actors.pop(name).thing)
        self._pictures.clear()

    def put(self, actor: Actor, *, location: Point | None = None, rotation: Rotation | None = None) -> None:
        """Move an actor, if it can be moved."""
        if not actor.movable:
            return
        actor.location, actor.rotation = location or actor.location, rotation or actor.rotation
        if actor.name == PLAYER:
            x, y, z = _AXES.from_unreal(actor.location)
            self.human.body.position, self.human.body.yaw = (x, y, z - actor.pivot), actor.rotation[1]
        self._show(actor)

    def resize(self, actor: Actor, scale: Point) -> None:
        """Scale a box along Unreal's x, y and z."""
        shape = self.world.things[actor.thing].shape
        if isinstance(shape, Box):
            north, east, up = (old * new for old, new in zip(_along_unreal(shape.size), scale, strict=True))
            before = _along_unreal(actor.scale)
            self.world.things[actor.thing].shape = Box(
                (east / before[0], north / before[1], up / before[2]), shape.look
            )
            actor.pivot *= scale[2] / actor.scale[2]
        actor.scale = scale
        self._show(actor)

    def hide(self, actor: Actor, hidden: bool) -> None:
        actor.hidden = hidden
        self._pictures.clear()

    def bounds(self, actor: Actor) -> tuple[Point, Point]:
        """The corners of its upright box, in Unreal's centimetres."""
        low, high = self.world.things[actor.thing].bounds
        return _AXES.to_unreal(low), _AXES.to_unreal(high)

    def lit(self, camera: Camera) -> NDArray[np.uint8]:
        """RGB (height, width, 3)."""
        return self._picture(camera, {actor.thing for actor in self.actors.values() if actor.hidden}).rgb

    def object_mask(self, camera: Camera) -> NDArray[np.uint8]:
        """RGBA (height, width, 4): each pixel in the colour of the actor that it shows, black for none."""
        ids = self.ids(camera)
        return self._colours().take(ids).view(np.uint8).reshape(*ids.shape, 4)

    def ids(self, camera: Camera) -> NDArray[np.int32]:
        """The truth behind the mask: which thing of the rehearsal world each pixel shows."""
        return self._picture(camera, self._unseen()).ids

    def depth(self, camera: Camera) -> NDArray[np.float32]:
        """Centimetres along the optical axis, of half a float's precision."""
        metres = self._picture(camera, self._unseen()).depth
        centimetres = np.minimum(metres * CENTIMETRES, FARTHEST_HALF_FLOAT)
        halves: NDArray[np.float32] = centimetres.astype(np.float16).astype(np.float32)
        return halves

    def where(self, camera: Camera) -> tuple[Point, Rotation]:
        """Location and rotation of a camera, its carrier's where it rides on one."""
        if camera.rides != PLAYER:
            return camera.location, camera.rotation
        body = self.human.body
        return _AXES.to_unreal(body.eye), (self.human.tilt, body.yaw, 0.0)

    def tick(self) -> None:
        """Let the time that has passed since the last call pass here too, unless paused."""
        now = time.monotonic()
        passed, self._clock = now - self._clock, now
        if self.paused:
            return
        self.seconds += passed
        human, left = self.human, min(passed, _LONGEST_SECONDS)
        while left > 0.0 and (human.speed or not human.body.on_ground):
            moment = min(left, _MOMENT_SECONDS)
            human.body.step(self.world, moment, Stride(forward=human.speed))
            left -= moment
        self._follow()

    def pause(self, paused: bool) -> None:
        self.paused = paused

    def carry(self) -> None:
        """The player takes up the injured person, if it is near and in front."""
        casualty = self.actors[CASUALTY]
        if not self.human.carries and in_reach(self.human.body.pose, _AXES.from_unreal(casualty.location)):
            self.human.carries = True
            self._follow()

    def drop(self) -> None:
        """The player lays down whom it carries, a step ahead."""
        if self.human.carries:
            self.human.carries = False
            x, y, z = self.human.body.position
            east, north, _ = Pose(x=0.0, y=0.0, z=0.0, yaw=self.human.body.yaw).direction
            casualty = self.actors[CASUALTY]
            self.put(casualty, location=_AXES.to_unreal((x + 0.8 * east, y + 0.8 * north, z + casualty.pivot)))

    def _follow(self) -> None:
        player, body = self.actors[PLAYER], self.human.body
        x, y, z = body.position
        player.location, player.rotation = _AXES.to_unreal((x, y, z + player.pivot)), (0.0, body.yaw, 0.0)
        self._show(player)
        if self.human.carries:
            self.put(self.actors[CASUALTY], location=_AXES.to_unreal((x, y, z + 1.5)), rotation=(0.0, body.yaw, 0.0))

    def _show(self, actor: Actor) -> None:
        x, y, z = _AXES.from_unreal(actor.location)
        self.world.move(actor.thing, (x, y, z - actor.pivot), actor.rotation[1])
        self._pictures.clear()

    def _add(
        self, name: str, uclass: str, shape: Box | Ball | Figure, location: Point, pivot: float, movable: bool
    ) -> Actor:
        thing = self.world.add(uclass, shape, (0.0, 0.0, 0.0), name=name)
        actor = Actor(name, uclass, thing, location, pivot, movable)
        self.actors[name] = actor
        self._show(actor)
        return actor

    def _unseen(self) -> set[int]:
        return {actor.thing for actor in self.actors.values() if actor.hidden or actor.colour is None}

    def _colours(self) -> NDArray[np.uint32]:
        """The colour of each id, its four bytes in one number."""
        highest = max((actor.thing for actor in self.actors.values()), default=GROUND_ID)
        colours = np.zeros((highest + 1, 4), np.uint8)
        colours[:, 3] = 255
        colours[GROUND_ID, :3] = _default_colour(0)
        for actor in self.actors.values():
            if actor.colour is not None:
                colours[actor.thing, :3] = actor.colour
        return colours.view(np.uint32).ravel()

    def _picture(self, camera: Camera, hide: set[int]) -> Picture:
        location, rotation = self.where(camera)
        if camera.rides:
            hide = hide | {self.actors[camera.rides].thing}
        key = (location, rotation, camera.fov, camera.size, frozenset(hide))
        if key not in self._pictures:
            if len(self._pictures) >= 4:
                self._pictures.clear()
            pose = _AXES.pose_from_unreal(location, rotation)
            width, height = camera.size
            self._pictures[key] = self._renderer.render(
                pose, width, height, horizontal_fov=camera.fov, roll=rotation[2], hide=hide
            )
        return self._pictures[key]

    def _furnish(self) -> None:
        east, north = YARD_MIDDLE
        for number, (low, high, look) in enumerate(yard_walls(), start=1):
            size = (high[0] - low[0], high[1] - low[1], high[2] - low[2])
            middle = ((low[0] + high[0]) / 2 + east, (low[1] + high[1]) / 2 + north, FLOOR_METRES + low[2])
            wall = self._add(
                f"SM_Wall_{number}", "StaticMeshActor", Box(size, look), _AXES.to_unreal(middle), 0.0, False
            )
            self.world.things[wall.thing].solid = True
        people = ((PLAYER, "bp_character_C", species("person")[0]), (CASUALTY, "BP_Enemy_Character_C", _LYING))
        for away, (name, uclass, shape) in enumerate(people):
            place = (east, north - 20.0 - 2.0 * away, FLOOR_METRES + _PIVOT_METRES)
            self._add(name, uclass, shape, _AXES.to_unreal(place), _PIVOT_METRES, True)
        place = (east + 4.0, north - 20.0, FLOOR_METRES)
        self._add(STRETCHER, "StaticMeshActor", _STRETCHER, _AXES.to_unreal(place), 0.0, True)
        for number, actor in enumerate(self.actors.values(), start=1):
            actor.colour = _default_colour(number)
        feet = _AXES.from_unreal(self.actors[PLAYER].location)
        self.human = Human(Body((feet[0], feet[1], FLOOR_METRES)))
        self.cameras += [
            Camera(_AXES.to_unreal((east, north, 30.0)), (-90.0, 0.0, 0.0)),
            Camera((0, 0, 0), rides=PLAYER),
        ]


def yard_walls() -> list[tuple[Point, Point, Look]]:
    """(low, high, look) of every wall and shed, in metres from the yard's middle and its floor."""
    dice, half = Dice("rescue yard"), YARD_HALF_METRES
    fence, thickness = look_named("oak_planks"), 0.4
    walls: list[tuple[Point, Point, Look]] = [
        ((-half, -half, 0.0), (half, -half + thickness, 2.4), fence),
        ((-half, half - thickness, 0.0), (half, half, 2.4), fence),
        ((-half, -half, 0.0), (-half + thickness, half, 2.4), fence),
        ((half - thickness, -half, 0.0), (half, half, 2.4), fence),
    ]
    for column, row in itertools.product(range(-2, 3), range(-2, 3)):
        x, y = column * 9.5 + dice.uniform(-1.2, 1.2), row * 9.5 + dice.uniform(-1.2, 1.2)
        look = look_named(dice.pick(("bricks", "stone", "plaster", "red", "blue", "yellow")))
        if dice.chance(0.3):
            east, north = dice.uniform(2.4, 3.6), dice.uniform(2.4, 3.6)
        else:
            east, north = (dice.uniform(4.0, 6.0), 0.4) if dice.chance(0.5) else (0.4, dice.uniform(4.0, 6.0))
        x, y, east, north = (round(value, 2) for value in (x, y, east, north))
        height = round(dice.uniform(2.4, 3.0), 2)
        walls.append(((x - east / 2, y - north / 2, 0.0), (x + east / 2, y + north / 2, height), look))
    return walls


def _along_unreal(size: Point) -> Point:
    """(east, north, up) <-> (x, y, z) extents."""
    return (size[1], size[0], size[2])


def _default_colour(number: int) -> Colour:
    """A colour of its own for each actor, as UnrealCV gives one at its start."""
    return (20 + 37 * number % 211, 20 + 83 * number % 223, 20 + 149 * number % 227)


def _part(low: Point, high: Point, colour: Colour, pattern: Pattern = "grain") -> Part:
    return Part(low, high, uniform(painted(colour, pattern)))


_SKIN, _SHIRT, _JEANS, _STEEL, _SHEET = (206, 160, 130), (214, 96, 30), (44, 60, 120), (120, 124, 130), (232, 232, 226)

_LYING = Figure(
    "injured person",
    (
        _part((-0.2, -0.92, 0.0), (-0.03, -0.1, 0.2), _JEANS),
        _part((0.03, -0.92, 0.0), (0.2, -0.1, 0.2), _JEANS),
        _part((-0.25, -0.1, 0.0), (0.25, 0.55, 0.24), _SHIRT),
        _part((-0.46, -0.06, 0.0), (-0.28, 0.5, 0.16), _SKIN),
        _part((0.28, -0.06, 0.0), (0.46, 0.5, 0.16), _SKIN),
        _part((-0.13, 0.58, 0.0), (0.13, 0.88, 0.24), _SKIN),
    ),
    1.84,
    0.24,
)
_STRETCHER = Figure(
    "stretcher",
    (
        _part((-0.34, -1.0, 0.5), (0.34, 1.0, 0.62), _SHEET, "speckle"),
        _part((-0.3, 0.6, 0.62), (0.3, 0.95, 0.72), _SHEET, "plain"),
        _part((-0.36, -0.2, 0.5), (0.36, 0.1, 0.64), (190, 30, 34), "plain"),
        *(_part((x, y, 0.0), (x + 0.06, y + 0.06, 0.5), _STEEL) for x in (-0.32, 0.26) for y in (-0.9, 0.84)),
    ),
    2.0,
    0.72,
)
