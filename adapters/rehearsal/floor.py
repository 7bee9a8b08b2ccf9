"""The floor plan of a rehearsal world, for the scripted oracle and for synthesis."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal.world import Bounds, World
from evalsuite.crossview.floor_plan import FloorPlan

_ANKLE = 0.05


def floor_plan(
    world: World,
    cell: float = 0.5,
    body_width: float = 0.6,
    body_height: float = 1.8,
    *,
    floor_z: float | None = None,
    eye_height: float = 1.62,
    margin: float = 8.0,
    area: tuple[float, float, float, float] | None = None,
    ignore: Collection[int] = (),
) -> FloorPlan:
    """Where a body standing at one height can walk, over everything solid and `margin` metres around it.

    Args:
        cell: side of a cell in metres.
        body_width, body_height: of the body, in metres; a cell is walkable when the body fits in at its middle.
            Elsewhere in the cell it may touch what is solid by up to half a cell, and slides along it.
        floor_z: height of its feet; the ground plane's height when None.
        eye_height: at what height above the floor a look passes.
        area: (west, south, east, north) in metres, instead of what the world's content asks for.
        ignore: ids of blocks and things to leave out, such as the target.
    """
    floor = world.ground_z if floor_z is None else floor_z
    solids = _solids(world, set(ignore))
    if area is None:
        corners = [corner for bounds in solids for corner in bounds] + [t.position for t in world.things.values()]
        xs, ys = [c[0] for c in corners] or [0.0], [c[1] for c in corners] or [0.0]
        area = (min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin)
    west, south = math.floor(area[0] / cell) * cell, math.floor(area[1] / cell) * cell
    shape = (math.ceil((area[3] - south) / cell), math.ceil((area[2] - west) / cell))
    walkable, see_through = np.ones(shape, np.bool_), np.ones(shape, np.bool_)
    xs_middle = west + (np.arange(shape[1]) + 0.5) * cell
    ys_middle = south + (np.arange(shape[0]) + 0.5) * cell
    for low, high in solids:
        if low[2] < floor + body_height and high[2] > floor + _ANKLE:
            columns = _between(xs_middle, low[0] - body_width / 2, high[0] + body_width / 2)
            rows = _between(ys_middle, low[1] - body_width / 2, high[1] + body_width / 2)
            walkable[rows, columns] = False
        if low[2] < floor + eye_height < high[2]:
            half = cell / 2
            columns = _between(xs_middle, low[0] - half, high[0] + half)
            rows = _between(ys_middle, low[1] - half, high[1] + half)
            see_through[rows, columns] = False
    return FloorPlan(walkable=walkable, see_through=see_through, cell=cell, west=west, south=south)


def _solids(world: World, ignore: set[int]) -> list[Bounds]:
    blocks = [block.bounds for block in world.blocks.values() if block.id not in ignore]
    return blocks + [thing.bounds for thing in world.things.values() if thing.solid and thing.id not in ignore]


def _between(middles: NDArray[np.floating], low: float, high: float) -> slice:
    """The cells whose middle lies strictly between `low` and `high`."""
    return slice(int(np.searchsorted(middles, low + 1e-9, "left")), int(np.searchsorted(middles, high - 1e-9, "right")))
