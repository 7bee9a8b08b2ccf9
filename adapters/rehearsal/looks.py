"""What surfaces look like: a paint is a small tile of texels, a look says which paint each face of a box wears."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalsuite.seeding import Dice

Colour = tuple[int, int, int]
Pattern = Literal["plain", "grain", "speckle", "checker", "bricks", "planks", "bark", "leaves", "frame", "rings"]

TEXELS = 16

PAINTS: list[Paint] = []
"""Every paint of this process, so that arrays can refer to them by number."""


@dataclass(frozen=True, eq=False)
class Paint:
    """A square tile, repeated over a face.

    Args:
        texels: uint8 RGB (n, n, 3), n a power of two; row 0 is the upper edge.
        metres: side of one repetition; None stretches one tile over the whole face.
        blurs: whether its texels are averaged when they are smaller than pixels.
        number: its index in `PAINTS`.
    """

    texels: NDArray[np.uint8]
    metres: float | None = 1.0
    blurs: bool = True
    number: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "number", len(PAINTS))
        PAINTS.append(self)


@dataclass(frozen=True, eq=False)
class Look:
    """The paint of each face; `front` is the face towards the object's own yaw, `side` when None."""

    side: Paint
    top: Paint
    bottom: Paint
    front: Paint | None = None

    @property
    def faces(self) -> tuple[Paint, Paint, Paint, Paint, Paint, Paint]:
        """East, west, north (front), south, top, bottom."""
        return (self.side, self.side, self.front or self.side, self.side, self.top, self.bottom)


@cache
def painted(
    colour: Colour, pattern: Pattern = "grain", accent: Colour | None = None, metres: float | None = 1.0
) -> Paint:
    """A paint of 16 x 16 texels drawn from its arguments alone; equal arguments give the same object."""
    dice = Dice("paint", *colour, pattern, *(accent or ()))
    noise = np.array([dice.uniform(-1.0, 1.0) for _ in range(TEXELS * TEXELS)]).reshape(TEXELS, TEXELS)
    rows, columns = np.mgrid[0:TEXELS, 0:TEXELS]
    other, grain = _drawn(pattern, rows, columns, noise)
    base, second = np.array(colour, float), np.array(accent or tuple(c * 0.72 for c in colour), float)
    tile = np.where(other[..., None], second, base) * (1.0 + grain[..., None] * noise[..., None])
    return Paint(np.clip(np.round(tile), 0, 255).astype(np.uint8), metres)


def picture_paint(texels: NDArray[np.uint8]) -> Paint:
    """A picture (n, n, 3), n a power of two, stretched over a face: a poster, or a printed tag."""
    size = texels.shape[0]
    if texels.shape != (size, size, 3) or size & (size - 1):
        raise ValueError(f"a picture must be (n, n, 3) with n a power of two, not {texels.shape}")
    return Paint(np.ascontiguousarray(texels), None)


def uniform(paint: Paint) -> Look:
    """The same paint on every face."""
    return Look(paint, paint, paint)


@cache
def look_named(name: str) -> Look:
    """The look of a material by name ("oak_log", "stone", "red" ...) or colour ("#c04020").

    A name that isn't known gets a colour of its own, drawn from the name.
    """
    if name.startswith("#") and len(name) == 7:
        return uniform(painted((int(name[1:3], 16), int(name[3:5], 16), int(name[5:7], 16))))
    if name in _LOOKS:
        side, top, bottom = _LOOKS[name]
        return Look(painted(*side), painted(*top), painted(*bottom))
    for colour, value in COLOURS.items():
        if name == colour or name.startswith(f"{colour}_"):
            return uniform(painted(value))
    dice = Dice("look", name)
    body = (60 + dice.below(170), 60 + dice.below(170), 60 + dice.below(170))
    accent = (40 + dice.below(200), 40 + dice.below(200), 40 + dice.below(200))
    return uniform(painted(body, "frame", accent))


