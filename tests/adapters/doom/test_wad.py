"""WAD archives come back as they were written."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.adapters.doom.wad import build_wad, namespace

NAMES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", min_size=1, max_size=8)


@given(st.lists(st.tuples(NAMES, st.binary(max_size=64)), max_size=20))
def test_every_lump_is_found_through_the_directory(lumps: list[tuple[str, bytes]]) -> None:
    wad = build_wad(lumps)
    magic, count, directory = struct.unpack_from("<4sII", wad.data)
    assert (magic, count) == (b"PWAD", len(lumps))
    for index, (name, content) in enumerate(lumps):
        offset, size, stored = struct.unpack_from("<II8s", wad.data, directory + 16 * index)
        assert stored.rstrip(b"\0").decode() == name
        assert wad.data[offset : offset + size] == content
        assert wad.offsets[index] == offset


def test_a_long_name_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 8"):
        build_wad([("NINELETTR", b"")])


def test_a_namespace_stands_between_its_markers() -> None:
    assert [name for name, _ in namespace("S", [("SHEPA1", b"x")])] == ["S_START", "SHEPA1", "S_END"]
