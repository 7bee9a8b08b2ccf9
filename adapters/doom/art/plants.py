"""Decoration of the three lands; it is drawn from one side only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evalsuite.adapters.doom.art.box_models import Box, Paint, box, moved, standing, turned
from evalsuite.adapters.doom.art.paints import blotched, by_face, leafy, plain, striped, topped, woolly
from evalsuite.adapters.doom.art.seeds import random_for


def _crown(name: str, middle: Sequence[float], radii: Sequence[float], cube: float, paint: Paint) -> list[Box]:
    """Leaf cubes of `cube` metres that fill an egg with `radii` metres, its skin a little ragged."""
    random = random_for(name)
    steps = [np.arange(-np.ceil(r / cube), np.ceil(r / cube) + 1) * cube for r in radii]
    found = []
    for x in steps[0]:
        for y in steps[1]:
            for z in steps[2]:
                reach = (x / radii[0]) ** 2 + (y / radii[1]) ** 2 + (z / radii[2]) ** 2
                if 0.25 < reach + 0.35 * (random.random_sample() - 0.5) < 1.0:
                    place = (middle[0] + float(x), middle[1] + float(y), middle[2] + float(z))
                    found.append(box(place, (cube, cube, cube), paint))
    return found


def oak() -> list[Box]:
    """An oak, 5 m tall."""
    bark = striped("bark", 0.50, 0.18, 3)
    leaves = by_face(leafy("grass", 0.42, 0.08), top=leafy("grass", 0.58, 0.04), bottom=leafy("forest", 0.30))
    shade = by_face(leafy("forest", 0.52, 0.10), top=leafy("grass", 0.46, 0.06))
    trunk = [
        standing(0, 0, 0, (0.44, 0.44, 2.6), bark),
        standing(0.16, 0.16, 0, (0.28, 0.34, 0.34), bark),
        standing(-0.10, -0.20, 0, (0.30, 0.30, 0.24), bark),
        *turned([standing(0, 0.1, 1.7, (0.24, 0.24, 1.2), bark)], "x", -38, (0, 0.1, 1.7)),
        *turned([standing(0, -0.1, 1.9, (0.22, 0.22, 1.1), bark)], "x", 40, (0, -0.1, 1.9)),
    ]
    crown = _crown("oak", (0, 0, 3.5), (1.5, 1.6, 1.45), 0.5, leaves)
    return trunk + crown + _crown("oak side", (0.2, 0.95, 2.7), (0.9, 0.95, 0.70), 0.5, shade)


def spruce() -> list[Box]:
    """A spruce under snow, 5 m tall."""
    snow = woolly("snow", 0.92)
    boxes = [standing(0, 0, 0, (0.36, 0.36, 1.0), striped("bark", 0.40, 0.18, 3))]
    tiers = [(0.62, 1.40), (1.14, 1.02), (1.62, 1.24), (2.12, 0.86), (2.56, 1.02), (3.04, 0.66), (3.46, 0.78)]
    tiers += [(3.88, 0.40), (4.20, 0.46), (4.54, 0.20)]
    for number, (floor, half) in enumerate(tiers):
        needles = by_face(leafy("spruce", 0.46, 0.06), bottom=leafy("spruce", 0.22, 0.0))
        paint = topped(needles, snow, 2)
        tier = [standing(0, 0, floor, (2 * half, 1.3 * half, 0.52), paint)]
        tier += [standing(0, 0, floor + 0.02, (1.3 * half, 2 * half, 0.50), paint)]
        boxes += turned(tier, "z", 12.0 * (number % 3 - 1))
    return [*boxes, standing(0, 0, 4.96, (0.18, 0.18, 0.14), snow)]


def cactus() -> list[Box]:
    """A saguaro, 2.5 m tall, with a pink blossom."""
    rib = by_face(striped("forest", 0.56, 0.24, 3), top=plain("forest", 0.72))
    return [
        standing(0, 0, 0, (0.46, 0.46, 2.42), rib),
        standing(0, 0, 2.40, (0.30, 0.30, 0.08), plain("forest", 0.74)),
        box((0, 0.46, 1.10), (0.30, 0.50, 0.30), rib),
        standing(0, 0.66, 0.95, (0.32, 0.32, 0.95), rib),
        box((0, -0.44, 1.42), (0.28, 0.44, 0.28), rib),
        standing(0, -0.62, 1.28, (0.30, 0.30, 0.72), rib),
        standing(0.04, 0.66, 1.88, (0.18, 0.20, 0.10), plain("magenta", 0.62)),
        standing(0, 0.05, 2.46, (0.16, 0.18, 0.10), plain("magenta", 0.70)),
    ]


def bush() -> list[Box]:
    """A round berry bush, 0.9 m tall."""
    leaves = by_face(leafy("forest", 0.52, 0.08, ("red", 0.55)), top=leafy("forest", 0.70, 0.05))
    crown = _crown("bush", (0, 0, 0.36), (0.62, 0.70, 0.62), 0.25, leaves)
    return [one for one in crown if one.centre[2] > 0.1]


def flowers() -> list[Box]:
    """A patch of bright flowers, 0.6 m tall."""
    random = random_for("flowers")
    blooms = [("red", 0.55), ("yellow", 0.58), ("blue", 0.66), ("magenta", 0.62), ("grey", 0.97)]
    boxes: list[Box] = []
    for number in range(9):
        y, x = -0.40 + 0.10 * number, float(random.uniform(-0.25, 0.25))
        tall = float(random.uniform(0.30, 0.52))
        ramp, tone = blooms[number % len(blooms)]
        stem = plain("grass", 0.40)
        boxes += turned(
            [
                standing(x, y, 0, (0.04, 0.04, tall), stem),
                standing(x, y + 0.05, 0.08, (0.04, 0.10, 0.05), plain("grass", 0.52)),
                standing(x, y, tall, (0.10, 0.21, 0.07), plain(ramp, tone), 0.07),
                standing(x, y, tall - 0.07, (0.10, 0.07, 0.21), plain(ramp, tone), 0.07),
                standing(x + 0.05, y, tall, (0.06, 0.07, 0.07), plain("yellow", 0.75 if ramp != "yellow" else 0.35)),
            ],
            "x",
            float(random.uniform(-12, 12)),
            (x, y, 0.0),
        )
    return boxes


def boulder() -> list[Box]:
    """A weathered boulder, 0.8 m tall."""
    rock = blotched(plain("stone", 0.62, 0.06), plain("stone", 0.48, 0.06), 0.45, 4)
    mossy = topped(rock, blotched(rock, plain("moss", 0.60), 0.45, 3), 2)
    return [
        *turned([standing(0, 0, 0, (0.98, 1.10, 0.62), mossy)], "z", 24),
        *turned([standing(-0.05, 0.02, 0.0, (0.72, 0.80, 0.80), mossy)], "z", 52),
        *turned([standing(0.26, 0.46, 0, (0.40, 0.42, 0.32), rock)], "z", -20, (0.26, 0.46, 0)),
        *turned([standing(0.30, -0.46, 0, (0.34, 0.36, 0.24), rock)], "z", 35, (0.3, -0.46, 0)),
    ]


def dead_bush() -> list[Box]:
    """A dry thorn bush, 0.8 m tall."""
    random = random_for("dead bush")
    twig = plain("bark", 0.66, 0.10)
    boxes: list[Box] = []
    for number in range(8):
        length = float(random.uniform(0.5, 0.8))
        branch = [box((0, 0, length / 2), (0.055, 0.055, length), twig)]
        for at, lean in ((0.45, 40.0), (0.70, -38.0)):
            spur = box((0, 0, length * at + 0.11), (0.045, 0.045, 0.24), twig)
            branch += turned([spur], "x", lean, (0, 0, length * at))
        branch = turned(branch, "x", -56.0 + 16.0 * number)
        boxes += turned(branch, "y", float(random.uniform(-25, 25)))
    return boxes


def grass() -> list[Box]:
    """A tuft of tall grass, 0.6 m tall."""
    random = random_for("grass")
    boxes: list[Box] = []
    for number in range(17):
        y, x = -0.40 + 0.05 * number, float(random.uniform(-0.2, 0.2))
        tall = float(random.uniform(0.30, 0.56)) * (1.0 - 0.35 * abs(y) / 0.4)
        tone = float(random.uniform(0.38, 0.70))
        lean = float(random.uniform(-10, 10))
        stem = box((0, 0, tall * 0.3), (0.06, 0.065, tall * 0.6), plain("grass", tone - 0.10))
        tip = box((0, 0, tall * 0.76), (0.05, 0.05, tall * 0.5), plain("grass", tone + 0.08))
        blade = [stem, *turned([tip], "x", -y * 40, (0, 0, tall * 0.55))]
        boxes += moved(turned(blade, "x", lean - y * 45), (x, y * 0.7, 0.0))
    return boxes
