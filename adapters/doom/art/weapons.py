"""The two first-person weapons, held in the lower right of a 320 x 200 screen.

Model axes are the viewer's own: x away from the eye, y to the left, z up; the origin is the fist.
"""

from __future__ import annotations

import math

from evalsuite.adapters.doom.art.box_models import Box, Paint, box, turned
from evalsuite.adapters.doom.art.paints import by_face, picture, plain, striped


def _hand(sleeve: Paint) -> list[Box]:
    skin = plain("skin", 0.66, 0.04)
    knuckles = picture(skin, ["........", "K.K.K.K.", "........"], {"K": ("skin", 0.46)})
    arm = [
        box((-0.38, 0, 0), (0.56, 0.17, 0.17), sleeve),
        box((-0.10, 0, 0), (0.10, 0.19, 0.19), plain("teal", 0.30)),
    ]
    arm = turned(turned(arm, "y", -42), "z", 20)
    return [box((0, 0, 0), (0.19, 0.18, 0.17), by_face(knuckles, top=skin)), *arm]


def sword(frame: str) -> list[Box]:
    """A steel sword: A at rest, B lifted for the blow, C at the end of the blow."""
    steel, edge, gold = plain("stone", 0.84, 0.05), plain("grey", 1.0, 0.03), plain("yellow", 0.50)
    blade = [
        box((0, 0, -0.13), (0.10, 0.10, 0.09), gold),
        box((0, 0, 0.0), (0.08, 0.08, 0.28), striped("bark", 0.40, 0.2, 2)),
        box((0, 0, 0.15), (0.12, 0.34, 0.07), gold),
        box((0, 0, 0.52), (0.05, 0.12, 0.68), steel),
        box((-0.02, 0, 0.46), (0.03, 0.03, 0.56), plain("stone", 0.58, 0.03)),
        box((0, 0.055, 0.51), (0.04, 0.05, 0.66), edge),
        box((0, 0, 0.88), (0.045, 0.08, 0.08), edge),
    ]
    lean, tip = {"A": (26.0, 16.0), "B": (-8.0, -24.0), "C": (62.0, 66.0)}[frame]
    held = turned(turned(blade, "y", lean), "x", -tip)
    return held + _hand(plain("teal", 0.52, 0.03))


def bow(frame: str) -> list[Box]:
    """A wooden bow: A at rest with an arrow, B drawn, C just let go."""
    wood, cord = striped("wood", 0.56, 0.14, 3), plain("sand", 0.95, 0.02)
    bend, pull = {"A": (14.0, 0.10), "B": (24.0, 0.34), "C": (12.0, 0.04)}[frame]
    upper = [box((0, 0, 0.26), (0.08, 0.09, 0.40), wood)]
    upper += turned([box((0, 0, 0.60), (0.065, 0.07, 0.34), wood)], "y", -bend, (0, 0, 0.44))
    upper = turned(upper, "y", -bend, (0, 0, 0.06))
    lower = [Box(one.centre * [1, 1, -1], one.size, one.paint, one.axes * _MIRROR, one.texel) for one in upper]
    tip = upper[1].centre + upper[1].axes[:, 2] * 0.16
    parts = [box((0, 0, 0), (0.10, 0.10, 0.20), striped("brick", 0.45, 0.2, 2)), *upper, *lower]
    parts += _cord((float(tip[0]), float(tip[2])), (-pull - 0.06, 0.0), cord)
    parts += _cord((float(tip[0]), -float(tip[2])), (-pull - 0.06, 0.0), cord)
    if frame != "C":
        parts += [
            box((0.36 - pull, 0, 0.03), (0.90, 0.035, 0.035), plain("wood", 0.74)),
            box((0.84 - pull, 0, 0.03), (0.14, 0.08, 0.08), plain("stone", 0.90)),
            box((-pull, 0, 0.03), (0.16, 0.02, 0.13), plain("grey", 0.95)),
            box((-pull, 0, 0.03), (0.16, 0.13, 0.02), plain("red", 0.55)),
        ]
    return turned(turned(parts, "x", -30), "z", 40) + _hand(plain("teal", 0.52, 0.03))


_MIRROR = [[1, 1, -1], [1, 1, -1], [-1, -1, 1]]


def _cord(end: tuple[float, float], nock: tuple[float, float], paint: Paint) -> list[Box]:
    length = math.dist(end, nock)
    middle = ((end[0] + nock[0]) / 2, 0.0, (end[1] + nock[1]) / 2)
    angle = math.degrees(math.atan2(end[0] - nock[0], end[1] - nock[1]))
    return turned([box(middle, (0.02, 0.02, length), paint)], "y", angle, middle)
