"""Blocky people: the traveller the player is, and the stone statue."""

from __future__ import annotations

from evalsuite.adapters.doom.art.animals import STRIDE
from evalsuite.adapters.doom.art.box_models import Box, box, moved, standing, turned
from evalsuite.adapters.doom.art.paints import blotched, by_face, picture, plain, striped


def traveller(frame: str) -> list[Box]:
    """The player: straw hat, teal coat, red scarf and a big leather backpack, 1.8 m tall."""
    coat, trousers, boot = plain("teal", 0.50, 0.03), plain("blue", 0.30, 0.03), ("bark", 0.25)
    skin, leather, straw = plain("skin", 0.66, 0.04), striped("wood", 0.46, 0.12, 6), plain("sand", 0.66)
    face = picture(
        skin,
        ["HHHHHHHH", "H......H", "H.H..H.H", "HWB..BWH", "HWB..BWH", "...NN...", "..MMMM..", "........"],
        {
            "H": ("wood", 0.20),
            "W": ("grey", 1.0),
            "B": ("blue", 0.20),
            "N": ("skin", 0.50),
            "M": ("brick", 0.45),
        },
    )
    hair = picture(skin, ["HHHHHHHH"] * 5 + ["........"] * 3, {"H": ("wood", 0.20)})
    front = picture(
        coat,
        ["...SS...", "...SS...", "...BB...", "...BB...", "...BB...", "LLLYYLLL", "........"],
        {"S": ("red", 0.55), "B": ("teal", 0.26), "L": ("bark", 0.35), "Y": ("yellow", 0.6)},
    )
    swing = STRIDE[frame]
    lift = -0.02 if frame == "C" else 0.0
    leg = picture(trousers, ["...."] * 5 + ["TTTT", "TTTT"], {"T": boot})
    arm = picture(coat, ["...."] * 6 + ["SSSS", "SSSS"], {"S": ("skin", 0.66)})
    boxes = [
        *turned([standing(0, 0.12, 0, (0.24, 0.23, 0.70), leg)], "y", -swing, (0, 0.12, 0.68)),
        *turned([standing(0, -0.12, 0, (0.24, 0.23, 0.70), leg)], "y", swing, (0, -0.12, 0.68)),
    ]
    upper = [
        standing(0, 0, 0.66, (0.28, 0.50, 0.62), by_face(coat, front=front)),
        *turned([standing(0, 0.34, 0.66, (0.20, 0.18, 0.60), arm)], "y", swing, (0, 0.34, 1.2)),
        *turned([standing(0, -0.34, 0.66, (0.20, 0.18, 0.60), arm)], "y", -swing, (0, -0.34, 1.2)),
        standing(0, 0, 1.23, (0.34, 0.42, 0.09), plain("red", 0.50)),
        standing(0.01, 0, 1.29, (0.40, 0.40, 0.40), by_face(hair, front=face), 0.05),
        standing(0, 0, 1.63, (0.62, 0.62, 0.06), plain("sand", 0.56)),
        standing(0, 0, 1.67, (0.38, 0.38, 0.14), by_face(straw, top=plain("sand", 0.74))),
        standing(0, 0, 1.67, (0.41, 0.41, 0.05), plain("red", 0.45)),
        standing(-0.27, 0, 0.74, (0.28, 0.46, 0.50), leather),
        standing(-0.42, 0, 0.80, (0.06, 0.30, 0.22), plain("wood", 0.62)),
        standing(-0.27, 0, 1.24, (0.18, 0.52, 0.14), striped("brick", 0.55, 0.2, 3)),
    ]
    return boxes + moved(upper, (0.0, 0.0, lift))


def statue(frame: str) -> list[Box]:
    """A mossy stone watchman on a plinth, shield on his left arm and staff in his right hand, 1.8 m tall."""
    stone = blotched(plain("stone", 0.78, 0.05), plain("stone", 0.66, 0.05), 0.4, 4)
    aged = blotched(stone, plain("moss", 0.50, 0.08), 0.22, 3)
    face = picture(
        stone,
        ["........", "DDDDDDDD", ".DD..DD.", ".KK..KK.", "...LL...", "...LL...", ".DDDDDD.", "........"],
        {"D": ("stone", 0.38), "K": ("stone", 0.08), "L": ("stone", 0.80)},
    )
    plate = picture(
        aged,
        ["............", ".YYYYYYYYYY.", ".YKKYKYKKYY.", ".YYYYYYYYYY.", "............", "............"],
        {"Y": ("yellow", 0.46), "K": ("bark", 0.20)},
    )
    shield = picture(
        stone,
        ["DDDDDD", "D.LL.D", "DLLLLD", "D.LL.D", "D.LL.D", "DDDDDD"],
        {"D": ("stone", 0.44), "L": ("yellow", 0.46)},
    )
    return [
        standing(0, 0, 0, (0.84, 0.84, 0.12), aged),
        standing(0, 0, 0.12, (0.68, 0.68, 0.34), by_face(aged, front=plate), 0.057),
        standing(0, 0, 0.46, (0.76, 0.76, 0.08), stone),
        standing(0, 0.10, 0.54, (0.20, 0.18, 0.42), stone),
        standing(0, -0.10, 0.54, (0.20, 0.18, 0.42), stone),
        standing(0, 0, 0.80, (0.30, 0.44, 0.12), plain("stone", 0.48)),
        standing(0, 0, 0.90, (0.24, 0.42, 0.44), stone),
        standing(-0.15, 0, 0.62, (0.06, 0.46, 0.72), striped("stone", 0.52, 0.14, 3)),
        standing(0, 0, 1.34, (0.32, 0.32, 0.34), by_face(stone, front=face), 0.041),
        standing(0, 0, 1.64, (0.36, 0.36, 0.08), plain("stone", 0.50)),
        standing(-0.02, 0, 1.70, (0.30, 0.07, 0.12), plain("stone", 0.72)),
        *turned([box((0.10, 0.29, 1.12), (0.36, 0.14, 0.15), stone)], "y", 18, (0, 0.29, 1.2)),
        standing(0, 0.28, 1.02, (0.18, 0.15, 0.30), stone),
        standing(0.30, 0.27, 0.82, (0.07, 0.34, 0.44), by_face(stone, front=shield)),
        standing(0, -0.28, 0.94, (0.18, 0.15, 0.38), stone),
        box((0.10, -0.29, 1.00), (0.34, 0.13, 0.14), stone),
        standing(0.24, -0.29, 0.54, (0.07, 0.07, 1.20), plain("stone", 0.54)),
        standing(0.24, -0.29, 1.68, (0.13, 0.13, 0.13), plain("stone", 0.82)),
    ]
