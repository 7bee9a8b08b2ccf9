"""Mobs: their figures, and the simple mind that lets them wander and flee."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from evalsuite.adapters.rehearsal.body import slide
from evalsuite.adapters.rehearsal.looks import COLOURS, Colour, Look, Pattern, painted, uniform
from evalsuite.adapters.rehearsal.shapes import Figure, Part
from evalsuite.crossview.geometry import Point, wrap_degrees, yaw_towards
from evalsuite.seeding import Dice

if TYPE_CHECKING:
    from evalsuite.adapters.rehearsal.world import Thing, World

_GRAVITY = 28.0
_TURN_RATE = 240.0
_FLEE_SECONDS = 3.0
_PUSH_SPEED = 5.0
_PUSH_SECONDS = 0.25


@dataclass
class Mind:
    """What a mob is about to do.

    Args:
        dice: its own, so that what one mob does never depends on another.
        speed: of its walk, metres a second.
        wanders: False keeps it where it is (it still falls, and is pushed when hit).
        seconds: how much longer it goes on with what it does.
        heading: yaw in degrees that it turns to.
        pace: share of `speed` that it walks at; 0 stands.
        pushed: seconds for which it still flies from a blow, along `push`.
    """

    dice: Dice
    speed: float
    wanders: bool = True
    seconds: float = 0.0
    heading: float = 0.0
    pace: float = 0.0
    pushed: float = 0.0
    push: tuple[float, float] = (0.0, 0.0)


def frighten(mob: Thing, source: Point | None) -> None:
    """Push a mob away from `source` and let it flee from there."""
    mind = mob.mob
    if mind is None:
        return
    away = wrap_degrees(yaw_towards(source, mob.position)) if source is not None else mob.yaw
    sine, cosine = math.sin(math.radians(away)), math.cos(math.radians(away))
    mind.push, mind.pushed = (sine * _PUSH_SPEED, cosine * _PUSH_SPEED), _PUSH_SECONDS
    if mind.wanders:
        mind.heading, mind.pace, mind.seconds = away, 1.8, _FLEE_SECONDS


def step(world: World, mob: Thing, mind: Mind, seconds: float) -> None:
    """Let a mob think, turn, walk and fall."""
    mind.seconds -= seconds
    if mind.wanders and mind.seconds <= 0.0:
        walks = mind.dice.chance(0.55)
        mind.heading = mob.yaw if not walks else mind.dice.uniform(-180.0, 180.0)
        mind.pace = 1.0 if walks else 0.0
        mind.seconds = mind.dice.uniform(1.0, 3.5)
    turn = wrap_degrees(mind.heading - mob.yaw) if mind.wanders else 0.0
    mob.yaw = wrap_degrees(mob.yaw + max(-_TURN_RATE * seconds, min(_TURN_RATE * seconds, turn)))
    pace = mind.speed * mind.pace
    east, north = math.sin(math.radians(mob.yaw)) * pace, math.cos(math.radians(mob.yaw)) * pace
    if mind.pushed > 0.0:
        mind.pushed -= seconds
        east, north = mind.push
    up = mob.velocity[2] - _GRAVITY * seconds
    width, _, height = mob.size
    slid = slide(world, mob.position, (width, height), (east * seconds, north * seconds, up * seconds), 1.0)
    if slid.blocked and mind.pushed <= 0.0 and mind.pace:
        mind.heading = wrap_degrees(mob.yaw + mind.dice.uniform(90.0, 270.0))
    walked = math.dist(slid.position[:2], mob.position[:2])
    mob.stride = (mob.stride + walked * 4.5) % (2.0 * math.pi) if walked > 1e-9 else 0.0
    mob.position = slid.position
    mob.velocity = (east, north, 0.0 if slid.landed or slid.bumped else up)


@cache
def species(kind: str) -> tuple[Figure, float, float]:
    """(figure, health, walking speed in metres a second) of a kind of mob."""
    if kind in _QUADRUPEDS:
        return _quadruped(kind, *_QUADRUPEDS[kind])
    if kind in _BIRDS:
        return _bird(kind, *_BIRDS[kind])
    if kind in _PEOPLE:
        return _person(kind, *_PEOPLE[kind])
    dice = Dice("species", kind)
    shirt, trousers = dice.pick(list(COLOURS.values())), dice.pick(list(COLOURS.values()))
    return _person(kind, (196, 150, 120), shirt, trousers, 20.0, 1.2)


def _look(colour: Colour, pattern: Pattern = "grain", accent: Colour | None = None) -> Look:
    return uniform(painted(colour, pattern, accent, 1.0))


def _box(middle: Point, size: Point, look: Look, swing: float = 0.0) -> Part:
    """A part by the middle of its underside."""
    (x, y, z), (east, north, up) = middle, size
    low, high = (x - east / 2, y - north / 2, z), (x + east / 2, y + north / 2, z + up)
    return Part(low, high, look, swing)


def _eyes(y: float, z: float, apart: float) -> list[Part]:
    dark = _look((16, 16, 18), "plain")
    return [_box((side * apart, y, z), (0.07, 0.03, 0.07), dark) for side in (-1.0, 1.0)]


def _quadruped(
    kind: str,
    body: Look,
    head: Look,
    leg: Look,
    snout: Look,
    size: Point,
    leg_length: float,
    head_size: float,
    health: float,
    speed: float,
) -> tuple[Figure, float, float]:
    width, length, height = size
    parts = [_box((0.0, -0.1, leg_length), size, body)]
    for side in (-1.0, 1.0):
        for end in (-1.0, 1.0):
            at = (side * (width / 2 - 0.12), -0.1 + end * (length / 2 - 0.14), 0.0)
            parts.append(_box(at, (0.22, 0.22, leg_length + 0.05), leg, side * end))
    face = -0.1 + length / 2 + head_size * 0.4
    chin = leg_length + height - head_size * 0.55
    parts.append(_box((0.0, face, chin), (head_size, head_size, head_size), head))
    parts.append(_box((0.0, face + head_size / 2, chin + 0.04), (head_size * 0.6, 0.14, head_size * 0.4), snout))
    parts += _eyes(face + head_size / 2 + 0.01, chin + head_size * 0.62, head_size * 0.36)
    return Figure(kind, tuple(parts), 0.9, chin + head_size), health, speed


def _bird(kind: str, body: Look, comb: Look, health: float, speed: float) -> tuple[Figure, float, float]:
    beak = _look((226, 170, 48), "plain")
    parts = [
        _box((0.0, 0.0, 0.25), (0.34, 0.42, 0.34), body),
        _box((-0.2, 0.0, 0.32), (0.07, 0.34, 0.24), body),
        _box((0.2, 0.0, 0.32), (0.07, 0.34, 0.24), body),
        _box((0.0, 0.24, 0.48), (0.24, 0.2, 0.34), body),
        _box((0.0, 0.38, 0.62), (0.2, 0.12, 0.09), beak),
        _box((0.0, 0.36, 0.52), (0.1, 0.08, 0.1), comb),
        _box((-0.09, -0.02, 0.0), (0.08, 0.1, 0.28), beak, 1.0),
        _box((0.09, -0.02, 0.0), (0.08, 0.1, 0.28), beak, -1.0),
        *_eyes(0.335, 0.72, 0.09),
    ]
    return Figure(kind, tuple(parts), 0.5, 0.85), health, speed


def _person(
    kind: str, skin: Colour, shirt: Colour, trousers: Colour, health: float, speed: float
) -> tuple[Figure, float, float]:
    head, chest, legs = _look(skin), _look(shirt), _look(trousers)
    hair = Look(head.side, painted((70, 48, 30), "speckle"), head.side)
    parts = [
        _box((0.0, 0.0, 0.7), (0.48, 0.26, 0.72), chest),
        _box((0.0, 0.0, 1.42), (0.46, 0.46, 0.46), hair),
        _box((-0.12, 0.0, 0.0), (0.22, 0.24, 0.72), legs, 1.0),
        _box((0.12, 0.0, 0.0), (0.22, 0.24, 0.72), legs, -1.0),
        _box((-0.34, 0.0, 0.72), (0.18, 0.22, 0.68), head, -1.0),
        _box((0.34, 0.0, 0.72), (0.18, 0.22, 0.68), head, 1.0),
        *_eyes(0.235, 1.62, 0.12),
    ]
    return Figure(kind, tuple(parts), 0.6, 1.88), health, speed


_WOOL = _look((230, 228, 222), "speckle", (212, 210, 204))
_SHEEP_FACE = _look((206, 176, 150))
_COW = _look((74, 54, 40), "leaves", (226, 222, 214))
_COW_FACE = _look((82, 60, 44))
_MOOSHROOM = _look((160, 24, 26), "leaves", (222, 214, 208))
_RED = _look((160, 28, 28))
_MUZZLE = _look((206, 186, 176))
_PIG = _look((238, 160, 156), "grain", (228, 146, 142))
_SNOUT = _look((214, 122, 122), "plain")
_WOLF = _look((204, 200, 196), "speckle")
_HORSE = _look((136, 88, 50))

_Quadruped = tuple[Look, Look, Look, Look, Point, float, float, float, float]
_QUADRUPEDS: dict[str, _Quadruped] = {
    "sheep": (_WOOL, _SHEEP_FACE, _SHEEP_FACE, _SHEEP_FACE, (0.72, 1.05, 0.6), 0.5, 0.4, 8.0, 1.0),
    "cow": (_COW, _COW_FACE, _COW_FACE, _MUZZLE, (0.76, 1.2, 0.68), 0.55, 0.46, 10.0, 0.9),
    "mooshroom": (_MOOSHROOM, _RED, _RED, _MUZZLE, (0.76, 1.2, 0.68), 0.55, 0.46, 10.0, 0.9),
    "pig": (_PIG, _PIG, _PIG, _SNOUT, (0.62, 0.98, 0.5), 0.34, 0.46, 10.0, 1.1),
    "wolf": (_WOLF, _WOLF, _WOLF, _look((120, 104, 92)), (0.42, 0.9, 0.4), 0.42, 0.36, 8.0, 1.5),
    "horse": (_HORSE, _HORSE, _HORSE, _look((90, 60, 36)), (0.7, 1.4, 0.66), 0.8, 0.46, 20.0, 1.6),
}
_BIRDS: dict[str, tuple[Look, Look, float, float]] = {
    "chicken": (_look((240, 240, 238), "grain", (222, 222, 220)), _look((200, 30, 26), "plain"), 4.0, 0.9),
    "parrot": (_look((214, 40, 30), "speckle", (40, 90, 200)), _look((246, 200, 42), "plain"), 6.0, 1.0),
}
_PEOPLE: dict[str, tuple[Colour, Colour, Colour, float, float]] = {
    "person": ((204, 158, 128), (40, 142, 150), (52, 56, 140), 20.0, 1.3),
    "zombie": ((88, 140, 76), (38, 132, 136), (58, 52, 130), 20.0, 1.0),
    "skeleton": ((200, 200, 196), (186, 186, 182), (170, 170, 166), 20.0, 1.2),
    "villager": ((190, 138, 108), (112, 76, 52), (84, 60, 44), 20.0, 1.0),
    "creeper": ((96, 186, 84), (92, 176, 80), (70, 150, 62), 20.0, 1.0),
}
FIGURES: tuple[str, ...] = (*_QUADRUPEDS, *_BIRDS, *_PEOPLE)
