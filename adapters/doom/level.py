"""Levels from a seed: a walled arena of 2 m cells with houses, walls, ledges, landmark towers, and things in it.

A level depends on its `LevelSpec` alone. Metres; x east, y north, the origin in the south-west corner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from evalsuite.adapters.doom.catalogue import KINDS, KINDS_BY_INTERACTION, LANDMARK_LETTERS, THEMES, UNITS_PER_METRE
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Point
from evalsuite.seeding import Dice

GENERATOR: Literal["blocks.1"] = "blocks.1"
CELL_METRES = 2.0
CELLS = 40
BODY_METRES = 12 / UNITS_PER_METRE
CLEARANCE_METRES = 0.15
PLAN_CELL_METRES = 0.5

GROUND, PATH, WALL_A, WALL_B, WALL_C, LEDGE, BORDER, LANDMARK = range(8)
"""What a cell is made of; LANDMARK + k is the k-th tower."""

_HEIGHTS = {GROUND: 0, PATH: 0, LEDGE: 40, BORDER: 128}
_SAME_KIND = 4
_OTHER_KINDS = 2
_SPACING_CELLS = 3


class LevelSpec(BaseModel):
    """What a scenario's `level` holds: enough to make the level again, and the hash to prove that it is the same.

    `cast` is the kind of thing that the level holds several of; `sha256` is of the map's text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    generator: Literal["blocks.1"] = GENERATOR
    theme: Literal["meadow", "desert", "snow"]
    layout: int = Field(ge=0, lt=2**31)
    cast: str
    sha256: str = ""


@dataclass(frozen=True)
class Thing:
    """Something that stands in the level. `facing` is a yaw in degrees; `name` is unique in its level."""

    name: str
    kind: str
    x: float
    y: float
    facing: float

    @property
    def middle(self) -> Point:
        """The middle of its body, in metres."""
        return (self.x, self.y, KINDS[self.kind].height / 2)


@dataclass(frozen=True, eq=False)
class Level:
    """A finished level: `material` and `height` (map units) per cell, indexed [row from the south, column]."""

    theme: str
    material: NDArray[np.int64]
    height: NDArray[np.int64]
    things: tuple[Thing, ...]
    scenery: tuple[Thing, ...]

    @property
    def size(self) -> float:
        """Side of the square arena in metres."""
        return CELLS * CELL_METRES

    def ground_height(self, x: float, y: float) -> float:
        """Height in metres of the floor at (x, y); infinite outside."""
        column, row = math.floor(x / CELL_METRES), math.floor(y / CELL_METRES)
        if not (0 <= row < CELLS and 0 <= column < CELLS):
            return math.inf
        return float(self.height[row, column]) / UNITS_PER_METRE

    def floor_plan(self) -> FloorPlan:
        """Where the agent's body fits, with the things that don't move taken as obstacles."""
        per_cell = round(CELL_METRES / PLAN_CELL_METRES)
        raised = np.kron(self.height > 0, np.ones((per_cell, per_cell), bool)).astype(bool)
        # The middle of a cell that is `by` cells from a wall is (by + 1/2) cells away from it.
        free = ~_grown(raised, math.ceil((BODY_METRES + CLEARANCE_METRES) / PLAN_CELL_METRES - 0.5))
        centres = (np.arange(CELLS * per_cell) + 0.5) * PLAN_CELL_METRES
        for thing in (*self.things, *self.scenery):
            kind = KINDS[thing.kind]
            if kind.solid and not kind.moves:
                gap = kind.radius + BODY_METRES + CLEARANCE_METRES
                near = np.maximum(abs(centres[None, :] - thing.x), abs(centres[:, None] - thing.y)) < gap
                free &= ~near
        hides = np.kron(self.height > 40, np.ones((per_cell, per_cell), bool)).astype(bool)
        return FloorPlan(walkable=free, see_through=~hides, cell=PLAN_CELL_METRES)


def build_level(spec: LevelSpec) -> Level:
    """Make the level that `spec` describes."""
    dice = Dice("doom level", spec.generator, spec.theme, spec.layout, spec.cast)
    material = np.full((CELLS, CELLS), GROUND, np.int64)
    height = np.zeros((CELLS, CELLS), np.int64)
    _lay_paths(material, dice)
    _raise_border(material, height)
    _raise_landmarks(material, height, dice)
    for _ in range(dice.between(9, 13)):
        _raise_block(material, height, dice, dice.pick((WALL_A, WALL_C)), dice.between(2, 4), dice.between(2, 4), 128)
    for _ in range(dice.between(16, 22)):
        length = dice.between(3, 7)
        wide, deep = (length, 1) if dice.chance(0.5) else (1, length)
        _raise_block(material, height, dice, dice.pick((WALL_B, WALL_C)), wide, deep, dice.pick((72, 104)))
    for _ in range(dice.between(10, 14)):
        _raise_block(material, height, dice, LEDGE, dice.between(1, 3), dice.between(1, 3), _HEIGHTS[LEDGE])
    _fill_pockets(material, height)
    spots = _free_spots(height, dice)
    things = _cast(spec.cast, spots, dice)
    scenery = _scenery(spec.theme, spots, height, dice, [(each.x, each.y) for each in things])
    return Level(spec.theme, material, height, tuple(things), tuple(scenery))


def _lay_paths(material: NDArray[np.int64], dice: Dice) -> None:
    for _ in range(3):
        line, width = dice.between(5, CELLS - 7), dice.between(1, 2)
        material[line : line + width, :] = PATH
        line = dice.between(5, CELLS - 7)
        material[:, line : line + width] = PATH


