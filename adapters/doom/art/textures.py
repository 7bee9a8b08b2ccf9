"""Every wall texture and flat by its lump name, in palette colours, at 32 pixels a metre."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from evalsuite.adapters.doom.art import textures_desert as desert
from evalsuite.adapters.doom.art import textures_landmark as landmark
from evalsuite.adapters.doom.art import textures_meadow as meadow
from evalsuite.adapters.doom.art import textures_snow as snow
from evalsuite.adapters.doom.art.colours import Array
from evalsuite.adapters.doom.art.palette import Bytes, nearest

PIXELS_PER_METRE = 32

WALLS: dict[str, Callable[[], Array]] = {
    "MWALLA": meadow.plank_wall,
    "MWALLB": meadow.hedge,
    "MWALLC": meadow.cobbles,
    "MLEDGE": meadow.ledge,
    "MBORDER": meadow.border,
    "DWALLA": desert.brick_wall,
    "DWALLB": desert.carved_wall,
    "DWALLC": desert.adobe,
    "DLEDGE": desert.ledge,
    "DBORDER": desert.border,
    "SWALLA": snow.brick_wall,
    "SWALLB": snow.logs,
    "SWALLC": snow.ice,
    "SLEDGE": snow.ledge,
    "SBORDER": snow.border,
    **{f"LMARK{letter}": partial(landmark.wall, letter) for letter in landmark.TOWERS},
}

FLATS: dict[str, Callable[[], Array]] = {
    "MGROUND": meadow.ground,
    "MPATH": meadow.path,
    "MTOPA": meadow.roof,
    "MTOPB": meadow.hedge_top,
    "MTOPC": meadow.cobbles_top,
    "MLEDTOP": partial(meadow.ground, "MLEDTOP", meadow.FLAT),
    "DGROUND": desert.ground,
    "DPATH": desert.path,
    "DTOPA": desert.brick_top,
    "DTOPB": desert.carved_top,
    "DTOPC": desert.adobe_top,
    "DLEDTOP": partial(desert.ground, "DLEDTOP", meadow.FLAT),
    "SGROUND": snow.ground,
    "SPATH": snow.path,
    "STOPA": partial(snow.snowy_top, "STOPA", "stone", 0.30),
    "STOPB": snow.logs_top,
    "STOPC": partial(snow.ice, "STOPC", meadow.FLAT, 0.74),
    "SLEDTOP": partial(snow.ground, "SLEDTOP", meadow.FLAT),
    **{f"LTOP{letter}": partial(landmark.top, letter) for letter in landmark.TOWERS},
}


def wall(name: str) -> Bytes:
    """Palette indices of a wall texture: (128, 64), or (64, 64) for a ledge."""
    return nearest(WALLS[name]())


def flat(name: str) -> Bytes:
    """Palette indices of a flat: (64, 64), or (128, 128) for a ground."""
    return nearest(FLATS[name]())