def _drawn(
    pattern: Pattern, rows: NDArray[np.int_], columns: NDArray[np.int_], noise: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which texels take the accent colour, and how strongly the noise shows in each."""
    middle = (TEXELS - 1) / 2
    ring = np.maximum(abs(rows - middle), abs(columns - middle))
    nothing = np.zeros(rows.shape, bool)
    course = rows // 4
    accents: dict[Pattern, NDArray[np.bool_]] = {
        "plain": nothing,
        "grain": noise > 0.86,
        "speckle": noise > 0.55,
        "checker": (rows // 8 + columns // 8) % 2 == 1,
        "bricks": (rows % 4 == 3) | ((columns + 4 * (course % 2)) % 8 == 7),
        "planks": (rows % 4 == 3) | ((columns == (course * 5) % TEXELS) & (rows % 4 != 3)),
        "bark": (columns % 4 == 0) | ((columns % 4 == 2) & (noise > 0.4)),
        "leaves": noise > 0.1,
        "frame": ring > 6.0,
        "rings": (ring.astype(int) % 3 == 0) | (ring > 7.0),
    }
    strength = {"plain": 0.0, "checker": 0.05, "leaves": 0.18, "speckle": 0.10}.get(pattern, 0.09)
    return accents[pattern], np.full(rows.shape, strength)


COLOURS: dict[str, Colour] = {
    "white": (232, 234, 234),
    "orange": (232, 122, 26),
    "magenta": (190, 74, 180),
    "light_blue": (66, 172, 216),
    "yellow": (246, 200, 42),
    "lime": (116, 188, 30),
    "pink": (236, 142, 172),
    "gray": (66, 72, 76),
    "light_gray": (146, 146, 138),
    "cyan": (24, 140, 148),
    "purple": (124, 44, 174),
    "blue": (54, 58, 160),
    "brown": (116, 74, 42),
    "green": (86, 112, 30),
    "red": (164, 42, 36),
    "black": (24, 24, 28),
}

_PaintArguments = tuple[Colour, Pattern, Colour | None] | tuple[Colour, Pattern]


def _same(colour: Colour, pattern: Pattern = "grain", accent: Colour | None = None) -> tuple[_PaintArguments, ...]:
    return ((colour, pattern, accent),) * 3


_DIRT: _PaintArguments = ((134, 96, 67), "speckle", (112, 78, 52))
_PLANKS: _PaintArguments = ((172, 138, 84), "planks", (128, 98, 56))
_COBBLE: _PaintArguments = ((122, 122, 122), "bricks", (86, 86, 86))


def _ore(colour: Colour) -> tuple[_PaintArguments, ...]:
    return _same((126, 126, 126), "speckle", colour)


_LOOKS: dict[str, tuple[_PaintArguments, ...]] = {
    "grass": _same((104, 152, 66), "speckle", (90, 136, 56)),
    "grass_block": (((120, 110, 66), "speckle", (112, 78, 52)), ((104, 152, 66), "speckle", (90, 136, 56)), _DIRT),
    "dirt": _same(*_DIRT),
    "sand": _same((219, 207, 163), "speckle", (204, 190, 146)),
    "snow": _same((240, 246, 248), "speckle", (226, 236, 242)),
    "stone": _same((126, 126, 126), "speckle", (112, 112, 112)),
    "cobblestone": _same(*_COBBLE),
    "bricks": _same((150, 84, 68), "bricks", (170, 160, 150)),
    "obsidian": _same((24, 18, 36), "speckle", (52, 38, 80)),
    "oak_log": (((104, 82, 50), "bark"), ((168, 136, 84), "rings", (116, 92, 56)), ((168, 136, 84), "rings")),
    "birch_log": (((216, 214, 208), "bark", (60, 58, 54)), ((196, 176, 120), "rings"), ((196, 176, 120), "rings")),
    "oak_leaves": _same((66, 118, 40), "leaves", (44, 88, 26)),
    "oak_planks": _same(*_PLANKS),
    "crafting_table": (((150, 112, 68), "frame", (84, 60, 36)), ((190, 140, 84), "checker", (120, 84, 50)), _PLANKS),
    "furnace": (((110, 110, 110), "frame", (52, 52, 52)), _COBBLE, _COBBLE),
    "chest": (((164, 116, 42), "frame", (66, 46, 20)), ((176, 126, 50), "frame", (66, 46, 20)), _PLANKS),
    "coal_ore": _ore((44, 44, 44)),
    "iron_ore": _ore((214, 174, 146)),
    "gold_ore": _ore((248, 212, 66)),
    "diamond_ore": _ore((92, 218, 214)),
    "redstone_ore": _ore((206, 20, 16)),
    "emerald_ore": _ore((24, 190, 84)),
    "lapis_ore": _ore((34, 72, 178)),
    "gold_block": _same((248, 208, 62), "frame", (214, 160, 30)),
    "iron_block": _same((220, 220, 220), "planks", (182, 182, 182)),
    "diamond_block": _same((104, 224, 216), "frame", (58, 176, 172)),
    "emerald_block": _same((48, 204, 98), "frame", (20, 150, 64)),
    "glowstone": _same((220, 180, 104), "speckle", (252, 232, 168)),
    "pumpkin": (((212, 122, 24), "bark", (178, 94, 14)), ((200, 120, 30), "rings"), ((200, 120, 30), "rings")),
    "melon": (((110, 150, 36), "bark", (74, 112, 20)), ((120, 156, 44), "rings"), ((120, 156, 44), "rings")),
    "hay_block": (((182, 152, 26), "planks", (140, 60, 30)), ((176, 146, 24), "rings"), ((176, 146, 24), "rings")),
    "tnt": (((200, 60, 40), "planks", (232, 232, 224)), ((190, 90, 70), "checker"), ((190, 90, 70), "checker")),
    "water": _same((52, 96, 206), "speckle", (66, 112, 220)),
    "lava": _same((214, 92, 18), "speckle", (246, 170, 40)),
    "concrete": _same((150, 152, 154), "grain", (140, 142, 144)),
    "wood_floor": _same((160, 118, 74), "planks", (120, 84, 48)),
    "tiles": _same((196, 196, 188), "frame", (160, 160, 152)),
    "plaster": _same((212, 204, 186), "grain", (204, 194, 174)),
    "checker": _same((200, 200, 196), "checker", (120, 124, 128)),
}
