"""Ways over a floor, against a search that tries everything."""

from __future__ import annotations

import heapq
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from evalsuite.crossview.floor_plan import FloorPlan

Cell = tuple[int, int]


def plan(walkable: NDArray[np.bool_], cell: float = 1.0) -> FloorPlan:
    return FloorPlan(walkable, walkable, cell)


def drawn(*rows: str) -> FloorPlan:
    """A plan from a drawing, north at the top; `.` is floor."""
    return plan(np.array([[letter == "." for letter in row] for row in rows[::-1]], np.bool_))


def dijkstra(free: NDArray[np.bool_], start: Cell, end: Cell) -> float:
    """Cost of the cheapest way over the cells, corners not cut; infinite when there is none."""
    cost = {start: 0.0}
    waiting = [(0.0, start)]
    while waiting:
        so_far, (row, column) = heapq.heappop(waiting)
        if so_far > cost[(row, column)]:
            continue
        for dj in (-1, 0, 1):
            for di in (-1, 0, 1):
                j, i = row + dj, column + di
                if (dj, di) == (0, 0) or not (0 <= j < free.shape[0] and 0 <= i < free.shape[1]):
                    continue
                if not (free[j, i] and free[row, i] and free[j, column]):
                    continue
                total = so_far + math.hypot(dj, di)
                if total < cost.get((j, i), math.inf):
                    cost[(j, i)] = total
                    heapq.heappush(waiting, (total, (j, i)))
    return cost.get(end, math.inf)


GRIDS = arrays.arrays(np.bool_, arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9))


@settings(deadline=None)
@given(GRIDS, st.data())
def test_a_way_is_found_exactly_when_there_is_one_and_is_never_longer(
    free: NDArray[np.bool_], data: st.DataObject
) -> None:
    cells = [(int(j), int(i)) for j, i in np.argwhere(free)]
    if not cells:
        return
    start, end = data.draw(st.sampled_from(cells)), data.draw(st.sampled_from(cells))
    floor = plan(free)
    shortest = dijkstra(free, start, end)
    length = floor.path_length(floor.centre(start), floor.centre(end))
    if math.isinf(shortest):
        assert length is None
    else:
        assert length is not None
        assert math.dist(floor.centre(start), floor.centre(end)) - 1e-9 <= length <= shortest + 1e-9


@settings(deadline=None)
@given(GRIDS, st.data())
def test_every_leg_of_a_way_can_be_walked(free: NDArray[np.bool_], data: st.DataObject) -> None:
    cells = [(int(j), int(i)) for j, i in np.argwhere(free)]
    if not cells:
        return
    floor = plan(free)
    start, end = (floor.centre(data.draw(st.sampled_from(cells))) for _ in range(2))
    way = floor.path(start, end)
    if way is None:
        return
    assert way[-1] == end
    here = start
    for place in way:
        assert floor.is_walkable(place)
        for share in np.linspace(0.0, 1.0, 50):
            between = tuple(a + (b - a) * share for a, b in zip(here, place, strict=True))
            assert floor.is_walkable((between[0], between[1])), f"{here} -> {place} leaves the floor at {between}"
        here = place


def test_a_corner_is_not_cut() -> None:
    floor = drawn(
        "#.",
        ".#",
    )
    assert floor.path((0.5, 0.5), (1.5, 1.5)) is None


def test_a_way_leads_around_a_wall() -> None:
    floor = drawn(
        ".....",
        ".###.",
        ".....",
    )
    length = floor.path_length((2.5, 0.5), (2.5, 2.5))
    assert length is not None
    assert length > 5.0


def test_an_open_floor_is_crossed_in_one_leg() -> None:
    floor = plan(np.ones((20, 20), np.bool_))
    assert floor.path((0.5, 0.5), (17.5, 9.5)) == [(17.5, 9.5)]


def test_ends_are_moved_to_the_nearest_floor_within_reach() -> None:
    floor = drawn("....######")
    assert floor.nearest_walkable((5.2, 0.5)) == (3.5, 0.5)
    assert floor.nearest_walkable((9.5, 0.5)) is None
    assert floor.path((0.5, 0.5), (5.0, 0.5)) == [(3.5, 0.5)]
    assert floor.path((0.5, 0.5), (9.5, 0.5)) is None


@given(st.integers(0, 11), st.integers(0, 6), st.floats(0.1, 3.0), st.floats(-50, 50), st.floats(-50, 50))
def test_a_cell_holds_its_own_middle(column: int, row: int, cell: float, west: float, south: float) -> None:
    cells = np.ones((7, 12), np.bool_)
    floor = FloorPlan(cells, cells, cell, west, south)
    assert floor.cell_at(floor.centre((row, column))) == (row, column)


@pytest.mark.parametrize(("a", "b", "clear"), [((0.5, 0.5), (4.5, 0.5), True), ((0.5, 0.5), (4.5, 2.5), False)])
def test_a_line_is_clear_when_no_wall_stands_on_it(a: tuple[float, float], b: tuple[float, float], clear: bool) -> None:
    floor = drawn(
        ".....",
        ".###.",
        ".....",
    )
    assert floor.clear_line(a, b) is clear
