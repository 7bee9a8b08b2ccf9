"""Writing WAD archives: a header, the lumps' bytes, and a directory of 16-byte entries (Doom's own format)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

Lump = tuple[str, bytes]


@dataclass(frozen=True)
class Wad:
    """A finished archive and where in it each lump begins.

    Args:
        data: the whole file.
        offsets: byte offset of each lump, in the order given; names may repeat, so it goes by position.
    """

    data: bytes
    offsets: tuple[int, ...]


def build_wad(lumps: Iterable[Lump]) -> Wad:
    """A PWAD that holds `lumps` in their order. Names are at most 8 ASCII characters, stored upper case."""
    body = bytearray()
    directory = bytearray()
    offsets: list[int] = []
    header = struct.Struct("<4sII")
    for name, content in lumps:
        encoded = name.upper().encode("ascii")
        if len(encoded) > 8:
            raise ValueError(f"lump name {name!r} is longer than 8 characters")
        offset = header.size + len(body)
        offsets.append(offset)
        directory += struct.pack("<II8s", offset, len(content), encoded)
        body += content
    head = header.pack(b"PWAD", len(offsets), header.size + len(body))
    return Wad(bytes(head + body + directory), tuple(offsets))


def namespace(marker: str, lumps: Iterable[Lump]) -> list[Lump]:
    """`lumps` between `<marker>_START` and `<marker>_END`, as the engine wants sprites, flats and textures."""
    return [(f"{marker}_START", b""), *lumps, (f"{marker}_END", b"")]
