"""Questions to the world that need no picture: what a ray meets, who sees whom, what overlaps."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalsuite.adapters.rehearsal.shapes import GROUND_ID, Ball
from evalsuite.crossview.geometry import Point

if TYPE_CHECKING:
    from evalsuite.adapters.rehearsal.world import Bounds, Thing, World


@dataclass(frozen=True)
class Hit:
    """What a ray met first.

    Args:
        id: of the block or thing; GROUND_ID for the ground.
        distance: in metres along the ray.
        normal: unit vector out of the surface.
        cell: of the block, when it was one.
    """

    id: int
    kind: str
    distance: float
    point: Point
    normal: Point
    cell: tuple[int, int, int] | None = None


def cast(
    world: World, origin: Point, direction: Point, reach: float, *, ignore: Collection[int] = (), grow: float = 0.0
) -> Hit | None:
    """The first thing that a ray meets within `reach` metres; None for nothing.

    Boxes and mobs are met at their upright axis-aligned bounds, as in Minecraft, so beside a mob's legs too;
    balls at their surface. What the origin lies in is not met. `direction` has any length but 0; `grow` makes
    things (not blocks) larger by that many metres on every side.
    """
    length = math.hypot(*direction)
    if length == 0.0:
        raise ValueError("a ray needs a direction of a length above 0")
    along = (direction[0] / length, direction[1] / length, direction[2] / length)
    best = _blocks(world, origin, along, reach, ignore)
    if world.ground is not None and along[2] < 0.0 < origin[2] - world.ground_z:
        distance = (world.ground_z - origin[2]) / along[2]
        if distance <= (best.distance if best else reach):
            best = Hit(GROUND_ID, "ground", distance, _at(origin, along, distance), (0.0, 0.0, 1.0))
    for thing in world.things.values():
        if thing.id in ignore:
            continue
        met = _thing(thing, origin, along, grow)
        if met is not None and met[0] <= (best.distance if best else reach):
            best = Hit(thing.id, thing.kind, met[0], _at(origin, along, met[0]), met[1])
    return best


def line_of_sight(world: World, a: Point, b: Point, *, ignore: Collection[int] = ()) -> bool:
    """Whether nothing lies between two points."""
    away = math.dist(a, b)
    if away == 0.0:
        return True
    return cast(world, a, (b[0] - a[0], b[1] - a[1], b[2] - a[2]), away - 1e-6, ignore=ignore) is None


def overlapping(world: World, low: Point, high: Point) -> list[int]:
    """Ids of the blocks and things whose bounds overlap the box from `low` to `high`; touching is not enough."""
    found = []
    for i in range(math.floor(low[0]), math.ceil(high[0])):
        for j in range(math.floor(low[1]), math.ceil(high[1])):
            for k in range(math.floor(low[2]), math.ceil(high[2])):
                block = world.blocks.get((i, j, k))
                if block is not None:
                    found.append(block.id)
    for thing in world.things.values():
        a, b = thing.bounds
        if all(a[axis] < high[axis] and b[axis] > low[axis] for axis in range(3)):
            found.append(thing.id)
    return found


def _at(origin: Point, along: Point, distance: float) -> Point:
    return (origin[0] + along[0] * distance, origin[1] + along[1] * distance, origin[2] + along[2] * distance)


def _blocks(world: World, origin: Point, along: Point, reach: float, ignore: Collection[int]) -> Hit | None:
    """Walk the grid cell by cell (Amanatides and Woo, "A Fast Voxel Traversal Algorithm", 1987)."""
    blocks = world.blocks
    if not blocks:
        return None
    cell = [math.floor(c) for c in origin]
    ways = [1 if c > 0.0 else -1 for c in along]
    per_cell = [1.0 / abs(c) if c else math.inf for c in along]
    ahead = [
        ((cell[axis] + 1 - origin[axis]) if along[axis] > 0.0 else (origin[axis] - cell[axis])) * per_cell[axis]
        if along[axis]
        else math.inf
        for axis in range(3)
    ]
    while True:
        axis = min(range(3), key=ahead.__getitem__)
        distance = ahead[axis]
        if distance > reach:
            return None
        cell[axis] += ways[axis]
        ahead[axis] += per_cell[axis]
        block = blocks.get((cell[0], cell[1], cell[2]))
        if block is not None and block.id not in ignore:
            normal = [0.0, 0.0, 0.0]
            normal[axis] = float(-ways[axis])
            point = _at(origin, along, distance)
            return Hit(block.id, block.kind, distance, point, (normal[0], normal[1], normal[2]), block.cell)


def _thing(thing: Thing, origin: Point, along: Point, grow: float) -> tuple[float, Point] | None:
    if isinstance(thing.shape, Ball):
        return _ball(thing.centre, thing.shape.radius + grow, origin, along)
    low, high = thing.bounds
    if grow:
        low = (low[0] - grow, low[1] - grow, low[2] - grow)
        high = (high[0] + grow, high[1] + grow, high[2] + grow)
    return _box((low, high), origin, along)


def _box(bounds: Bounds, origin: Point, along: Point) -> tuple[float, Point] | None:
    enter, leave, normal = -math.inf, math.inf, (0.0, 0.0, 0.0)
    for axis in range(3):
        a, b = bounds[0][axis] - origin[axis], bounds[1][axis] - origin[axis]
        if along[axis] == 0.0:
            if a > 0.0 or b < 0.0:
                return None
            continue
        near, far = sorted((a / along[axis], b / along[axis]))
        if near > enter:
            enter = near
            way = -math.copysign(1.0, along[axis])
            normal = (way if axis == 0 else 0.0, way if axis == 1 else 0.0, way if axis == 2 else 0.0)
        leave = min(leave, far)
    return (enter, normal) if 0.0 <= enter <= leave else None


def _ball(centre: Point, radius: float, origin: Point, along: Point) -> tuple[float, Point] | None:
    away = (origin[0] - centre[0], origin[1] - centre[1], origin[2] - centre[2])
    half = sum(p * q for p, q in zip(away, along, strict=True))
    under = half * half - sum(p * p for p in away) + radius * radius
    if under < 0.0:
        return None
    distance = -half - math.sqrt(under)
    if distance < 0.0:
        return None
    x, y, z = _at(away, along, distance)
    return distance, (x / radius, y / radius, z / radius)
