"""A walkable floor and the shortest way over it: what the scripted oracle and the synthesis plan on."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

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
            A body's width is the maker's business: cells too near to a wall for it are not walkable.
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
        count = max(2, math.ceil(math.dist(a, b) / (self.cell * 0.25)))
        steps = np.linspace(0.0, 1.0, count)
        columns = np.floor((a[0] + (b[0] - a[0]) * steps - self.west) / self.cell).astype(int)
        rows = np.floor((a[1] + (b[1] - a[1]) * steps - self.south) / self.cell).astype(int)
        inside = (rows >= 0) & (columns >= 0) & (rows < cells.shape[0]) & (columns < cells.shape[1])
        return bool(inside.all() and cells[rows, columns].all())

    def nearest_walkable(self, place: Place, within: float = 4.0) -> Place | None:
        """The middle of the walkable cell nearest to `place`; None when there is none within `within` metres."""
        row, column = self.cell_at(place)
        reach = math.ceil(within / self.cell)
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

    def _search(self, start: _Cell, goal: _Cell) -> list[_Cell] | None:
        rows, columns = self.walkable.shape
        free = self.walkable.tolist()
        cost: dict[_Cell, float] = {start: 0.0}
        came: dict[_Cell, _Cell] = {}
        waiting: list[tuple[float, _Cell]] = [(0.0, start)]
        done: set[_Cell] = set()
        while waiting:
            _, here = heapq.heappop(waiting)
            if here == goal:
                return _backtrack(came, here)
            if here in done:
                continue
            done.add(here)
            for dx, dy, length in _NEIGHBOURS:
                row, column = here[0] + dy, here[1] + dx
                if not (0 <= row < rows and 0 <= column < columns and free[row][column]):
                    continue
                if dx and dy and not (free[here[0]][column] and free[row][here[1]]):
                    continue
                there, total = (row, column), cost[here] + length
                if total < cost.get(there, math.inf):
                    cost[there], came[there] = total, here
                    heapq.heappush(waiting, (total + math.dist(there, goal), there))
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


def _backtrack(came: dict[_Cell, _Cell], end: _Cell) -> list[_Cell]:
    way = [end]
    while way[-1] in came:
        way.append(came[way[-1]])
    return way[::-1]
