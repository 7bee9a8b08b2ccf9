"""Things that break: crate, pumpkin and ore, each whole (A), cracked (B) and as rubble (C)."""

from __future__ import annotations

import numpy as np

from evalsuite.adapters.doom.art.box_models import Box, Paint, Point, box, on_floor, standing, turned
from evalsuite.adapters.doom.art.colours import Array, shade
from evalsuite.adapters.doom.art.paints import blotched, by_face, cracked, glowing, picture, plain, striped
from evalsuite.adapters.doom.art.seeds import random_for


def _heap(name: str, pieces: int, paints: list[Paint], least: Point, more: Point) -> list[Box]:
    """Tumbled pieces on the floor within half a metre, each `least` metres large and up to `more` larger."""
    random = random_for(name)
    found: list[Box] = []
    for number in range(pieces):
        angle, reach = 2.4 * number, 0.46 * float(np.sqrt((number + 0.5) / pieces))
        long, wide, tall = (float(a + b * random.random_sample()) for a, b in zip(least, more, strict=True))
        piece = [box((0, 0, 0), (long, wide, tall), paints[number % len(paints)])]
        for axis, most in (("x", 14), ("y", 14), ("z", 180)):
            piece = turned(piece, axis, float(random.uniform(-most, most)))
        level = 0.26 * (1 - reach / 0.46)
        x, y = reach * float(np.cos(angle)), reach * float(np.sin(angle))
        found += [
            Box(one.centre + np.array([x, y, level]), one.size, one.paint, one.axes, one.texel)
            for one in on_floor(piece)
        ]
    return found


def crate(frame: str) -> list[Box]:
    """A 1 m wooden crate with a stencilled red arrow in front."""
    planks = striped("wood", 0.66, 0.22, 4, upright=True)
    frame_wood = plain("wood", 0.40, 0.06)
    stencil = picture(
        planks,
        [
            "............",
            ".....RR.....",
            "....RRRR....",
            "...RRRRRR...",
            "..RR.RR.RR..",
            ".....RR.....",
            ".....RR.....",
            ".....RR.....",
            "............",
            "..RRRRRRRR..",
            "............",
            "............",
        ],
        {"R": ("red", 0.46)},
    )
    if frame == "C":
        boards = [striped("wood", 0.62, 0.2, 3), plain("wood", 0.42), striped("wood", 0.54, 0.2, 3)]
        return _heap("crate", 18, boards, (0.40, 0.16, 0.08), (0.35, 0.08, 0.04))
    panel = by_face(planks, front=stencil)
    edge: Paint = frame_wood
    if frame == "B":
        panel, edge = cracked(panel, "wood", 7), cracked(frame_wood, "wood", 1)
    boxes = [box((0, 0, 0.5), (0.92, 0.92, 0.92), panel)]
    side = 0.13
    for first in (-1, 1):
        for second in (-1, 1):
            shift = 0.5 - side / 2
            boxes.append(box((first * shift, second * shift, 0.5), (side, side, 1.0), edge))
            boxes.append(box((0, first * shift, 0.5 + second * shift), (1.0, side, side), edge))
            boxes.append(box((first * shift, 0, 0.5 + second * shift), (side, 1.0, side), edge))
    if frame == "B":
        boxes += turned([box((0.49, 0.0, 0.34), (0.05, 0.70, 0.15), planks)], "x", 24, (0.49, 0.0, 0.34))
        boxes += turned([box((-0.1, 0.49, 0.62), (0.66, 0.05, 0.15), planks)], "y", 28, (-0.1, 0.49, 0.62))
    return boxes


def pumpkin(frame: str) -> list[Box]:
    """A jack-o-lantern 1 m across with a glowing face in front."""
    rind = striped("orange", 0.54, 0.16, 4, upright=True)
    grin = picture(
        rind,
        [
            "................",
            "................",
            "...YY......YY...",
            "..YYYY....YYYY..",
            "..YYYY....YYYY..",
            ".......YY.......",
            "......YYYY......",
            "................",
            ".Y............Y.",
            ".YYY.YY..YY.YYY.",
            "..YYYYYYYYYYYY..",
            "...YY.YYYY.YY...",
            "................",
            "................",
        ],
        {"Y": ("yellow", 0.72)},
        glow="Y",
    )
    if frame == "C":
        parts = [rind, plain("yellow", 0.60), plain("orange", 0.44), rind, plain("orange", 0.62)]
        return _heap("pumpkin", 17, parts, (0.24, 0.22, 0.16), (0.24, 0.20, 0.16))
    skin = by_face(rind, front=grin, top=plain("orange", 0.62, 0.08))
    lid = plain("orange", 0.60, 0.08)
    if frame == "B":
        skin, lid = cracked(skin, "orange", 7), cracked(lid, "orange", 4)
    return [
        standing(0, 0, 0.00, (0.80, 0.80, 0.10), plain("orange", 0.36)),
        standing(0, 0, 0.08, (0.98, 0.98, 0.72), skin),
        standing(0, 0, 0.80, (0.82, 0.82, 0.08), lid),
        standing(0, 0, 0.84, (0.18, 0.18, 0.12), plain("moss", 0.44)),
        *turned([standing(0.02, 0, 0.92, (0.11, 0.11, 0.12), plain("moss", 0.60))], "y", 25, (0, 0, 0.92)),
        *turned([standing(0.10, 0.24, 0.88, (0.24, 0.24, 0.03), plain("grass", 0.46))], "z", 30, (0.1, 0.24, 0)),
    ]


def _gems(ground: Paint, counts: dict[str, int]) -> Paint:
    def paint(face: str, rows: int, columns: int, random: np.random.RandomState) -> Array:
        texture = ground(face, rows, columns, random)
        spread = [(2, 2), (7, 6), (11, 11), (3, 10), (11, 3), (6, 11), (1, 6), (12, 7)]
        for row, column in spread[: counts.get(face, 3)]:
            texture[row : row + 3, column : column + 3, :3] = shade("stone", 0.14)
            texture[row : row + 2, column : column + 3] = [*shade("blue", 0.62), 2.0]
            texture[row + 1 : row + 3, column : column + 2] = [*shade("blue", 0.46), 1.0]
            texture[row, column + 1] = [*shade("ice", 0.98), 2.0]
        return texture

    return paint


def ore(frame: str) -> list[Box]:
    """A 1 m block of grey stone with blue gems: many in front, fewer round the sides, two behind."""
    rock = blotched(plain("stone", 0.60, 0.06), plain("stone", 0.44, 0.06), 0.45, 3)
    if frame == "C":
        parts = [rock, plain("stone", 0.46), rock, glowing("blue", 0.66), plain("stone", 0.64)]
        return _heap("ore", 22, parts, (0.18, 0.18, 0.16), (0.20, 0.18, 0.20))
    skin = _gems(rock, {"front": 8, "left": 5, "right": 3, "back": 1, "top": 4})
    if frame == "B":
        skin = cracked(skin, "stone", 8)
    knob = plain("stone", 0.54, 0.08)
    return [
        standing(0, 0, 0, (1.0, 1.0, 1.0), skin),
        standing(0.30, 0.46, 0, (0.34, 0.22, 0.16), knob),
        standing(-0.44, -0.30, 0, (0.24, 0.30, 0.22), knob),
        standing(0.46, -0.36, 0, (0.20, 0.24, 0.12), plain("stone", 0.44)),
    ]
