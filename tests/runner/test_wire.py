from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.runner.wire import MESSAGE_LIMIT_BYTES, Channel, Disconnected, check_hello, hello

Ends = tuple[Channel, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    mine, theirs = socket.socketpair()
    with mine, theirs:
        yield Channel(mine), theirs


def framed(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


@settings(max_examples=30, deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=50)), max_size=5), st.data())
def test_messages_arrive_whole_however_the_stream_is_cut(
    contents: list[dict[str, object]], data: st.DataObject
) -> None:
    stream = b"".join(framed(json.dumps({**content, "type": "t"}).encode()) for content in contents)
    mine, theirs = socket.socketpair()
    with mine, theirs:
        channel, arrived = Channel(mine), []
        while stream:
            size = data.draw(st.integers(1, len(stream)))
            theirs.sendall(stream[:size])
            stream = stream[size:]
            arrived += channel.arrived()
    assert arrived == [{**content, "type": "t"} for content in contents]


def test_polling_does_not_wait(ends: Ends) -> None:
    assert ends[0].arrived() == []


def test_what_came_before_the_end_of_the_stream_is_handed_out_first(ends: Ends) -> None:
    channel, other = ends
    other.sendall(framed(b'{"type":"last"}'))
    other.close()
    assert channel.arrived() == [{"type": "last"}]
    with pytest.raises(Disconnected, match="closed"):
        channel.arrived()


def test_an_announced_length_over_the_limit_ends_the_connection(ends: Ends) -> None:
    ends[1].sendall(struct.pack(">I", MESSAGE_LIMIT_BYTES + 1))
    with pytest.raises(Disconnected, match="limit"):
        ends[0].arrived()


@pytest.mark.parametrize("body", [b"\x80\x04K\x01.", b"[1]", b'{"kind":1}', b"{"])
def test_anything_but_an_object_with_a_type_ends_the_connection(ends: Ends, body: bytes) -> None:
    ends[1].sendall(framed(body))
    with pytest.raises(Disconnected, match="what came is not"):
        ends[0].receive()


def test_another_version_of_the_protocol_is_refused() -> None:
    check_hello(hello())
    with pytest.raises(Disconnected, match="wire version"):
        check_hello({**hello(), "wire": 999})
