"""Messages as bytes: msgpack of plain values, with arrays as an extension type. What comes in is read, never run.

An array is extension type 1: a byte for its dtype (its place in `DTYPES`), a byte for its number of dimensions, six
zero bytes, each extent as an unsigned 64-bit integer, then the elements in C order; everything is little endian.
"""

from __future__ import annotations

import math
import struct
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

MESSAGE_LIMIT_BYTES = 128 * 2**20
"""Twice the largest observation that a worker may hand out."""

DTYPES: tuple[str, ...] = (
    *("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"),
    *("float16", "float32", "float64"),
)
DIMENSIONS_LIMIT = 8

_ARRAY = 1
_HEAD = struct.Struct("<BB6x")
_LIST_LIMIT = 8192
_TEXT_LIMIT_BYTES = 2**20


class Malformed(Exception):
    """What came is no message."""


def encode(message: Any) -> bytes:
    """`message` as bytes. Raises `TypeError` for what is neither plain (None, bool, int, float, str, list, dict) nor
    an array of one of `DTYPES`."""
    packed: bytes = msgpack.packb(message, default=_packed_array, use_bin_type=True)
    return packed


def decode(data: bytes) -> Any:
    """What `encode` was given; arrays are read-only. Raises `Malformed`."""
    try:
        return msgpack.unpackb(
            data,
            ext_hook=_array,
            raw=False,
            strict_map_key=True,
            max_array_len=_LIST_LIMIT,
            max_map_len=_LIST_LIMIT,
            max_str_len=_TEXT_LIMIT_BYTES,
            max_bin_len=0,
            max_ext_len=MESSAGE_LIMIT_BYTES,
        )
    except (ValueError, msgpack.UnpackException) as error:
        raise Malformed(f"not msgpack as it is spoken here: {type(error).__name__} {error}"[:200]) from error


def _packed_array(value: object) -> msgpack.ExtType:
    if not isinstance(value, np.ndarray) or value.dtype.name not in DTYPES or value.ndim > DIMENSIONS_LIMIT:
        raise TypeError(f"a {type(value).__name__} can't be sent: {value!r:.60}")
    head = _HEAD.pack(DTYPES.index(value.dtype.name), value.ndim)
    extents = struct.pack(f"<{value.ndim}Q", *value.shape)
    elements = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
    return msgpack.ExtType(_ARRAY, b"".join((head, extents, elements.data)))


def _array(code: int, data: bytes) -> NDArray[Any]:
    if code != _ARRAY:
        raise Malformed(f"extension type {code} is unknown")
    if len(data) < _HEAD.size:
        raise Malformed("an array without its head")
    kind, dimensions = _HEAD.unpack_from(data)
    begin = _HEAD.size + 8 * dimensions
    if kind >= len(DTYPES) or dimensions > DIMENSIONS_LIMIT or len(data) < begin:
        raise Malformed(f"an array of dtype number {kind} with {dimensions} dimensions in {len(data)} bytes")
    shape = struct.unpack_from(f"<{dimensions}Q", data, _HEAD.size)
    dtype = np.dtype(DTYPES[kind]).newbyteorder("<")
    if len(data) - begin != math.prod(shape) * dtype.itemsize:
        raise Malformed(f"an array {dtype.name} {shape} in {len(data) - begin} bytes")
    if dtype.kind == "b" and np.frombuffer(data, np.uint8, offset=begin).max(initial=0) > 1:
        raise Malformed("an array of booleans that are neither 0 nor 1")
    return np.frombuffer(data, dtype, offset=begin).reshape(shape)
