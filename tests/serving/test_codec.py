"""What is sent arrives as it was, and what is no message is told from one."""

from __future__ import annotations

import contextlib
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evalsuite.testing.identity import identical

pytest.importorskip("msgpack", reason="needs the extra `serve`")

import msgpack

from evalsuite.serving.codec import DTYPES, Malformed, decode, encode

ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda name: arrays.arrays(np.dtype(name), arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
)
MESSAGES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | ARRAYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(MESSAGES)
def test_a_message_arrives_as_it_was_sent(message: Any) -> None:
    assert identical(decode(encode(message)), message)


@given(ARRAYS)
def test_an_array_arrives_as_it_looks_however_it_lies_in_memory(array: np.ndarray[Any, Any]) -> None:
    for shown in (array.T, array[..., ::-1] if array.ndim else array, array.astype(array.dtype.newbyteorder(">"))):
        came = decode(encode(shown))
        assert came.shape == shown.shape
        assert came.tobytes() == np.ascontiguousarray(shown, shown.dtype.newbyteorder("<")).tobytes()
        assert not came.flags.writeable


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        decode(data)


@given(MESSAGES, st.integers(0, 10_000))
def test_a_message_that_was_cut_short_is_malformed(message: Any, cut: int) -> None:
    whole = encode(message)
    with pytest.raises(Malformed):
        decode(whole[: cut % len(whole)])


@given(ARRAYS, st.binary(min_size=1, max_size=9))
def test_an_array_with_more_or_fewer_bytes_than_its_shape_needs_is_malformed(
    array: np.ndarray[Any, Any], more: bytes
) -> None:
    content = msgpack.unpackb(encode(array)).data
    for wrong in (content + more, content[:-1]):
        with pytest.raises(Malformed):
            decode(msgpack.packb(msgpack.ExtType(1, wrong)))


@pytest.mark.parametrize(
    "data",
    [
        msgpack.packb(msgpack.ExtType(1, struct.pack("<BB6x", 12, 0) + bytes(8))),
        msgpack.packb(msgpack.ExtType(1, struct.pack("<BB6x9Q", 1, 9, *[1] * 9) + bytes(1))),
        msgpack.packb(msgpack.ExtType(1, struct.pack("<BB6x2Q", 1, 2, 2**63, 2**63))),
        msgpack.packb(msgpack.ExtType(1, struct.pack("<BB6x2Q", 1, 2, 0, 2**63))),
        msgpack.packb(msgpack.ExtType(1, struct.pack("<BB6x1Q", 0, 1, 1) + b"\x02")),
        msgpack.packb(msgpack.ExtType(1, b"")),
        msgpack.packb(msgpack.ExtType(2, b"anything")),
        msgpack.packb(b"bytes without a type"),
        msgpack.packb({1: 2}),
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\x91" * 100_000,
        b"\xc1",
        b"",
    ],
)
def test_what_claims_more_than_it_has_or_is_of_another_kind_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode(data)


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array(["text"]), np.array([None]), np.float32(1.0)])
def test_what_can_not_be_sent_is_not(value: object) -> None:
    with pytest.raises(TypeError):
        encode({"value": value})
