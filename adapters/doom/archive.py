"""The WAD that the engine opens: art, actors, one empty map slot a theme, and where the slots' texts lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from evalsuite.adapters.doom.art import lumps as art
from evalsuite.adapters.doom.catalogue import THEMES
from evalsuite.adapters.doom.map_scripts import behavior_lump
from evalsuite.adapters.doom.wad import Lump, Wad, build_wad, namespace

MAP_TEXT_BYTES = 256 * 1024
"""Room for a map's text; what is left over is padded with spaces."""


@dataclass(frozen=True)
class Archive:
    """The archive's bytes, and for each map slot the byte offset of its text."""

    wad: Wad
    map_text_offset: Mapping[str, int]


@cache
def build_archive() -> Archive:
    """The archive that every engine starts from."""
    actors = files("evalsuite.adapters.doom") / "actors"
    lumps: list[Lump] = [
        ("DECORATE", (actors / "decorate.txt").read_bytes()),
        ("MAPINFO", (actors / "mapinfo.txt").read_bytes()),
        ("PLAYPAL", art.playpal()),
        ("COLORMAP", art.colormap()),
        *namespace("S", art.sprite_lumps()),
        *namespace("F", art.flat_lumps()),
        *namespace("TX", [*art.texture_lumps(), *art.sky_lumps()]),
    ]
    texts: dict[str, int] = {}
    for theme in THEMES.values():
        texts[theme.map_name] = len(lumps) + 1
        lumps += [
            (theme.map_name, b""),
            ("TEXTMAP", _EMPTY_MAP.ljust(MAP_TEXT_BYTES)),
            ("BEHAVIOR", behavior_lump()),
            ("ENDMAP", b""),
        ]
    wad = build_wad(lumps)
    return Archive(wad, {name: wad.offsets[index] for name, index in texts.items()})


_EMPTY_MAP = b"""namespace = "zdoom";
vertex{x=0;y=0;}vertex{x=0;y=256;}vertex{x=256;y=256;}vertex{x=256;y=0;}
linedef{v1=0;v2=1;sidefront=0;blocking=true;}linedef{v1=1;v2=2;sidefront=1;blocking=true;}
linedef{v1=2;v2=3;sidefront=2;blocking=true;}linedef{v1=3;v2=0;sidefront=3;blocking=true;}
sidedef{sector=0;}sidedef{sector=0;}sidedef{sector=0;}sidedef{sector=0;}
sector{heightceiling=128;}
thing{type=1;x=128;y=128;skill1=true;skill2=true;skill3=true;skill4=true;skill5=true;single=true;}
"""
