"""msgpack-rpc over TCP as rpclib serves it: [0, id, method, [arguments]] in, [1, id, error, result] out.

rpclib is strict: a call with another number of arguments, or with an argument of another type, is answered with an
error. Floats go out in 32 bits, since AirSim's structs hold those.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

ARGUMENT_TYPES: Mapping[str, tuple[type, ...]] = {
    "s": (str,),
    "b": (bool,),
    "n": (int, float),
    "i": (int,),
    "m": (dict,),
    "l": (list,),
}
"""Letters of a signature: text, flag, number, whole number, map, list."""

Method = tuple[str, Callable[..., Any]]
"""A signature and what carries the call out."""


class Later:
    """The result of a call that is answered when it is over, not when it returns: `done(True)`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answer: Callable[[Any], None] | None = None
        self._result: tuple[Any] | None = None

    def done(self, result: Any) -> None:
        with self._lock:
            if self._result is None:
                self._result = (result,)
                if self._answer is not None:
                    self._answer(result)

    def attach(self, answer: Callable[[Any], None]) -> None:
        with self._lock:
            self._answer = answer
            if self._result is not None:
                answer(self._result[0])


@dataclass
class Misbehaviour:
    """What goes wrong, for tests: the `number`th call of `method` is answered `how`.

    "late": after `seconds`; "silent": not at all; "truncated": with half of each picture; "cut": with half of the
    message, and the connection closed; "dies": with half of the message, and the process ends.
    """

    method: str
    how: str
    number: int = 1
    seconds: float = 0.0

    def strikes(self, method: str) -> bool:
        if method != self.method:
            return False
        self.number -= 1
        return self.number == 0


class Connection:
    """One client."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, message: bytes) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._stream.sendall(message)

    def serve(self, answer: Callable[[Connection, list[Any]], None]) -> None:
        """Hand every request on until the client is gone."""
        unpacker = msgpack.Unpacker(raw=False, max_buffer_size=1 << 27)
        with self._stream:
            while data := _received(self._stream):
                unpacker.feed(data)
                for request in unpacker:
                    answer(self, request)

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.shutdown(socket.SHUT_RDWR)


def refusal(methods: Mapping[str, Method], method: str, arguments: list[Any]) -> str:
    """Why rpclib would refuse the call; empty when it would not."""
    if method not in methods:
        return f"rpclib: server could not find function '{method}' with argument count {len(arguments)}."
    signature = methods[method][0]
    if len(arguments) != len(signature):
        return (
            f"rpclib: Function '{method}' was called with an invalid number of arguments. "
            f"Expected: {len(signature)}, got: {len(arguments)}"
        )
    for place, (letter, value) in enumerate(zip(signature, arguments, strict=True)):
        right = isinstance(value, ARGUMENT_TYPES[letter]) and not (letter != "b" and isinstance(value, bool))
        if not right:
            return f"rpclib: function '{method}', argument {place}: std::bad_cast"
    return ""


def reply(number: int, error: str | None, result: Any) -> bytes:
    """The message that answers a request."""
    packer = msgpack.Packer(use_single_float=True)
    out = bytearray(packer.pack_array_header(4))
    for part in (1, number, error):
        out += packer.pack(part)
    _pack(result, packer, out)
    return bytes(out)


def _pack(value: Any, packer: msgpack.Packer, out: bytearray) -> None:
    if isinstance(value, np.ndarray):
        # A list of 32-bit floats, of which a depth picture has hundreds of thousands: each is 0xca and 4 bytes.
        marked = np.empty(value.size, dtype=[("mark", "u1"), ("value", ">f4")])
        marked["mark"], marked["value"] = 0xCA, value.ravel()
        out += packer.pack_array_header(value.size)
        out += marked.tobytes()
    elif isinstance(value, dict):
        out += packer.pack_map_header(len(value))
        for key, each in value.items():
            out += packer.pack(key)
            _pack(each, packer, out)
    elif isinstance(value, list):
        out += packer.pack_array_header(len(value))
        for each in value:
            _pack(each, packer, out)
    else:
        out += packer.pack(value)


def _received(stream: socket.socket) -> bytes:
    try:
        return stream.recv(1 << 16)
    except OSError:
        return b""
