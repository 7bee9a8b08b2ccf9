"""Arenas: a fenced square of a biome's materials high above the land, built by commands, the same for the same layout.

What a world seed grows can't be known without running the engine, and a scenario must be solvable and its goal
visible before anybody runs it. So a scenario brings its ground with it: 96 x 96 blocks at y = 160, with mounds,
walls and trees that hide things and landmarks that can be seen from afar. The world seed still sets the land below.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from evalsuite.adapters.minecraft.catalogue import BIOMES, KINDS, LANDMARKS, TARGET_AREA, Biome
from evalsuite.adapters.minecraft.frame import EYE_HEIGHT, Cell
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Point
from evalsuite.errors import UsageError
from evalsuite.seeding import Dice
from evalsuite.suite.level import check_frozen, read_level
from evalsuite.suite.scenario import Scenario

SIZE = 96
HALF = SIZE // 2
HEIGHT = 12
FENCE_HEIGHT = 5
CELL = 0.5
BODY_RADIUS = 0.3
_OF_A_KIND = 3
"""The target and this many less one of its own kind: only the mask says which is meant."""

_OTHERS = 4
_APART = 3.0


class LevelSpec(BaseModel):
    """A scenario's `level`.

    Args:
        biome: what the arena is built of.
        layout: seed of its making.
        cast: the target's kind.
        tool: what the agent holds; empty for the interaction's usual. With one of `USED_WITH`, Interact is to use
            that on the target.
        mask: how the goal mask is made: "difference" of two pictures, "hull" of the projected body, or "sam2".
        recorded: for MineRL, which has no camera to move: a picture and mask for each goal (`recordings`).
        sha256: of the level that it makes; empty in a draft.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    biome: Biome
    layout: int
    cast: str
    tool: str = ""
    mask: Literal["difference", "hull", "sam2"] = "difference"
    recorded: tuple[str, ...] = ()
    sha256: str = ""


@dataclass(frozen=True)
class Cuboid:
    """Blocks of one kind in the cells from `low` to `high`, both ends included."""

    kind: str
    low: Cell
    high: Cell


@dataclass(frozen=True)
class Thing:
    """A target or a distractor, standing on the floor in the middle of its cell."""

    name: str
    kind: str
    cell: Cell
    yaw: float

    @property
    def foot(self) -> Point:
        i, j, k = self.cell
        return (i + 0.5, j + 0.5, float(k))

    @property
    def middle(self) -> Point:
        x, y, z = self.foot
        return (x, y, z + KINDS[self.kind].height / 2)


@dataclass(frozen=True, eq=False)
class Level:
    """An arena.

    Args:
        ground: the floor's material.
        cuboids: what is built on it, in order.
        things: targets and distractors.
        area: the middle (x, y) of the targets' area, which the published goal cameras refer to.
        solid: bool (SIZE, SIZE, HEIGHT) of cells [x + HALF, y + HALF, z] that fill their cell and hide what is behind.
    """

    biome: Biome
    ground: str
    cuboids: tuple[Cuboid, ...]
    things: tuple[Thing, ...]
    area: tuple[float, float]
    solid: NDArray[np.bool_]

    def thing(self, name: str) -> Thing:
        return next(each for each in self.things if each.name == name)

    def floor_plan(self) -> FloorPlan:
        """Half-metre cells; those too near to something solid for a body are not walkable."""
        standing = self.solid.copy()
        for thing in self.things:
            if not KINDS[thing.kind].mob and KINDS[thing.kind].width > 0.8:
                i, j, k = thing.cell
                standing[i + HALF, j + HALF, k] = True
        blocked = standing[:, :, :2].any(axis=2).T
        fine = np.repeat(np.repeat(blocked, 2, axis=0), 2, axis=1)
        near = fine.copy()
        for axis in (0, 1):
            for way in (1, -1):
                near |= np.roll(fine, way, axis)
        for corner in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            near |= np.roll(fine, corner, (0, 1))
        eye = standing[:, :, int(EYE_HEIGHT)].T
        return FloorPlan(
            walkable=~near,
            see_through=~np.repeat(np.repeat(eye, 2, axis=0), 2, axis=1),
            cell=CELL,
            west=-HALF,
            south=-HALF,
        )


def build_level(spec: LevelSpec) -> Level:
    """The arena of `spec`; depends on its biome, layout and cast alone."""
    materials, dice = BIOMES[spec.biome], Dice("minecraft level", spec.biome, spec.layout, spec.cast)
    area = (float(dice.between(-HALF + 22, HALF - 22)), float(dice.between(-HALF + 22, HALF - 22)))
    built = _Builder(dice)
    for low, high in _fence():
        built.put(materials.wall, low, high)
    things = tuple(_things(spec.cast, area, dice, built))
    for colour in dice.shuffled(LANDMARKS)[:4]:
        built.place(colour, (2, 2, 8))
    for _ in range(9):
        length, height = dice.between(5, 14), dice.between(2, 4)
        built.place(materials.wall, (length, 1, height) if dice.chance(0.5) else (1, length, height))
    for _ in range(6):
        side = dice.between(4, 8)
        cell = built.place(materials.mound, (side, side, 2))
        if cell is not None:
            i, j, _ = cell
            built.put(materials.mound, (i + 1, j + 1, 2), (i + side - 2, j + side - 2, 3))
    for _ in range(materials.trees):
        cell = built.place(materials.trunk, (1, 1, dice.between(4, 6)), room=3)
        if cell is not None:
            _crown(built, materials.crown, materials.crown_size, cell)
    return Level(spec.biome, materials.ground, tuple(built.cuboids), things, area, built.solid)


