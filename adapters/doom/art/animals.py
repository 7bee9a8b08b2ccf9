"""The three farm animals, each with a walk of four frames and a fall of two."""

from __future__ import annotations

from evalsuite.adapters.doom.art.box_models import Box, Paint, box, on_floor, standing, turned
from evalsuite.adapters.doom.art.paints import blotched, by_face, picture, plain, woolly

STRIDE = {"A": 0.0, "B": 28.0, "C": 0.0, "D": -28.0}
"""Degrees the front left leg swings forward, by walk frame."""
_FALL = {"E": 42.0, "F": 88.0}


def _legs(along: float, aside: float, height: float, side: float, paint: Paint, swing: float) -> list[Box]:
    found = []
    for x in (along, -along):
        for y in (aside, -aside):
            leg = standing(x, y, 0.0, (side, side, height + 0.03), paint)
            forward = swing if x * y > 0 else -swing
            found += turned([leg], "y", -forward, (x, y, height))
    return found


def _posed(boxes: list[Box], frame: str) -> list[Box]:
    return on_floor(turned(boxes, "x", _FALL[frame])) if frame in _FALL else boxes


def sheep(frame: str) -> list[Box]:
    """A white woolly sheep with a dark face, 1.2 m tall."""
    wool, skin = woolly("snow", 0.90), plain("bark", 0.42)
    bob = -0.03 if frame == "C" else 0.0
    face = picture(
        skin,
        ["........", "........", "WB....BW", "WB....BW", "........", "..PPPP..", "..NPPN..", "........"],
        {"W": ("grey", 0.95), "B": ("grey", 0.05), "P": ("bark", 0.66), "N": ("bark", 0.12)},
    )
    boxes = [
        box((0, 0, 0.76), (1.06, 0.66, 0.56), wool),
        box((-0.02, 0, 0.80), (0.90, 0.76, 0.44), wool),
        box((-0.02, 0, 0.86), (0.86, 0.52, 0.52), wool),
        box((-0.57, 0, 0.86), (0.14, 0.18, 0.20), wool),
        box((0.68, 0, 0.93 + bob), (0.40, 0.36, 0.40), by_face(skin, front=face), 0.047),
        box((0.60, 0, 1.10 + bob), (0.34, 0.42, 0.20), wool),
        box((0.54, 0, 0.96 + bob), (0.22, 0.46, 0.44), wool),
        box((0.62, 0.25, 1.00 + bob), (0.10, 0.16, 0.10), plain("bark", 0.36)),
        box((0.62, -0.25, 1.00 + bob), (0.10, 0.16, 0.10), plain("bark", 0.36)),
    ]
    boxes += _legs(0.34, 0.20, 0.50, 0.17, by_face(skin, top=wool), STRIDE.get(frame, 0.0))
    return _posed(boxes, frame)


def pig(frame: str) -> list[Box]:
    """A pink pig with a broad snout and a curly tail, 0.9 m tall."""
    skin = plain("pink", 0.60, 0.05)
    bob = -0.03 if frame == "C" else 0.0
    face = picture(
        skin,
        ["........", "........", "WB....BW", "WB....BW", "........", "........", "........", "........"],
        {"W": ("grey", 1.0), "B": ("grey", 0.05)},
    )
    snout = picture(plain("pink", 0.80, 0.03), ["......", ".N..N.", ".N..N.", "......"], {"N": ("pink", 0.12)})
    boxes = [
        box((-0.05, 0, 0.53), (0.96, 0.54, 0.46), skin),
        box((-0.05, 0, 0.50), (0.82, 0.60, 0.36), skin),
        box((0.50, 0, 0.65 + bob), (0.44, 0.46, 0.44), by_face(skin, front=face), 0.056),
        box((0.76, 0, 0.58 + bob), (0.10, 0.26, 0.18), by_face(plain("pink", 0.76, 0.03), front=snout)),
        box((0.46, 0.19, 0.88 + bob), (0.10, 0.15, 0.14), plain("pink", 0.46)),
        box((0.46, -0.19, 0.88 + bob), (0.10, 0.15, 0.14), plain("pink", 0.46)),
        box((-0.56, 0.03, 0.66), (0.10, 0.07, 0.07), plain("pink", 0.48)),
        box((-0.61, 0.03, 0.72), (0.07, 0.07, 0.14), plain("pink", 0.48)),
        box((-0.61, -0.03, 0.77), (0.07, 0.14, 0.06), plain("pink", 0.48)),
    ]
    hoof = picture(plain("pink", 0.54, 0.05), ["...", "...", "...", "HHH"], {"H": ("bark", 0.30)})
    boxes += _legs(0.29, 0.16, 0.32, 0.18, hoof, STRIDE.get(frame, 0.0))
    return _posed(boxes, frame)


def cow(frame: str) -> list[Box]:
    """A brown cow with white patches, horns and an udder, 1.4 m tall."""
    brown, white = plain("wood", 0.30, 0.05), plain("grey", 0.93, 0.04)
    hide = blotched(brown, white, 0.34, 5)
    bob = -0.04 if frame == "C" else 0.0
    face = picture(
        brown,
        ["...WW...", "...WW...", "CB.WW.BC", "CB.WW.BC", "...WW...", "..PPPP..", "..NPPN..", "..PPPP.."],
        {
            "W": ("grey", 0.93),
            "C": ("grey", 0.95),
            "B": ("grey", 0.04),
            "P": ("pink", 0.70),
            "N": ("pink", 0.22),
        },
    )
    horn = plain("sand", 0.86, 0.04)
    boxes = [
        box((-0.08, 0, 0.86), (1.28, 0.62, 0.64), hide),
        box((-0.10, 0, 0.86), (1.10, 0.70, 0.50), hide),
        box((-0.30, 0, 0.52), (0.34, 0.30, 0.10), plain("pink", 0.62)),
        box((0.72, 0, 1.10 + bob), (0.40, 0.46, 0.46), by_face(brown, front=face), 0.0575),
        box(
            (0.94, 0, 0.99 + bob),
            (0.08, 0.32, 0.20),
            by_face(
                plain("pink", 0.68),
                front=picture(plain("pink", 0.70, 0.03), ["......", ".N..N.", "......"], {"N": ("pink", 0.15)}),
            ),
        ),
        box((0.66, 0.27, 1.31 + bob), (0.10, 0.10, 0.18), horn),
        box((0.66, -0.27, 1.31 + bob), (0.10, 0.10, 0.18), horn),
        box((0.62, 0.31, 1.17 + bob), (0.10, 0.18, 0.10), plain("wood", 0.18)),
        box((0.62, -0.31, 1.17 + bob), (0.10, 0.18, 0.10), plain("wood", 0.18)),
        box((-0.75, 0, 0.90), (0.07, 0.07, 0.52), brown),
        box((-0.75, 0, 0.60), (0.11, 0.11, 0.16), plain("wood", 0.10)),
    ]
    shin = picture(brown, ["...", "...", "WWW", "WWW", "HHH"], {"W": ("grey", 0.93), "H": ("bark", 0.15)})
    boxes += _legs(0.40, 0.21, 0.56, 0.20, shin, STRIDE.get(frame, 0.0))
    return _posed(boxes, frame)
