"""Arenas for the Blocks environment: a walled floor of stretched cubes high above the map, the same for a layout.

Where the blocks of Blocks stand can't be known without running it, and a scenario must be known to be solvable and its
goal to be visible before it is frozen. So it brings its ground along, spawned from the one asset that every Blocks has:
a cube of a metre.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pydantic import BaseModel, ConfigDict

from evalsuite.adapters.unreal.actions import Deed
from evalsuite.adapters.unreal.backend import Prop
from evalsuite.adapters.unreal.clearance import EYE_METRES
from evalsuite.crossview.floor_plan import FloorPlan, Place
from evalsuite.crossview.geometry import Point, ground_distance
from evalsuite.errors import UsageError
from evalsuite.seeding import Dice
from evalsuite.suite.level import check_frozen, read_level
from evalsuite.suite.scenario import Scenario

HALF = 30.0
"""The floor reaches from -HALF to HALF metres."""

FENCE_METRES = 3.0
CELL_METRES = 0.5
CLEAR_METRES = 0.45
"""How far from anything solid a cell's middle must be: a body's radius of 0.3 m, and a little so as not to rub."""

KINDS: Mapping[str, Point] = {
    "crate": (1.0, 1.0, 1.0),
    "pillar": (0.6, 0.6, 2.4),
    "bench": (2.0, 0.6, 0.6),
    "post": (0.4, 0.4, 1.4),
    "board": (1.6, 0.3, 1.6),
    "plinth": (1.4, 1.4, 0.6),
}
"""What a target can be: its extent in metres. Nothing is lower than what a walker notices right before its feet."""

DEED_OF_INTERACTION: Mapping[str, Deed] = {"approach": "nothing", "interact": "use", "break": "break"}

_OF_A_KIND = 3
"""The target and this many less one of its own kind: only the mask says which is meant."""

_OTHERS = 4
_AREA_METRES = 9.0
_APART_METRES = 3.5
_WALLS = 9
_TOWERS = 5
_ROOM_METRES = 1.6


class BlocksSpec(BaseModel):
    """A scenario's `level`.

    Args:
        layout: seed of the arena's making.
        cast: the target's kind.
        deed: what acting on a thing does to it.
        sha256: of the arena that it makes; empty in a draft.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: int
    cast: str
    deed: Deed
    sha256: str = ""


@dataclass(frozen=True, eq=False)
class Arena:
    """What stands in it: `scenery` is there to be walked round, `things` to be asked for.

    `area` is the middle of where the things stand.
    """

    scenery: tuple[Prop, ...]
    things: tuple[Prop, ...]
    area: Place

    @property
    def props(self) -> tuple[Prop, ...]:
        return (*self.scenery, *self.things)

    def thing(self, name: str) -> Prop:
        return next(each for each in self.things if each.name == name)

    def hides(self, eye: Point, point: Point, but: str = "") -> bool:
        """Whether something stands between two points, `but` aside."""
        return any(_crosses(prop, eye, point) for prop in self.props if prop.name != but)

    def floor_plan(self) -> FloorPlan:
        """Half-metre cells; the things stand there as at reset."""
        count = round(2 * HALF / CELL_METRES)
        middles = -HALF + (np.arange(count) + 0.5) * CELL_METRES
        walkable, see_through = np.ones((count, count), np.bool_), np.ones((count, count), np.bool_)
        for prop in self.props:
            (x, y, z), (east, north) = prop.middle, ground_extent(prop)
            if z + prop.size[2] / 2 <= 0.0:
                continue
            for layer, margin in ((walkable, CLEAR_METRES), (see_through, CELL_METRES / 2)):
                if layer is see_through and z + prop.size[2] / 2 < EYE_METRES:
                    continue
                rows = np.abs(middles - y) < north / 2 + margin
                columns = np.abs(middles - x) < east / 2 + margin
                layer[np.ix_(rows, columns)] = False
        return FloorPlan(walkable=walkable, see_through=see_through, cell=CELL_METRES, west=-HALF, south=-HALF)


def build_arena(layout: int, cast: str) -> Arena:
    """The arena of a layout; depends on its arguments alone."""
    dice = Dice("unreal blocks", layout, cast)
    area = (_grid(dice, HALF - _AREA_METRES - 3.0), _grid(dice, HALF - _AREA_METRES - 3.0))
    built = _Builder(dice)
    things = tuple(_things(cast, area, dice, built))
    for number in range(_TOWERS):
        built.place(f"tower-{number + 1}", "tower", (2.0, 2.0, float(dice.between(5, 9))))
    for number in range(_WALLS):
        length, height = float(dice.between(4, 12)), float(dice.between(2, 4))
        size = (length, 1.0, height) if dice.chance(0.5) else (1.0, length, height)
        built.place(f"wall-{number + 1}", "wall", size)
    return Arena((*_ground(), *built.scenery), things, area)


