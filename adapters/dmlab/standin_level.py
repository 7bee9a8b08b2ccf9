"""The stand-in's half of levels/cross_view.lua: the same statements, the same rules, in the rehearsal world."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.dmlab.catalogue import BOT_HEIGHT, KINDS
from evalsuite.adapters.dmlab.measures import (
    CELL_METRES,
    DEGREES_PER_PIXEL,
    EYE_METRES,
    FRAMES_PER_SECOND,
    UNITS_PER_METRE,
    cell_middle,
    pose_from_units,
)
from evalsuite.adapters.rehearsal import (
    Body,
    Box,
    Figure,
    Look,
    Part,
    Renderer,
    Stride,
    World,
    cast,
    painted,
)
from evalsuite.adapters.rehearsal.looks import Pattern
from evalsuite.crossview.geometry import Point, wrap_degrees
from evalsuite.seeding import Dice

SPEED = 6.4
STRAIGHTENING = 0.2
"""Share of the difference to the wanted speed that is made up in a frame: full speed after some ten, as measured."""

TOUCH_METRES = 0.75
SHOT_REACH_METRES = 12.0
SHOT_RADIUS_METRES = 0.36
FRAMES_BETWEEN_SHOTS = 6
BLOW_REACH_METRES = 1.3
BULLET_REACH_METRES = 100.0
BOT_HEALTH = 20.0
_DAMAGE = {"melee": 50.0, "projectile": 7.0}
_HORIZONTAL_FOV = 90.0
_NO_PICTURES = np.zeros((1, 1, 1, 1), np.uint8)

Event = tuple[str, list[str]]


@dataclass
class Lock:
    """A door: the statement's name, the key that opens it, and the thing that stands there while it is shut."""

    name: str
    key: str
    box: int
    middle: Point
    colour: tuple[int, int, int]


@dataclass
class Told:
    """The statements, read."""

    words: dict[str, str] = field(default_factory=dict)
    things: list[list[str]] = field(default_factory=list)
    bots: list[list[str]] = field(default_factory=list)
    doors: dict[str, list[str]] = field(default_factory=dict)

    @staticmethod
    def read(text: str) -> Told:
        told = Told()
        for line in text.splitlines():
            statement, _, rest = line.partition(" ")
            words = rest.split()
            if statement == "thing":
                told.things.append(words)
            elif statement == "bot":
                told.bots.append(words)
            elif statement == "door":
                told.doors[words[1]] = words
            elif statement in ("map", "seed", "textures", "rule", "maze", "variations", "start"):
                told.words[statement] = rest
            else:
                raise RuntimeError(f"unknown statement {statement}")
        return told


