"""A walkable floor and the shortest way over it: what the scripted oracle and the synthesis plan on."""

from __future__ import annotations

import heapq
import math
from array import array
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Place = tuple[float, float]
_Cell = tuple[int, int]

_NEIGHBOURS: tuple[tuple[int, int, float], ...] = tuple(
    (dx, dy, math.hypot(dx, dy)) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if (dx, dy) != (0, 0)
)


@dataclass(frozen=True, eq=False)
class FloorPlan:
    """A grid of square cells.

    Args:
        walkable: bool (rows, columns); walkable[j, i] covers x from west + i * cell, y from south + j * cell.
            A body's width is the maker's business: cells too near to a wall for it are not walkable. Not to be
            changed any more: a floor that changes is another plan.
        see_through: bool, the same shape: whether a look at eye level passes over the cell.
        cell: side of a cell in metres.
        west, south: world coordinates in metres of the grid's corner.
    """

    walkable: NDArray[np.bool_]
    see_through: NDArray[np.bool_]
    cell: float
    west: float = 0.0
    south: float = 0.0

    def cell_at(self, place: Place) -> _Cell:
        """(row, column) of the cell that holds `place`, clamped to the grid."""
        rows, columns = self.walkable.shape
        column = math.floor((place[0] - self.west) / self.cell)
        row = math.floor((place[1] - self.south) / self.cell)
        return (min(max(row, 0), rows - 1), min(max(column, 0), columns - 1))

    def centre(self, cell: _Cell) -> Place:
        """World coordinates of a cell's middle."""
        return (self.west + (cell[1] + 0.5) * self.cell, self.south + (cell[0] + 0.5) * self.cell)

    def is_walkable(self, place: Place) -> bool:
        return bool(self.walkable[self.cell_at(place)])

    def clear_line(self, a: Place, b: Place, layer: NDArray[np.bool_] | None = None) -> bool:
        """Whether every cell on the straight line from `a` to `b` is set in `layer` (default: walkable)."""
        cells = self.walkable if layer is None else layer
        steps = _shares(max(2, math.ceil(math.dist(a, b) / (self.cell * 0.25))))
        columns = np.floor((a[0] + (b[0] - a[0]) * steps - self.west) / self.cell).astype(int)
        rows = np.floor((a[1] + (b[1] - a[1]) * steps - self.south) / self.cell).astype(int)
        inside = (rows >= 0) & (columns >= 0) & (rows < cells.shape[0]) & (columns < cells.shape[1])
        return bool(inside.all() and cells[rows, columns].all())

    def nearest_walkable(self, place: Place, within: float = 4.0) -> Place | None:
        """The middle of the walkable cell nearest to `place`; None when there is none within `within` metres."""
        row, column = self.cell_at(place)
        # On a walkable cell only a neighbour's middle can be as near as its own.
        reach = 1 if self.walkable[row, column] else math.ceil(within / self.cell)
        best: tuple[float, Place] | None = None
        for j in range(max(0, row - reach), min(self.walkable.shape[0], row + reach + 1)):
            for i in range(max(0, column - reach), min(self.walkable.shape[1], column + reach + 1)):
                if self.walkable[j, i]:
                    there = self.centre((j, i))
                    away = math.dist(place, there)
                    if away <= within and (best is None or away < best[0]):
                        best = (away, there)
        return best[1] if best else None

    def path(self, start: Place, end: Place) -> list[Place] | None:
        """Shortest way (A*, 8 neighbours, no corner cut) as waypoints from after `start` up to `end`.

        Both ends are moved to the nearest walkable cell. Waypoints in between are dropped where the straight
        line is clear. None when there is no way.
        """
        begin, goal = self.nearest_walkable(start), self.nearest_walkable(end)
        if begin is None or goal is None:
            return None
        cells = self._search(self.cell_at(begin), self.cell_at(goal))
        return None if cells is None else self._straightened(start, [self.centre(cell) for cell in cells])

    def path_length(self, start: Place, end: Place) -> float | None:
        """Length in metres of `path`, or None when there is no way."""
        way = self.path(start, end)
        if way is None:
            return None
        return sum(math.dist(a, b) for a, b in zip([start, *way], way, strict=False))

    @cached_property
    def _steps(self) -> tuple[bytes, tuple[tuple[tuple[int, float], ...], ...]]:
        """Where one can go from each cell, the cells counted row by row with a border of unwalkable ones around them.

        First for each cell the open directions of `_NEIGHBOURS`, a bit each; then for each value of these bits the
        steps: how far on the next cell is in that count, and the length in cells.
        """
        rows, columns = self.walkable.shape
        free = np.pad(self.walkable, 1)
        bits = np.zeros(free.shape, np.uint8)
        for bit, (dx, dy, _) in enumerate(_NEIGHBOURS):
            row, column = slice(1 + dy, 1 + dy + rows), slice(1 + dx, 1 + dx + columns)
            bits[1:-1, 1:-1] |= (free[row, column] & free[1:-1, column] & free[row, 1:-1]).astype(np.uint8) << bit
        steps = [(dy * free.shape[1] + dx, length) for dx, dy, length in _NEIGHBOURS]
        return bits.tobytes(), tuple(
            tuple(step for bit, step in enumerate(steps) if value >> bit & 1) for value in range(1 << len(steps))
        )

    def _search(self, start: _Cell, goal: _Cell) -> list[_Cell] | None:
        rows, width = self.walkable.shape[0] + 2, self.walkable.shape[1] + 2
        begin, end = ((row + 1) * width + column + 1 for row, column in (start, goal))
        down, across = np.arange(rows) - goal[0] - 1, np.arange(width) - goal[1] - 1
        straight = array("d", np.sqrt(np.add.outer(down**2, across**2)).tobytes())
        open_directions, steps = self._steps
        cost = [math.inf] * len(straight)
        cost[begin] = 0.0
        came: dict[int, int] = {}
        waiting: list[tuple[float, int]] = [(0.0, begin)]
        done: set[int] = set()
        while waiting:
            _, here = heapq.heappop(waiting)
            if here == end:
                return [(cell // width - 1, cell % width - 1) for cell in _backtrack(came, here)]
            if here in done:
                continue
            done.add(here)
            so_far = cost[here]
            for step, length in steps[open_directions[here]]:
                there, total = here + step, so_far + length
                if total < cost[there]:
                    cost[there], came[there] = total, here
                    heapq.heappush(waiting, (total + straight[there], there))
        return None

    def _straightened(self, start: Place, places: list[Place]) -> list[Place]:
        result: list[Place] = []
        here, index = start, 0
        while index < len(places):
            furthest = index
            for later in range(len(places) - 1, index, -1):
                if self.clear_line(here, places[later]):
                    furthest = later
                    break
            here = places[furthest]
            result.append(here)
            index = furthest + 1
        return result


@lru_cache(maxsize=4096)
def _shares(count: int) -> NDArray[np.float64]:
    return np.linspace(0.0, 1.0, count)


def _backtrack(came: dict[int, int], end: int) -> list[int]:
    way = [end]
    while way[-1] in came:
        way.append(came[way[-1]])
    return way[::-1]
