"""8-bit indexed PNG with our palette, written and read with the standard library.

A sprite carries `grAb` right after the header: its anchor, in pixels right of and below the top-left corner.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from evalsuite.adapters.doom.art.palette import TRANSPARENT, Bytes, colours

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def encode(indices: Bytes, anchor: tuple[int, int] | None = None) -> bytes:
    """A PNG of palette `indices`, shape (height, width); with an `anchor` (x, y) it gets a grAb chunk."""
    height, width = indices.shape
    rows = np.zeros((height, width + 1), dtype=np.uint8)
    rows[:, 1:] = indices
    parts = [_SIGNATURE, _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))]
    if anchor is not None:
        parts.append(_chunk(b"grAb", struct.pack(">ii", *anchor)))
    used = int(indices.max()) + 1
    parts.append(_chunk(b"PLTE", colours()[:used].tobytes()))
    if (indices == TRANSPARENT).any():
        parts.append(_chunk(b"tRNS", b"\x00"))
    parts.append(_chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)))
    parts.append(_chunk(b"IEND", b""))
    return b"".join(parts)


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a PNG in order, each as its four-letter kind and its data."""
    if not png.startswith(_SIGNATURE):
        raise ValueError("not a PNG")
    found = []
    place = len(_SIGNATURE)
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        found.append((png[place + 4 : place + 8], png[place + 8 : place + 8 + length]))
        place += length + 12
    return found


def decode(png: bytes) -> Bytes:
    """The palette indices, uint8 of shape (height, width), of a PNG that `encode` wrote."""
    parts = dict(chunks(png))
    width, height = struct.unpack_from(">II", parts[b"IHDR"])
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), dtype=np.uint8).reshape(height, width + 1)
    if rows[:, 0].any():
        raise ValueError("only unfiltered PNGs, as encode writes them")
    return np.array(rows[:, 1:])


def anchor(png: bytes) -> tuple[int, int] | None:
    """The (x, y) of the grAb chunk, or None where the picture has none."""
    data = dict(chunks(png)).get(b"grAb")
    if data is None:
        return None
    x, y = struct.unpack(">ii", data)
    return int(x), int(y)
