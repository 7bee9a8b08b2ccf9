"""What is in the world, how it is changed, and how it moves on by itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from evalsuite.adapters.rehearsal import mobs, projectiles
from evalsuite.adapters.rehearsal.happenings import Happening, Means
from evalsuite.adapters.rehearsal.looks import Look, look_named
from evalsuite.adapters.rehearsal.shapes import GROUND_ID, SKY_ID, Ball, Box, Figure, Shape
from evalsuite.crossview.geometry import Point
from evalsuite.seeding import Dice

Cell = tuple[int, int, int]
Bounds = tuple[Point, Point]


@dataclass(frozen=True)
class Block:
    """A solid unit cube on the grid: `cell` (i, j, k) covers [i, i+1] x [j, j+1] x [k, k+1] metres."""

    id: int
    kind: str
    cell: Cell
    look: Look = field(compare=False)

    @property
    def bounds(self) -> Bounds:
        i, j, k = self.cell
        return ((i, j, k), (i + 1.0, j + 1.0, k + 1.0))

    @property
    def centre(self) -> Point:
        i, j, k = self.cell
        return (i + 0.5, j + 0.5, k + 0.5)


@dataclass
class Thing:
    """Anything that isn't a block: a wall, a ball, a mob, an item, an arrow.

    Args:
        id: unique in its world, never used again.
        kind: what it is, such as "sheep".
        name: what the caller calls it; the kind unless given.
        position: the middle of its underside, in metres.
        yaw: where it faces, in degrees; a solid box must stay at a multiple of 90.
        solid: whether bodies and mobs collide with it.
        item: whether it can be picked up.
        health: None for what can't be hurt.
        velocity: metres a second.
        stride: phase of its walk in radians.
        mob, flight: what moves it, where something does.
    """

    id: int
    kind: str
    name: str
    shape: Shape
    position: Point
    yaw: float = 0.0
    solid: bool = False
    item: bool = False
    health: float | None = None
    velocity: Point = (0.0, 0.0, 0.0)
    stride: float = 0.0
    mob: mobs.Mind | None = None
    flight: projectiles.Flight | None = None

    @property
    def size(self) -> Point:
        """Extent in metres of its upright, axis-aligned bounding box."""
        shape = self.shape
        if isinstance(shape, Ball):
            return (2 * shape.radius, 2 * shape.radius, 2 * shape.radius)
        if isinstance(shape, Figure):
            return (shape.width, shape.width, shape.height)
        if self.yaw % 180.0 == 0.0:
            return shape.size
        sine, cosine = abs(math.sin(math.radians(self.yaw))), abs(math.cos(math.radians(self.yaw)))
        east, north, up = shape.size
        return (east * cosine + north * sine, east * sine + north * cosine, up)

    @property
    def bounds(self) -> Bounds:
        (x, y, z), (east, north, up) = self.position, self.size
        return ((x - east / 2, y - north / 2, z), (x + east / 2, y + north / 2, z + up))

    @property
    def centre(self) -> Point:
        x, y, z = self.position
        return (x, y, z + self.size[2] / 2)


class World:
    """Blocks and things over a ground plane.

    Args:
        seed: all that is random follows from these parts.
        ground: look of the ground plane; None for no ground at all.
        ground_z: its height in metres.
        sky: "day", "dusk", "overcast" or "night".
    """

    def __init__(
        self, *seed: str | int, ground: str | Look | None = "grass", ground_z: float = 0.0, sky: str = "day"
    ) -> None:
        self.seed = seed
        self.ground = look_named(ground) if isinstance(ground, str) else ground
        self.ground_z = ground_z
        self.sky = sky
        self.blocks: dict[Cell, Block] = {}
        self.things: dict[int, Thing] = {}
        self.blocks_version = 0
        self.seconds = 0.0
        self._next_id = GROUND_ID + 1
        self._block_cells: dict[int, Cell] = {}

    def set_block(self, cell: Cell, kind: str, look: Look | None = None) -> int:
        """Put a block there, in place of any that was, and return its id."""
        self.remove_block(cell)
        block = Block(self._new_id(), kind, cell, look or look_named(kind))
        self.blocks[cell] = block
        self._block_cells[block.id] = cell
        self.blocks_version += 1
        return block.id

    def fill(self, low: Cell, high: Cell, kind: str, look: Look | None = None) -> list[int]:
        """`set_block` on every cell from `low` to `high`, both ends included."""
        spans = [range(a, b + 1) for a, b in zip(low, high, strict=True)]
        return [self.set_block((i, j, k), kind, look) for k in spans[2] for j in spans[1] for i in spans[0]]

    def remove_block(self, cell: Cell) -> Block | None:
        """Take the block away; None when there was none."""
        block = self.blocks.pop(cell, None)
        if block is not None:
            del self._block_cells[block.id]
            self.blocks_version += 1
        return block

    def block_at(self, point: Point) -> Block | None:
        """The block that holds a point."""
        return self.blocks.get((math.floor(point[0]), math.floor(point[1]), math.floor(point[2])))

    def add_box(
        self,
        kind: str,
        low: Point,
        high: Point,
        look: Look | None = None,
        *,
        name: str | None = None,
        solid: bool = True,
        health: float | None = None,
    ) -> int:
        """A free axis-aligned box between two corners."""
        size = (high[0] - low[0], high[1] - low[1], high[2] - low[2])
        if min(size) <= 0.0:
            raise ValueError(f"a box needs low < high on every axis, not {low} and {high}")
        position = ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2])
        return self.add(kind, Box(size, look or look_named(kind)), position, name=name, solid=solid, health=health)

    def add_ball(
        self, kind: str, centre: Point, radius: float, look: Look | None = None, *, name: str | None = None
    ) -> int:
        """A ball at rest; not solid."""
        shape = Ball(radius, look or look_named(kind))
        return self.add(kind, shape, (centre[0], centre[1], centre[2] - radius), name=name)

    def add_item(
        self, kind: str, position: Point, look: Look | None = None, *, size: float = 0.3, name: str | None = None
    ) -> int:
        """A small box that turns on the spot and can be picked up: `World.items_near`."""
        shape = Box((size, size, size), look or look_named(kind))
        thing = self.things[self.add(kind, shape, position, name=name)]
        thing.item = True
        return thing.id

    def add_mob(
        self,
        kind: str,
        position: Point,
        yaw: float = 0.0,
        *,
        name: str | None = None,
        health: float | None = None,
        wanders: bool = True,
    ) -> int:
        """A mob that wanders as its own dice say and flees when hurt; kinds are those of `mobs.FIGURES`.

        A kind that isn't known there gets a person's body in a colour of its own.
        """
        figure, usual_health, speed = mobs.species(kind)
        identity = self.add(kind, figure, position, yaw, name=name, health=usual_health if health is None else health)
        mind = mobs.Mind(Dice(*self.seed, "mob", identity), speed, wanders=wanders)
        self.things[identity].mob = mind
        return identity

    def shoot(
        self,
        origin: Point,
        direction: Point,
        speed: float,
        *,
        owner: int = 0,
        damage: float = 5.0,
        gravity: float = 20.0,
        drag: float = 0.2,
        kind: str = "arrow",
    ) -> int:
        """Let an arrow fly from `origin` along `direction` (of any length); it never hits its owner.

        Args:
            speed: metres a second at the start (a fully drawn Minecraft bow: 60).
            gravity: metres a second squared.
            drag: share of its speed lost a second.
        """
        return projectiles.launch(
            self, kind, origin, direction, speed, projectiles.Flight(owner, damage, gravity, drag)
        )

    def add(
        self,
        kind: str,
        shape: Shape,
        position: Point,
        yaw: float = 0.0,
        *,
        name: str | None = None,
        solid: bool = False,
        health: float | None = None,
    ) -> int:
        """Any shape, standing at `position` (the middle of its underside)."""
        identity = self._new_id()
        self.things[identity] = Thing(identity, kind, name or kind, shape, position, yaw, solid=solid, health=health)
        return identity

    def move(self, identity: int, position: Point, yaw: float | None = None) -> None:
        """Put a thing somewhere else at once."""
        thing = self.things[identity]
        thing.position = position
        if yaw is not None:
            thing.yaw = yaw

    def remove(self, identity: int) -> None:
        """Take a thing or block away for good; KeyError when there is none of that id."""
        if identity in self._block_cells:
            self.remove_block(self._block_cells[identity])
        else:
            del self.things[identity]

    def find(self, identity: int) -> Block | Thing | None:
        """The block or thing of that id; None when it is gone."""
        cell = self._block_cells.get(identity)
        return self.blocks[cell] if cell is not None else self.things.get(identity)

    def has_block(self, identity: int) -> bool:
        """Whether that id is a block's."""
        return identity in self._block_cells

    def kind_of(self, identity: int) -> str:
        """Its kind; "sky", "ground", or "" when there is none of that id."""
        if identity in (SKY_ID, GROUND_ID):
            return ("sky", "ground")[identity]
        found = self.find(identity)
        return found.kind if found is not None else ""

    def damage(
        self,
        identity: int,
        amount: float,
        *,
        source: Point | None = None,
        means: Means = "melee",
        by: int = 0,
    ) -> list[Happening]:
        """Hurt a thing: a hit, and a kill (which removes it) when its health runs out.

        A mob is pushed away from `source` and flees. What has no health is hit without effect.
        """
        thing = self.things[identity]
        happenings = [Happening("hit", identity, thing.kind, thing.name, means, by)]
        if thing.health is None:
            return happenings
        thing.health -= amount
        if thing.health <= 0.0:
            del self.things[identity]
            happenings.append(Happening("killed", identity, thing.kind, thing.name, means, by))
        elif thing.mob is not None:
            mobs.frighten(thing, source)
        return happenings

    def items_near(self, point: Point, within: float) -> list[Thing]:
        """Items whose middle is within that many metres, nearest first."""
        near = [(math.dist(thing.centre, point), thing) for thing in self.things.values() if thing.item]
        return [thing for away, thing in sorted(near, key=lambda pair: (pair[0], pair[1].id)) if away <= within]

    def solids(self, low: Point, high: Point) -> Iterator[Bounds]:
        """Bounds of everything solid, the ground aside, that overlaps the box from `low` to `high`."""
        blocks = self.blocks
        if blocks:
            for i in range(math.floor(low[0]), math.ceil(high[0])):
                for j in range(math.floor(low[1]), math.ceil(high[1])):
                    for k in range(math.floor(low[2]), math.ceil(high[2])):
                        if (i, j, k) in blocks:
                            yield ((i, j, k), (i + 1.0, j + 1.0, k + 1.0))
        for thing in self.things.values():
            if thing.solid:
                a, b = thing.bounds
                if all(p < q and r > t for p, q, r, t in zip(a, high, b, low, strict=True)):
                    yield (a, b)

    def step(self, seconds: float) -> list[Happening]:
        """Move mobs, items and arrows on by `seconds` (0.02 to 0.1), in the order of their ids."""
        self.seconds += seconds
        happenings: list[Happening] = []
        for thing in list(self.things.values()):
            if thing.id not in self.things:
                continue
            if thing.mob is not None:
                mobs.step(self, thing, thing.mob, seconds)
            elif thing.flight is not None:
                happenings += projectiles.step(self, thing, thing.flight, seconds)
            elif thing.item:
                thing.yaw = (thing.yaw + 90.0 * seconds) % 360.0
        return happenings

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1
