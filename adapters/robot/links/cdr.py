"""Common Data Representation, what DDS and ROS 2 put on the wire: OMG DDS-XTypes 1.3, section 7.4, plain encodings.

A payload begins with four bytes: an identifier and two options. Values are aligned to their own size, counted from
behind those bytes; version 2 aligns eight-byte values to four. Read in either version and byte order, written in
version 1, little-endian, which every ROS 2 middleware reads.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

_HEADER = b"\x00\x01\x00\x00"
_ENCODINGS = {0x00: (">", 8), 0x01: ("<", 8), 0x06: (">", 4), 0x07: ("<", 4)}


class MalformedPayload(ValueError):
    """Bytes that are no plain CDR, or end too early."""


class Writer:
    """Builds a payload, value by value."""

    def __init__(self) -> None:
        self._parts: list[bytes] = [_HEADER]
        self._length = 0

    def numbers(self, code: str, *values: float) -> None:
        """Numbers of one `struct` code, one behind the other."""
        self._align(struct.calcsize("<" + code))
        self._append(struct.pack(f"<{len(values)}{code}", *values))

    def string(self, text: str) -> None:
        raw = text.encode() + b"\0"
        self.numbers("I", len(raw))
        self._append(raw)

    def octets(self, data: bytes | memoryview) -> None:
        """A sequence of bytes."""
        self.numbers("I", len(data))
        self._append(bytes(data))

    def payload(self) -> bytes:
        return b"".join(self._parts)

    def _align(self, size: int) -> None:
        gap = -self._length % size
        if gap:
            self._append(bytes(gap))

    def _append(self, raw: bytes) -> None:
        self._parts.append(raw)
        self._length += len(raw)


class Reader:
    """Takes a payload apart. Raises `MalformedPayload`."""

    def __init__(self, payload: bytes | memoryview) -> None:
        view = memoryview(payload)
        if len(view) < 4 or view[0] != 0 or view[1] not in _ENCODINGS:
            raise MalformedPayload(f"no plain CDR payload: it begins with {bytes(view[:4]).hex()}")
        self._order, self._largest = _ENCODINGS[view[1]]
        self._view = view[4:]
        self._place = 0

    def numbers(self, code: str, count: int = 1) -> Sequence[float]:
        size = struct.calcsize("<" + code)
        self._place += -self._place % min(size, self._largest)
        values: tuple[float, ...] = struct.unpack(f"{self._order}{count}{code}", self._take(size * count))
        return values

    def integer(self, code: str) -> int:
        return int(self.numbers(code)[0])

    def string(self) -> str:
        return bytes(self._take(self.integer("I"))).rstrip(b"\0").decode(errors="replace")

    def octets(self) -> memoryview:
        """A sequence of bytes, not copied."""
        return self._take(self.integer("I"))

    def _take(self, count: int) -> memoryview:
        end = self._place + count
        if end > len(self._view):
            raise MalformedPayload(f"the payload ends at byte {len(self._view)}, {end} were promised")
        part = self._view[self._place : end]
        self._place = end
        return part
