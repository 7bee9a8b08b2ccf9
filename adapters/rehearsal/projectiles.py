"""Arrows: they fall, slow down, hit what can be hurt, and stick in what can't."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalsuite.adapters.rehearsal import rays
from evalsuite.adapters.rehearsal.happenings import Happening
from evalsuite.adapters.rehearsal.looks import look_named
from evalsuite.adapters.rehearsal.shapes import Box
from evalsuite.crossview.geometry import Point

if TYPE_CHECKING:
    from evalsuite.adapters.rehearsal.world import Thing, World

_LIFETIME = 10.0
_STUCK_FOR = 3.0
_MARGIN = 0.3
"""How much larger than drawn a target is to an arrow, in metres, as in Minecraft."""


@dataclass
class Flight:
    """An arrow's own state: who shot it, what it does, and for how many seconds it has flown or stuck."""

    owner: int
    damage: float
    gravity: float
    drag: float
    seconds: float = 0.0
    stuck: bool = False


def launch(world: World, kind: str, origin: Point, direction: Point, speed: float, flight: Flight) -> int:
    length = math.hypot(*direction)
    if length == 0.0:
        raise ValueError("a shot needs a direction of a length above 0")
    velocity = (direction[0] / length * speed, direction[1] / length * speed, direction[2] / length * speed)
    shape = Box((0.08, 0.5, 0.08), look_named("arrow" if kind == "arrow" else kind))
    thing = world.things[world.add(kind, shape, origin, math.degrees(math.atan2(direction[0], direction[1])))]
    thing.velocity, thing.flight = velocity, flight
    return thing.id


def step(world: World, arrow: Thing, flight: Flight, seconds: float) -> list[Happening]:
    flight.seconds += seconds
    if flight.seconds > (_STUCK_FOR if flight.stuck else _LIFETIME):
        world.remove(arrow.id)
        return []
    if flight.stuck:
        return []
    hit = _first_hit(world, arrow, flight, seconds)
    if hit is None:
        x, y, z = arrow.position
        east, north, up = arrow.velocity
        arrow.position = (x + east * seconds, y + north * seconds, z + up * seconds)
        kept = (1.0 - flight.drag) ** seconds
        arrow.velocity = (east * kept, north * kept, up * kept - flight.gravity * seconds)
        return []
    target = world.things.get(hit.id)
    if target is not None and target.health is not None:
        world.remove(arrow.id)
        source = (hit.point[0] - arrow.velocity[0], hit.point[1] - arrow.velocity[1], hit.point[2])
        return world.damage(hit.id, flight.damage, source=source, means="projectile", by=flight.owner)
    arrow.position, arrow.velocity = hit.point, (0.0, 0.0, 0.0)
    flight.stuck, flight.seconds = True, 0.0
    return [Happening("landed", hit.id, hit.kind, _name(world, hit), "projectile", flight.owner)]


def _first_hit(world: World, arrow: Thing, flight: Flight, seconds: float) -> rays.Hit | None:
    """Mobs are met with a margin, everything else as it is; other arrows and items not at all."""
    passed = {arrow.id, flight.owner}
    passed |= {thing.id for thing in world.things.values() if thing.flight is not None or thing.item}
    alive = {thing.id for thing in world.things.values() if thing.health is not None} - passed
    reach = math.hypot(*arrow.velocity) * seconds
    if reach == 0.0:
        return None
    plain = rays.cast(world, arrow.position, arrow.velocity, reach, ignore=passed | alive)
    dead = {thing.id for thing in world.things.values() if thing.id not in alive}
    living = rays.cast(world, arrow.position, arrow.velocity, reach, ignore=dead, grow=_MARGIN) if alive else None
    if living is None or living.id not in alive:
        return plain
    return living if plain is None or living.distance <= plain.distance else plain


def _name(world: World, hit: rays.Hit) -> str:
    thing = world.things.get(hit.id)
    return thing.name if thing is not None else hit.kind