def _raise_border(material: NDArray[np.int64], height: NDArray[np.int64]) -> None:
    for edge in (np.s_[0, :], np.s_[-1, :], np.s_[:, 0], np.s_[:, -1]):
        material[edge] = BORDER
        height[edge] = _HEIGHTS[BORDER]


def _raise_landmarks(material: NDArray[np.int64], height: NDArray[np.int64], dice: Dice) -> None:
    third = (CELLS - 4) // 3
    regions = dice.shuffled([(row, column) for row in range(3) for column in range(3)])
    for letter, (row, column) in enumerate(regions[: len(LANDMARK_LETTERS)]):
        j = 3 + row * third + dice.below(third - 4)
        i = 3 + column * third + dice.below(third - 4)
        side = dice.between(1, 2)
        material[j : j + side, i : i + side] = LANDMARK + letter
        height[j : j + side, i : i + side] = dice.between(9, 14) * UNITS_PER_METRE


def _raise_block(
    material: NDArray[np.int64],
    height: NDArray[np.int64],
    dice: Dice,
    what: int,
    wide: int,
    deep: int,
    tall: int,
) -> None:
    j, i = 2 + dice.below(CELLS - 4 - deep), 2 + dice.below(CELLS - 4 - wide)
    around = height[j - 1 : j + deep + 1, i - 1 : i + wide + 1]
    if not around.any():
        material[j : j + deep, i : i + wide] = what
        height[j : j + deep, i : i + wide] = tall


def _fill_pockets(material: NDArray[np.int64], height: NDArray[np.int64]) -> None:
    """Raise free cells that the largest free area can't reach, so that one can walk between any two places."""
    free = height == 0
    largest = max(_areas(free), key=len)
    for row, column in zip(*np.nonzero(free), strict=True):
        if (row, column) not in largest:
            material[row, column] = WALL_C
            height[row, column] = 72


def _areas(free: NDArray[np.bool_]) -> list[set[tuple[int, int]]]:
    left = {(int(row), int(column)) for row, column in zip(*np.nonzero(free), strict=True)}
    areas = []
    while left:
        area, edge = set(), [min(left)]
        left.discard(edge[0])
        while edge:
            row, column = edge.pop()
            area.add((row, column))
            for near in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
                if near in left:
                    left.discard(near)
                    edge.append(near)
        areas.append(area)
    return areas


def _free_spots(height: NDArray[np.int64], dice: Dice) -> list[tuple[int, int]]:
    """Cells with nothing raised around them, in random order: (row, column)."""
    rows, columns = np.nonzero(~_grown(height > 0, 1))
    return dice.shuffled(list(zip(rows.tolist(), columns.tolist(), strict=True)))


def _cast(kind: str, spots: list[tuple[int, int]], dice: Dice) -> list[Thing]:
    """Several of `kind`, so that only the mask says which one is meant, and a few of every other kind."""
    others = sorted({each for kinds in KINDS_BY_INTERACTION.values() for each in kinds} - {kind})
    wanted = [kind] * _SAME_KIND + [other for other in others for _ in range(_OTHER_KINDS)]
    taken: list[tuple[int, int]] = []
    things: list[Thing] = []
    numbers: dict[str, int] = {}
    for each in wanted:
        spot = next((spot for spot in spots if all(_apart(spot, other) for other in taken)), None)
        if spot is None:
            break
        taken.append(spot)
        numbers[each] = numbers.get(each, 0) + 1
        x, y = _somewhere_in(spot, dice)
        things.append(Thing(f"{each}-{numbers[each]}", each, x, y, 45.0 * dice.below(8)))
    return things


def _scenery(
    theme: str,
    spots: list[tuple[int, int]],
    height: NDArray[np.int64],
    dice: Dice,
    taken: list[tuple[float, float]],
) -> list[Thing]:
    look = THEMES[theme]
    scenery: list[Thing] = []
    for spot in spots[: min(len(spots), 90)]:
        kind = look.tall_scenery if dice.chance(0.3) else dice.pick(look.low_scenery)
        x, y = _somewhere_in(spot, dice)
        solid = KINDS[kind].solid
        if all(math.dist((x, y), other) > (3.0 if solid else 1.5) for other in taken):
            taken.append((x, y))
            scenery.append(Thing(f"{kind}-{len(scenery) + 1}", kind, x, y, 0.0))
    return scenery


def _apart(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return max(abs(a[0] - b[0]), abs(a[1] - b[1])) >= _SPACING_CELLS


def _somewhere_in(spot: tuple[int, int], dice: Dice) -> tuple[float, float]:
    """A place near the cell's middle, on whole map units, so that every engine holds it exactly."""
    units = CELL_METRES * UNITS_PER_METRE
    x = (spot[1] + 0.5) * units + dice.between(-16, 16)
    y = (spot[0] + 0.5) * units + dice.between(-16, 16)
    return x / UNITS_PER_METRE, y / UNITS_PER_METRE


def _grown(cells: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """`cells` with a border of `by` cells around each set one (a square neighbourhood)."""
    rows, columns = cells.shape
    padded = np.pad(cells, by, constant_values=True)
    result = np.zeros_like(cells)
    for j in range(2 * by + 1):
        for i in range(2 * by + 1):
            result |= padded[j : j + rows, i : i + columns]
    return result
