"""The shipped art as named lumps for the game archive.

Sprites are drawn at 64 pixels a metre (show them at scale 0.5 where a metre is 32 map units). Walls and flats
are at 32 pixels a metre, so one pixel is one map unit: a wall cell of 2 m x 4 m is 64 x 128 pixels, a ledge
side 64 x 64, a flat 64 x 64, and the three grounds 128 x 128. Skies are 1024 x 256, a full turn once round.
"""

from __future__ import annotations

from pathlib import Path

from evalsuite.adapters.doom.art import palette

PNG_FOLDER = Path(__file__).with_name("png")

Lump = tuple[str, bytes]


def _read(kind: str) -> list[Lump]:
    return [(path.stem, path.read_bytes()) for path in sorted((PNG_FOLDER / kind).glob("*.png"))]


def sprite_lumps() -> list[Lump]:
    """Every sprite frame as (name, PNG) with its grAb anchor; they go between S_START and S_END."""
    return _read("sprites")


def texture_lumps() -> list[Lump]:
    """Every wall texture as (name, PNG); they go between TX_START and TX_END."""
    return _read("textures")


def flat_lumps() -> list[Lump]:
    """Every flat as (name, PNG); they go between F_START and F_END, or with the textures."""
    return _read("flats")


def sky_lumps() -> list[Lump]:
    """The three skies as (name, PNG); they go between TX_START and TX_END."""
    return _read("skies")


def playpal() -> bytes:
    """The PLAYPAL lump, 14 x 768 bytes."""
    return palette.playpal()


def colormap() -> bytes:
    """The COLORMAP lump, 34 x 256 bytes."""
    return palette.colormap()
