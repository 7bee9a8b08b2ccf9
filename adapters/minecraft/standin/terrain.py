"""Blocks by the thousand: what `fill` puts down is kept as one box until somebody digs into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evalsuite.adapters.rehearsal import Box, Look, World, look_named
from evalsuite.crossview.geometry import Point

Cell = tuple[int, int, int]
SINGLE_BLOCKS = 4
"""Fills of at most so many blocks are blocks of the world, larger ones boxes."""

LOW_BLOCKS = {"torch": 0.6, "poppy": 0.6, "dandelion": 0.6, "fire": 0.8, "oak_door": 1.0}
"""Plants and the like, which one walks through, with their height in metres."""

_LOW_WIDTH = 0.3
_DRAWN_AS = {
    "mossy_cobblestone": "cobblestone",
    "sandstone": "#d2bf86",
    "cut_sandstone": "#c9b57c",
    "red_sandstone": "#b5621f",
    "coarse_dirt": "dirt",
    "terracotta": "#985e44",
    "orange_terracotta": "#a15325",
    "acacia_log": "#676157",
    "acacia_leaves": "oak_leaves",
    "birch_leaves": "#80a755",
    "spruce_log": "#3b2612",
    "spruce_leaves": "#3f623f",
    "andesite": "#888a8a",
    "granite": "#9a6e5a",
    "anvil": "#484848",
}
"""Materials that the rehearsal world does not know by name, and how they look."""


@dataclass(frozen=True)
class Cuboid:
    """Blocks of one kind from `low` to `high`, both ends included, as one thing of the world."""

    kind: str
    low: Cell
    high: Cell
    id: int

    def holds(self, cell: Cell) -> bool:
        return all(a <= c <= b for a, c, b in zip(self.low, cell, self.high, strict=True))


class Terrain:
    """The blocks of a rehearsal world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cuboids: dict[int, Cuboid] = {}
        self._low: dict[Cell, tuple[str, int]] = {}

    def kind_at(self, cell: Cell) -> str:
        """The kind of the block in `cell`; "air" where there is none."""
        if cell in self._low:
            return self._low[cell][0]
        block = self._world.blocks.get(cell)
        if block is not None:
            return block.kind
        cuboid = self._cuboid_at(cell)
        return cuboid.kind if cuboid is not None else "air"

    def fill(self, low: Cell, high: Cell, kind: str) -> None:
        """Blocks of `kind` in every cell between, in place of what was there."""
        spans = [range(a, b + 1) for a, b in zip(low, high, strict=True)]
        count = len(spans[0]) * len(spans[1]) * len(spans[2])
        self._clear(low, high)
        if kind == "air":
            return
        if count > SINGLE_BLOCKS:
            self._add(kind, low, high)
            return
        for cell in ((i, j, k) for k in spans[2] for j in spans[1] for i in spans[0]):
            self._put(cell, kind)

    def set(self, cell: Cell, kind: str) -> None:
        self.fill(cell, cell, kind)

    def cell_of(self, identity: int, inside: Point) -> Cell | None:
        """The cell that a thing or block of that id fills at a point just inside it; None for mobs and the like."""
        for cell, (_, low_id) in self._low.items():
            if low_id == identity:
                return cell
        i, j, k = (int(c // 1) for c in inside)
        if identity in self._cuboids or self._world.has_block(identity):
            return (i, j, k)
        return None

    def around(self, low: Cell, high: Cell) -> Iterator[tuple[Cell, str]]:
        """Every cell between with its kind, air left out."""
        found: dict[Cell, str] = {}
        for cuboid in self._cuboids.values():
            overlap = _overlap(cuboid, low, high)
            if overlap is not None:
                a, b = overlap
                for k in range(a[2], b[2] + 1):
                    for j in range(a[1], b[1] + 1):
                        for i in range(a[0], b[0] + 1):
                            found[(i, j, k)] = cuboid.kind
        for cell, block in self._world.blocks.items():
            if all(a <= c <= b for a, c, b in zip(low, cell, high, strict=True)):
                found[cell] = block.kind
        for cell, (kind, _) in self._low.items():
            if all(a <= c <= b for a, c, b in zip(low, cell, high, strict=True)):
                found[cell] = kind
        yield from sorted(found.items())

    def _cuboid_at(self, cell: Cell) -> Cuboid | None:
        return next((each for each in self._cuboids.values() if each.holds(cell)), None)

    def _put(self, cell: Cell, kind: str) -> None:
        if kind in LOW_BLOCKS:
            i, j, k = cell
            shape = Box((_LOW_WIDTH, _LOW_WIDTH, LOW_BLOCKS[kind]), look_named(_LOW_LOOKS[kind]))
            self._low[cell] = (kind, self._world.add(kind, shape, (i + 0.5, j + 0.5, float(k))))
        else:
            self._world.set_block(cell, kind, _look(kind))

    def _add(self, kind: str, low: Cell, high: Cell) -> None:
        a = (float(low[0]), float(low[1]), float(low[2]))
        b = (high[0] + 1.0, high[1] + 1.0, high[2] + 1.0)
        identity = self._world.add_box(kind, a, b, _look(kind), solid=True)
        self._cuboids[identity] = Cuboid(kind, low, high, identity)

    def _clear(self, low: Cell, high: Cell) -> None:
        for cell in [c for c in self._world.blocks if _inside(c, low, high)]:
            self._world.remove_block(cell)
        for cell in [c for c in self._low if _inside(c, low, high)]:
            self._world.remove(self._low.pop(cell)[1])
        for cuboid in list(self._cuboids.values()):
            overlap = _overlap(cuboid, low, high)
            if overlap is not None:
                self._world.remove(cuboid.id)
                del self._cuboids[cuboid.id]
                for piece_low, piece_high in _without(cuboid, *overlap):
                    self._add(cuboid.kind, piece_low, piece_high)


_LOW_LOOKS = {"torch": "yellow", "poppy": "red", "dandelion": "orange", "fire": "#f08a1d", "oak_door": "oak_planks"}


def _look(kind: str) -> Look:
    return look_named(_DRAWN_AS.get(kind, kind))


def _inside(cell: Cell, low: Cell, high: Cell) -> bool:
    return all(a <= c <= b for a, c, b in zip(low, cell, high, strict=True))


def _overlap(cuboid: Cuboid, low: Cell, high: Cell) -> tuple[Cell, Cell] | None:
    a = (max(cuboid.low[0], low[0]), max(cuboid.low[1], low[1]), max(cuboid.low[2], low[2]))
    b = (min(cuboid.high[0], high[0]), min(cuboid.high[1], high[1]), min(cuboid.high[2], high[2]))
    return (a, b) if all(p <= q for p, q in zip(a, b, strict=True)) else None


def _without(cuboid: Cuboid, low: Cell, high: Cell) -> Iterator[tuple[Cell, Cell]]:
    """The cuboid's cells outside `low` to `high`, as at most six boxes."""
    a, b = list(cuboid.low), list(cuboid.high)
    for axis in (2, 1, 0):
        if a[axis] < low[axis]:
            end = list(b)
            end[axis] = low[axis] - 1
            yield (a[0], a[1], a[2]), (end[0], end[1], end[2])
            a[axis] = low[axis]
        if b[axis] > high[axis]:
            begin = list(a)
            begin[axis] = high[axis] + 1
            yield (begin[0], begin[1], begin[2]), (b[0], b[1], b[2])
            b[axis] = high[axis]