class StandinEpisode:
    """One episode of the level."""

    def __init__(self, told: Told, seed: int, *, first: bool) -> None:
        self._told = told
        self._rule = told.words["rule"]
        self._maze = told.words["maze"].split("/")
        self.world = World("dmlab stand-in", told.words["seed"], seed, ground="tiles", sky="day")
        self.frames = 0
        self.events: list[Event] = []
        self._renderer = Renderer(self.world)
        self._picture: NDArray[np.uint8] | None = None
        self._velocity = (0.0, 0.0)
        self._wait = 0
        self._keys: set[str] = set()
        self._build_walls()
        self._things = dict(self._placed_things())
        self._locks = list(self._shut_doors())
        self._bots = [self._come_in(number) for number in range(len(told.bots))]
        x, y, pitch, angle = map(float, told.words["start"].split())
        pose = pose_from_units(x, y, 0.0, pitch, angle)
        lifted = 0.05 if first else 0.0
        self.body = Body(
            position=(pose.x, pose.y, lifted),
            yaw=pose.yaw,
            pitch=pose.pitch,
            height=EYE_METRES + 0.1,
            eye_height=EYE_METRES,
        )

    def frame(self, action: NDArray[np.intc]) -> float:
        """Move on by a sixtieth of a second; the reward."""
        right, down, strafe, move, fire, _, crouch = (int(v) for v in action)
        self._picture = None
        self.frames += 1
        self.body.turn(down * DEGREES_PER_PIXEL, right * DEGREES_PER_PIXEL)
        wanted = (move * SPEED, strafe * SPEED)
        ahead, aside = (now + (then - now) * STRAIGHTENING for now, then in zip(self._velocity, wanted, strict=True))
        self._velocity = (ahead, aside)
        self.body.step(self.world, 1 / FRAMES_PER_SECOND, Stride(forward=ahead, right=aside, sneak=bool(crouch)))
        self.world.step(1 / FRAMES_PER_SECOND)
        self._wait = max(0, self._wait - 1)
        before = len(self.events)
        if fire and not self._wait:
            self._wait = FRAMES_BETWEEN_SHOTS
            self._fire()
        self._touch()
        return float(sum(kind != "opened" for kind, _ in self.events[before:]))

    def picture(self, width: int, height: int) -> NDArray[np.uint8]:
        """What the player sees, uint8 (height, width, 3)."""
        if self._picture is None:
            shown = self._renderer.render(self.body.pose, width, height, horizontal_fov=_HORIZONTAL_FOV)
            self._picture = shown.rgb
        picture: NDArray[np.uint8] = self._picture.copy()
        return picture

    def pose(self) -> NDArray[np.float64]:
        """x, y, z, pitch, angle as CROSSVIEW.POSE has them."""
        x, y, z = (v * UNITS_PER_METRE for v in self.body.eye)
        return np.array([x, y, z, self.body.pitch, wrap_degrees(90.0 - self.body.yaw)])

    def bots(self) -> NDArray[np.float64]:
        """One row a bot: eye, health, 1."""
        rows = np.zeros((max(1, len(self._bots)), 5))
        for row, bot in zip(rows, self._bots, strict=False):
            thing = self.world.things[bot]
            x, y, z = thing.position
            row[:] = [*(v * UNITS_PER_METRE for v in (x, y, z + EYE_METRES)), thing.health or 0.0, 1.0]
        return rows

    def look(self, asked: str, width: int, height: int) -> NDArray[np.uint8]:
        """The answer to the property `look`: uint8 (pictures, height, width, 3)."""
        kind, *words = asked.split() or ["off"]
        if kind == "off":
            return _NO_PICTURES
        camera = pose_from_units(*map(float, words[:5]))
        seen = self._renderer.render(camera, width, height, horizontal_fov=_HORIZONTAL_FOV)
        pictures = [] if kind == "mask" else [seen.rgb]
        if kind != "view":
            mask = seen.ids == self._marked(*words[5:])
            for colour in (255, 0):
                painted_over = seen.rgb.copy()
                painted_over[mask] = colour
                pictures.append(painted_over)
        return np.stack(pictures)

    def _marked(self, what: str, which: str) -> int:
        if what == "thing":
            return self._things.get(int(which), -1)
        if what == "bot":
            return self._bots[int(which) - 1]
        return next((lock.box for lock in self._locks if lock.name == which), -1)

    def _build_walls(self) -> None:
        side = round(CELL_METRES)
        looks = _wall_looks(self._told.words["textures"], int(self._told.words["seed"]))
        for row, line in enumerate(reversed(self._maze)):
            for column, cell in enumerate(line):
                if cell == "*":
                    low = (column * side, row * side, 0)
                    high = (low[0] + side - 1, low[1] + side - 1, side - 1)
                    self.world.fill(low, high, "wall", looks[(row // 4 + column // 4) % len(looks)])

    def _placed_things(self) -> Iterator[tuple[int, int]]:
        kinds = {kind.model: kind for kind in KINDS.values()}
        for number, (name, model, role, _, *place) in enumerate(self._told.things, start=1):
            x, y, z = (float(v) / UNITS_PER_METRE for v in place)
            kind = kinds[model]
            if role == "fruit":
                look = _plain(kind.colour)
                yield number, self.world.add_ball(model, (x, y, z), kind.radius, look, name=name)
            else:
                box = Box((kind.radius, kind.radius, 2 * kind.radius), _plain(kind.colour))
                yield number, self.world.add(model, box, (x, y, z - kind.radius), name=name)

    def _shut_doors(self) -> Iterator[Lock]:
        rows = len(self._maze)
        for row, line in enumerate(self._maze):
            for column, cell in enumerate(line):
                words = self._told.doors.get(f"door_{column}_{rows - 1 - row}")
                if cell in "HI" and words:
                    name, _, key, *colour = words
                    x, y = cell_middle(row, column, rows)
                    wide, thin = CELL_METRES / 2, 0.08
                    east, north = (wide, thin) if cell == "H" else (thin, wide)
                    red, green, blue = map(int, colour)
                    look = _plain((red, green, blue))
                    low, high = (x - east, y - north, 0.0), (x + east, y + north, CELL_METRES)
                    box = self.world.add_box("door", low, high, look, name=name)
                    yield Lock(name, key, box, (x, y, CELL_METRES / 2), (red, green, blue))

    def _come_in(self, number: int) -> int:
        name, x, y = self._told.bots[number]
        place = (float(x) / UNITS_PER_METRE, float(y) / UNITS_PER_METRE, 0.0)
        bot = self.world.add_mob("robot", place, name=name, health=BOT_HEALTH, wanders=False)
        self.world.things[bot].shape = _bot_figure()
        self.world.things[bot].mob = None  # With a mind it would flee when hit; the engine's bots stand still.
        return bot

    def _touch(self) -> None:
        x, y, _ = self.body.position
        if self._rule == "touch":
            for number, identity in list(self._things.items()):
                middle = self.world.things[identity].centre
                role = self._told.things[number - 1][2]
                if role != "landmark" and max(abs(middle[0] - x), abs(middle[1] - y)) < TOUCH_METRES:
                    self._take(number, "touched")
        for lock in list(self._locks):
            near = max(abs(lock.middle[0] - x), abs(lock.middle[1] - y)) < CELL_METRES * 0.75
            if near and (lock.key == "none" or lock.key in self._keys):
                self._locks.remove(lock)
                self.world.remove(lock.box)
                self.events.append(("opened", [lock.name, "touched"]))

    def _take(self, number: int, means: Literal["touched", "shot"]) -> None:
        name, _, role, *_ = self._told.things[number - 1]
        if role == "key":
            self._keys.add(name)
        self.world.remove(self._things.pop(number))
        self.events.append(("taken", [name, means]))

    def _fire(self) -> None:
        if self._rule == "shoot":
            nearest = self._nearest_in_line()
            if nearest is not None:
                self._take(nearest, "shot")
        elif self._rule in _DAMAGE and self._bots:
            reach = BLOW_REACH_METRES if self._rule == "melee" else BULLET_REACH_METRES
            hit = cast(self.world, self.body.eye, self.body.direction, reach, ignore=set(self._things.values()))
            if hit is not None and hit.id in self._bots:
                self._hurt(self._bots.index(hit.id))

    def _hurt(self, number: int) -> None:
        happened = self.world.damage(self._bots[number], _DAMAGE[self._rule], source=self.body.position)
        if any(each.what == "killed" for each in happened):
            self._bots[number] = self._come_in(number)
            self.events.append(("tagged", [str(number + 1), self._rule]))

    def _nearest_in_line(self) -> int | None:
        eye, ahead = self.body.eye, self.body.direction
        best: tuple[float, int] | None = None
        for number, identity in self._things.items():
            middle = self.world.things[identity].centre
            to = (middle[0] - eye[0], middle[1] - eye[1], middle[2] - eye[2])
            along = sum(a * b for a, b in zip(to, ahead, strict=True))
            aside = math.sqrt(max(0.0, sum(v * v for v in to) - along * along))
            is_fruit = self._told.things[number - 1][2] == "fruit"
            if not (is_fruit and 0.0 < along < SHOT_REACH_METRES and aside < SHOT_RADIUS_METRES):
                continue
            behind_wall = cast(self.world, eye, to, math.dist(middle, eye), ignore=set(self._things.values()))
            if behind_wall is None and (best is None or along < best[0]):
                best = (along, number)
        return None if best is None else best[1]


@cache
def _bot_figure() -> Figure:
    """A barrel with two hands, of the size of the engine's own."""
    barrel, dark = _plain((120, 130, 120)), _plain((60, 70, 80))
    return Figure(
        "robot",
        (
            Part((-0.3, -0.3, 0.25), (0.3, 0.3, 0.9), barrel),
            Part((-0.12, -0.12, 0.0), (0.12, 0.12, 0.25), dark),
            Part((-0.5, -0.1, 0.4), (-0.32, 0.1, 0.7), dark, 1.0),
            Part((0.32, -0.1, 0.4), (0.5, 0.1, 0.7), dark, -1.0),
        ),
        width=0.6,
        height=BOT_HEIGHT,
    )


def _plain(colour: tuple[int, int, int]) -> Look:
    paint = painted(colour, "grain")
    return Look(paint, paint, paint)


def _wall_looks(textures: str, seed: int) -> list[Look]:
    """A few looks for the walls, so that one place is not like the next."""
    dice = Dice("dmlab stand-in walls", textures, seed)
    patterns: tuple[Pattern, ...] = ("bricks", "planks", "checker", "frame", "rings")
    looks = []
    for pattern in patterns:
        paint = painted((dice.between(60, 220), dice.between(60, 220), dice.between(60, 220)), pattern)
        looks.append(Look(paint, paint, paint))
    return looks
