"""Things to use: the lever and the chest (A before, B after), and the arrow in flight."""

from __future__ import annotations

from evalsuite.adapters.doom.art.box_models import Box, box, standing, turned
from evalsuite.adapters.doom.art.paints import by_face, glowing, picture, plain, striped


def lever(frame: str) -> list[Box]:
    """A 1.2 m lever on a post, handle on its left side: red and down before, green and up after."""
    on = frame == "B"
    stone, knob = plain("stone", 0.56), glowing("grass", 0.62) if on else glowing("red", 0.52)
    lamp = ("grass", 0.72) if on else ("red", 0.55)
    panel = picture(
        plain("wood", 0.46),
        ["KKKKKKKK", "KLLLLLLK", "KLLLLLLK", "KKKKKKKK", "........", "..KKKK..", "........"],
        {"L": lamp, "K": ("grey", 0.20)},
        glow="L",
    )
    stick = [
        box((0, 0.28, 0.94), (0.09, 0.09, 0.52), plain("wood", 0.66)),
        box((0, 0.28, 1.18), (0.17, 0.17, 0.17), knob),
    ]
    return [
        standing(0, 0, 0, (0.50, 0.50, 0.12), plain("stone", 0.46)),
        standing(0, 0, 0.12, (0.28, 0.28, 0.46), stone),
        standing(0, 0, 0.58, (0.44, 0.40, 0.34), by_face(plain("wood", 0.42), front=panel)),
        standing(0, 0, 0.92, (0.48, 0.44, 0.06), plain("grey", 0.25)),
        box((0, 0.23, 0.74), (0.20, 0.08, 0.20), plain("grey", 0.35)),
        *turned(turned(stick, "y", -28.0 if on else 118.0, (0, 0.28, 0.74)), "x", -22.0, (0, 0.28, 0.74)),
    ]


def chest(frame: str) -> list[Box]:
    """A 1 m wide chest with a gold latch in front; open it shows gold and gems."""
    wood, iron = striped("wood", 0.50, 0.16, 4), plain("grey", 0.28, 0.05)
    inside = plain("bark", 0.12)
    lid = [
        standing(0, 0, 0.50, (0.76, 0.96, 0.20), by_face(wood, bottom=inside)),
        standing(0, 0, 0.68, (0.62, 0.96, 0.09), wood),
        *(standing(0, y, 0.49, (0.80, 0.12, 0.23), by_face(iron, bottom=inside)) for y in (0.36, -0.36)),
        *(standing(0, y, 0.70, (0.66, 0.12, 0.09), iron) for y in (0.36, -0.36)),
        box((0.39, 0, 0.53), (0.06, 0.18, 0.20), plain("yellow", 0.52)),
    ]
    treasure = []
    if frame == "B":
        lid = turned(lid, "y", -100.0, (-0.38, 0, 0.52))
        treasure = [
            box((0, 0, 0.485), (0.64, 0.84, 0.04), glowing("yellow", 0.56)),
            box((0.10, 0.10, 0.52), (0.36, 0.44, 0.08), glowing("yellow", 0.62)),
            *turned(
                [box((0.18, -0.22, 0.55), (0.14, 0.14, 0.12), glowing("red", 0.52))],
                "z",
                30,
                (0.18, -0.22, 0),
            ),
            *turned([box((0.16, 0.12, 0.58), (0.14, 0.14, 0.12), glowing("teal", 0.62))], "z", 15, (0.16, 0.12, 0)),
        ]
    lock = picture(plain("yellow", 0.46), ["....", ".KK.", ".KK.", "...."], {"K": ("grey", 0.05)})
    return [
        standing(0, 0, 0, (0.76, 0.96, 0.50), by_face(wood, top=inside)),
        *(standing(0, y, 0, (0.80, 0.12, 0.51), by_face(iron, top=inside)) for y in (0.36, -0.36)),
        standing(0, 0, 0, (0.80, 1.00, 0.07), iron),
        box((0.39, 0, 0.40), (0.06, 0.18, 0.18), by_face(plain("yellow", 0.46), front=lock)),
        *treasure,
        *lid,
    ]


def arrow(frame: str) -> list[Box]:
    """An arrow 1 m long, flying along +x, its shaft at z = 0."""
    feather = plain("grey", 0.90)
    return [
        box((0, 0, 0), (0.84, 0.045, 0.045), plain("wood", 0.66)),
        box((0.42, 0, 0), (0.12, 0.11, 0.11), plain("stone", 0.86)),
        box((0.50, 0, 0), (0.10, 0.05, 0.05), plain("stone", 0.96)),
        box((-0.38, 0, 0), (0.20, 0.03, 0.18), feather),
        box((-0.38, 0, 0), (0.20, 0.18, 0.03), plain("red", 0.55)),
        box((-0.47, 0, 0), (0.06, 0.06, 0.06), plain("red", 0.45)),
    ]