def level_sha256(level: Level) -> str:
    """Identity of a level's content."""
    content = [
        level.ground,
        [[each.kind, each.low, each.high] for each in level.cuboids],
        [[each.name, each.kind, each.cell, each.yaw] for each in level.things],
    ]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def level_of(scenario: Scenario) -> tuple[LevelSpec, Level]:
    """The scenario's level, checked against the hash that the scenario holds. Raises `UsageError`."""
    spec = read_level(scenario, LevelSpec)
    if spec.cast not in KINDS:
        raise UsageError(f"{scenario.id}: level.cast: there is no kind {spec.cast!r}")
    level, sha256 = _made(spec.biome, spec.layout, spec.cast)
    check_frozen(scenario, spec.sha256, sha256)
    return spec, level


@lru_cache(maxsize=8)
def _made(biome: Biome, layout: int, cast: str) -> tuple[Level, str]:
    level = build_level(LevelSpec(biome=biome, layout=layout, cast=cast))
    return level, level_sha256(level)


class _Builder:
    """Puts cuboids down where there is room for them."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self.cuboids: list[Cuboid] = []
        self.solid = np.zeros((SIZE, SIZE, HEIGHT), np.bool_)
        self._taken = np.zeros((SIZE, SIZE), np.bool_)

    def put(self, kind: str, low: Cell, high: Cell) -> None:
        self.cuboids.append(Cuboid(kind, low, high))
        a, b = (low[0] + HALF, low[1] + HALF), (high[0] + HALF + 1, high[1] + HALF + 1)
        self.solid[a[0] : b[0], a[1] : b[1], low[2] : high[2] + 1] = True
        self._taken[a[0] : b[0], a[1] : b[1]] = True

    def place(self, kind: str, size: tuple[int, int, int], room: int = 2) -> Cell | None:
        """Put a cuboid of `size` somewhere with `room` free cells around it; None when no place is found."""
        for _ in range(40):
            i = self._dice.between(-HALF + 4, HALF - 5 - size[0])
            j = self._dice.between(-HALF + 4, HALF - 5 - size[1])
            if not self._taken[
                i + HALF - room : i + HALF + size[0] + room, j + HALF - room : j + HALF + size[1] + room
            ].any():
                self.put(kind, (i, j, 0), (i + size[0] - 1, j + size[1] - 1, size[2] - 1))
                return (i, j, 0)
        return None

    def reserve(self, i: int, j: int, room: int) -> bool:
        """Keep a cell and `room` around it free of what is built later; whether it was free."""
        square = (slice(i + HALF - room, i + HALF + room + 1), slice(j + HALF - room, j + HALF + room + 1))
        if not (-HALF + 3 <= i < HALF - 3 and -HALF + 3 <= j < HALF - 3) or self._taken[square].any():
            return False
        self._taken[square] = True
        return True


def _fence() -> Iterator[tuple[Cell, Cell]]:
    low, high, top = -HALF, HALF - 1, FENCE_HEIGHT - 1
    yield (low, low, 0), (high, low, top)
    yield (low, high, 0), (high, high, top)
    yield (low, low + 1, 0), (low, high - 1, top)
    yield (high, low + 1, 0), (high, high - 1, top)


def _things(cast: str, area: tuple[float, float], dice: Dice, built: _Builder) -> Iterator[Thing]:
    """The target's kind first, then a few other kinds of the same sort."""
    alike = [name for name, kind in KINDS.items() if kind.published and kind.mob == KINDS[cast].mob]
    sort = [name for name in alike if name != cast]
    wanted = [cast] * _OF_A_KIND + dice.shuffled(sort)[:_OTHERS]
    count: dict[str, int] = {}
    places: list[tuple[int, int]] = []
    for kind in wanted:
        for _ in range(60):
            i = int(area[0]) + dice.between(-TARGET_AREA, TARGET_AREA)
            j = int(area[1]) + dice.between(-TARGET_AREA, TARGET_AREA)
            yaw = 90.0 * dice.below(4)
            if all(math.dist((i, j), other) >= _APART for other in places) and built.reserve(i, j, 1):
                places.append((i, j))
                count[kind] = count.get(kind, 0) + 1
                yield Thing(f"{kind}-{count[kind]}", kind, (i, j, 0), yaw)
                break


def _crown(built: _Builder, kind: str, size: int, foot: Cell) -> None:
    """Leaves around the top of a trunk."""
    if size == 1:
        return
    i, j, _ = foot
    top = max(cell[2] for cell in (built.cuboids[-1].low, built.cuboids[-1].high))
    reach = size // 2
    built.put(kind, (i - reach, j - reach, top), (i + reach, j + reach, top + 1))