def arena_sha256(arena: Arena) -> str:
    """Identity of what stands in an arena."""
    content = [[each.name, each.kind, each.middle, each.size, each.yaw] for each in arena.props]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def level_of(scenario: Scenario) -> tuple[BlocksSpec, Arena]:
    """The scenario's arena, checked against the hash that the scenario holds. Raises `UsageError`."""
    spec = read_level(scenario, BlocksSpec)
    if spec.cast not in KINDS:
        raise UsageError(f"{scenario.id}: level.cast: there is no kind {spec.cast!r}; known: {', '.join(KINDS)}")
    arena, sha256 = _made(spec.layout, spec.cast)
    check_frozen(scenario, spec.sha256, sha256)
    return spec, arena


@lru_cache(maxsize=8)
def _made(layout: int, cast: str) -> tuple[Arena, str]:
    arena = build_arena(layout, cast)
    return arena, arena_sha256(arena)


def _ground() -> Iterator[Prop]:
    """The floor, whose upper side is at 0, and the fence round it."""
    yield Prop("floor", "floor", (0.0, 0.0, -0.5), (2 * HALF + 2.0, 2 * HALF + 2.0, 1.0))
    middle, height, length = HALF + 0.5, FENCE_METRES / 2, 2 * HALF + 2.0
    yield Prop("fence-north", "fence", (0.0, middle, height), (length, 1.0, FENCE_METRES))
    yield Prop("fence-south", "fence", (0.0, -middle, height), (length, 1.0, FENCE_METRES))
    yield Prop("fence-east", "fence", (middle, 0.0, height), (1.0, 2 * HALF, FENCE_METRES))
    yield Prop("fence-west", "fence", (-middle, 0.0, height), (1.0, 2 * HALF, FENCE_METRES))


class _Builder:
    """Puts boxes down where there is room for them."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._taken: list[tuple[Place, float, float]] = []
        self.scenery: list[Prop] = []

    def reserve(self, place: Place, east: float, north: float) -> bool:
        """Keep a rectangle of that extent free of what is built later; whether it was free."""
        for (x, y), a, b in self._taken:
            if abs(place[0] - x) < (east + a) / 2 + _ROOM_METRES and abs(place[1] - y) < (north + b) / 2 + _ROOM_METRES:
                return False
        if abs(place[0]) + east / 2 > HALF - 2.0 or abs(place[1]) + north / 2 > HALF - 2.0:
            return False
        self._taken.append((place, east, north))
        return True

    def place(self, name: str, kind: str, size: Point) -> None:
        for _ in range(40):
            spot = (_grid(self._dice, HALF - 3.0), _grid(self._dice, HALF - 3.0))
            if self.reserve(spot, size[0], size[1]):
                self.scenery.append(Prop(name, kind, (*spot, size[2] / 2), size))
                return


def _things(cast: str, area: Place, dice: Dice, built: _Builder) -> Iterator[Prop]:
    """The target's kind first, then a few others."""
    others = dice.shuffled([kind for kind in KINDS if kind != cast])[:_OTHERS]
    count: dict[str, int] = {}
    places: list[Place] = []
    for kind in [cast] * _OF_A_KIND + others:
        size = KINDS[kind]
        for _ in range(60):
            spot = (area[0] + _grid(dice, _AREA_METRES), area[1] + _grid(dice, _AREA_METRES))
            yaw = 90.0 * dice.below(4)
            east, north = (size[0], size[1]) if yaw % 180.0 == 0.0 else (size[1], size[0])
            far = all(math.dist(spot, other) >= _APART_METRES for other in places)
            if far and built.reserve(spot, east, north):
                places.append(spot)
                count[kind] = count.get(kind, 0) + 1
                yield Prop(f"{kind}-{count[kind]}", kind, (*spot, size[2] / 2), size, yaw)
                break


def _grid(dice: Dice, reach: float) -> float:
    """A quarter of a metre's multiple in [-reach, reach]."""
    return dice.between(-round(reach * 4), round(reach * 4)) / 4


def ground_extent(prop: Prop) -> tuple[float, float]:
    """How far it reaches east and north, in metres, as it is turned."""
    east, north, _ = prop.size
    return (east, north) if prop.yaw % 180.0 == 0.0 else (north, east)


def _crosses(prop: Prop, a: Point, b: Point) -> bool:
    """Whether the straight line from `a` to `b` goes through an upright box at a multiple of 90 degrees."""
    if ground_distance(a, b) + abs(a[2] - b[2]) == 0.0:
        return False
    east, north = ground_extent(prop)
    first, last = 0.0, 1.0
    for middle, size, start, end in zip(prop.middle, (east, north, prop.size[2]), a, b, strict=True):
        low, high, way = middle - size / 2, middle + size / 2, end - start
        if abs(way) < 1e-12:
            if not low < start < high:
                return False
            continue
        enter, leave = sorted(((low - start) / way, (high - start) / way))
        first, last = max(first, enter), min(last, leave)
    return first < last
