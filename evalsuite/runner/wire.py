"""Control messages between the driver and its processes: a length, then JSON. Nothing is ever unpickled."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from typing import Any

WIRE_VERSION = 3
MESSAGE_LIMIT_BYTES = 16 * 2**20
SEND_LIMIT_SECONDS = 10.0

_LENGTH = struct.Struct(">I")
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)

Message = dict[str, Any]


class Disconnected(Exception):
    """The other end is gone, does not read, or does not speak this protocol."""


class Channel:
    """One end of a stream socket that carries JSON objects, each with its `type`.

    The driver polls (`fileno`, `arrived`), its processes wait (`receive`).
    """

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._socket.settimeout(None)
        self._buffer = bytearray()

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message whole. Raises `Disconnected`, also when the other end takes nothing for 10 s."""
        body = _ENCODER.encode(message).encode()
        if len(body) > MESSAGE_LIMIT_BYTES:
            raise Disconnected(f"a message of {len(body)} bytes is over the limit of {MESSAGE_LIMIT_BYTES}")
        framed = _LENGTH.pack(len(body)) + body
        try:
            sent = self._socket.send(framed, socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise Disconnected(f"can't send: {error}") from error
        if sent < len(framed):
            self._send_patiently(framed[sent:])

    def _send_patiently(self, rest: bytes) -> None:
        self._socket.settimeout(SEND_LIMIT_SECONDS)
        try:
            self._socket.sendall(rest)
        except OSError as error:
            raise Disconnected(f"can't send: {error}") from error
        finally:
            self._socket.settimeout(None)

    def receive(self) -> Message:
        """Wait, for ever, for the next message. Raises `Disconnected` when there will be none."""
        while (message := self._next()) is None:
            try:
                chunk = self._socket.recv(1 << 16)
            except OSError as error:
                raise Disconnected(f"can't receive: {error}") from error
            if not chunk:
                raise Disconnected("the other end closed the connection")
            self._buffer += chunk
        return message

    def arrived(self) -> list[Message]:
        """The messages that are complete by now, without waiting; there may be more to read.

        Raises `Disconnected` at the end of the stream.
        """
        try:
            chunk = self._socket.recv(1 << 16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return []
        except OSError as error:
            raise Disconnected(f"can't receive: {error}") from error
        if not chunk:
            raise Disconnected("the other end closed the connection")
        self._buffer += chunk
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _next(self) -> Message | None:
        if len(self._buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        if length > MESSAGE_LIMIT_BYTES:
            raise Disconnected(f"a message of {length} bytes was announced; the limit is {MESSAGE_LIMIT_BYTES}")
        end = _LENGTH.size + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_LENGTH.size : end])
        del self._buffer[:end]
        try:
            message = json.loads(body)
        except ValueError as error:
            raise Disconnected(f"what came is not JSON: {error}") from error
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Disconnected("what came is not an object with a `type`")
        return message


def hello() -> Message:
    """The first message of every process."""
    return {"type": "hello", "wire": WIRE_VERSION}


def check_hello(message: Message) -> None:
    """Raises `Disconnected` unless `message` is a hello of this version of the protocol."""
    if message.get("type") != "hello" or message.get("wire") != WIRE_VERSION:
        raise Disconnected(f"expected a hello of wire version {WIRE_VERSION}, got {str(message)[:120]}")
