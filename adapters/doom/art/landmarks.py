"""Things to walk up to: the totem pole and the street lantern."""

from __future__ import annotations

from evalsuite.adapters.doom.art.box_models import Box, Paint, box, standing, turned
from evalsuite.adapters.doom.art.paints import Tint, by_face, glowing, picture, plain, striped

_FACE = {
    "bear": [
        "RRRRRRRRRR",
        "RWWRRRRWWR",
        "RWKRRRRKWR",
        "RRRRRRRRRR",
        "RKKKKKKKKR",
        "RKWKWWKWKR",
        "RKKKKKKKKR",
    ],
    "bird": [
        "BBBBBBBBBB",
        "BYYYBBYYYB",
        "BYKYBBYKYB",
        "BYYYBBYYYB",
        "BBBBBBBBBB",
        "BBWBBBBWBB",
        "BBBBBBBBBB",
    ],
    "frog": [
        "GGGGGGGGGG",
        "GWWGGGGWWG",
        "GKWGGGGWKG",
        "GGGGGGGGGG",
        "GRRRRRRRRG",
        "GGRRRRRRGG",
        "GGGGGGGGGG",
    ],
}
_TINTS: dict[str, Tint] = {
    "R": ("red", 0.50),
    "B": ("blue", 0.52),
    "G": ("forest", 0.52),
    "W": ("grey", 0.97),
    "K": ("grey", 0.06),
    "Y": ("yellow", 0.55),
}


def _head(kind: str, side: Tint) -> Paint:
    wood = striped("wood", 0.46, 0.13, 3)
    band = picture(wood, ["....", "SSSS", "....", "....", "....", "SSSS", "...."], {"S": side})
    return by_face(band, front=picture(wood, _FACE[kind], _TINTS), back=wood, top=plain("wood", 0.60))


def totem(frame: str) -> list[Box]:
    """Three carved and painted heads, with a beak and wings in front, plain wood behind; 2.0 m tall."""
    wing = picture(
        striped("wood", 0.5, 0.1, 3),
        ["YYYYYYYYYY", "BBBBBBBBBB", "RRRRRRRRRR", "..BB..BB.."],
        _TINTS,
    )
    plain_wing = by_face(striped("wood", 0.40, 0.14, 3), front=wing)
    return [
        standing(0, 0, 0, (0.66, 0.66, 0.12), plain("stone", 0.5)),
        standing(0, 0, 0.12, (0.54, 0.58, 0.56), _head("frog", ("forest", 0.5)), 0.056),
        standing(0, 0, 0.68, (0.48, 0.52, 0.56), _head("bear", ("red", 0.5)), 0.052),
        standing(0, 0, 1.24, (0.50, 0.54, 0.56), _head("bird", ("blue", 0.5)), 0.054),
        standing(0, 0, 1.80, (0.36, 0.36, 0.10), plain("yellow", 0.52)),
        standing(0, 0.14, 1.80, (0.10, 0.10, 0.22), plain("red", 0.5)),
        standing(0, -0.14, 1.80, (0.10, 0.10, 0.22), plain("red", 0.5)),
        box((0.34, 0, 1.46), (0.26, 0.16, 0.16), plain("orange", 0.60)),
        box((0.46, 0, 1.38), (0.12, 0.14, 0.10), plain("orange", 0.46)),
        box((0.30, 0, 0.98), (0.14, 0.18, 0.12), plain("grey", 0.10)),
        *turned([box((-0.02, 0.52, 1.56), (0.10, 0.54, 0.28), plain_wing)], "x", 12, (0, 0.27, 1.5)),
        *turned([box((-0.02, -0.52, 1.56), (0.10, 0.54, 0.28), plain_wing)], "x", -12, (0, -0.27, 1.5)),
    ]


def lantern(frame: str) -> list[Box]:
    """A street lantern, glass in front, a shutter behind, a hanging sign on its left; 2.2 m tall."""
    iron = plain("grey", 0.22, 0.05)
    glass = glowing("yellow", 0.80)
    pane = picture(
        glass,
        ["K....K", "......", "..WW..", "..WW..", "......", "K....K"],
        {"K": ("grey", 0.15), "W": ("grey", 1.0)},
        glow="W",
    )
    side_pane = picture(plain("orange", 0.70), ["K..K..K"] * 5, {"K": ("grey", 0.15)})
    shutter = picture(iron, ["K.K.K.K"] * 4, {"K": ("grey", 0.10)})
    sign = picture(
        plain("sand", 0.80, 0.04),
        [
            "BBBBBBBB",
            "B......B",
            "B...R..B",
            "BRRRRR.B",
            "BRRRRRRB",
            "BRRRRR.B",
            "B...R..B",
            "B......B",
            "BBBBBBBB",
        ],
        {"B": ("bark", 0.30), "R": ("red", 0.52)},
    )
    board = by_face(plain("wood", 0.40), front=sign, back=striped("wood", 0.46, 0.15, 3))
    return [
        standing(0, 0, 0, (0.46, 0.46, 0.14), plain("stone", 0.56)),
        standing(0, 0, 0.14, (0.28, 0.28, 0.18), plain("stone", 0.44)),
        standing(0, 0, 0.32, (0.13, 0.13, 1.30), iron),
        standing(0, 0, 0.95, (0.18, 0.18, 0.08), plain("yellow", 0.40)),
        standing(0, 0, 1.58, (0.34, 0.34, 0.07), iron),
        standing(0, 0, 1.65, (0.36, 0.36, 0.36), by_face(side_pane, front=pane, back=shutter)),
        standing(0, 0, 2.01, (0.44, 0.44, 0.07), iron),
        standing(0, 0, 2.08, (0.24, 0.24, 0.07), iron),
        standing(0, 0, 2.14, (0.09, 0.09, 0.08), plain("yellow", 0.46)),
        box((0, 0.36, 1.50), (0.07, 0.66, 0.07), iron),
        box((0, 0.68, 1.50), (0.09, 0.06, 0.11), plain("yellow", 0.46)),
        box((0, 0.20, 1.44), (0.03, 0.03, 0.10), iron),
        box((0, 0.58, 1.44), (0.03, 0.03, 0.10), iron),
        box((0, 0.39, 1.21), (0.07, 0.52, 0.44), board, 0.52 / 16),
    ]
