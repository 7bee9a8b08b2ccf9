"""What the process that reads a camera tells the one that watches it: a line of JSON, then a picture's bytes."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LENGTHS = struct.Struct("!II")


def send(channel: socket.socket, message: dict[str, Any], pixels: NDArray[np.uint8] | None = None) -> None:
    """Send one message; a picture is uint8 (height, width, 3)."""
    if pixels is not None:
        message = {**message, "shape": pixels.shape}
    text = json.dumps(message).encode()
    content = b"" if pixels is None else pixels.tobytes()
    channel.sendall(_LENGTHS.pack(len(text), len(content)) + text)
    channel.sendall(content)


def receive(channel: socket.socket) -> tuple[dict[str, Any], NDArray[np.uint8] | None]:
    """One message and its picture. Raises `EOFError` when the other side is gone."""
    text_size, size = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size))
    message: dict[str, Any] = json.loads(bytes(_exactly(channel, text_size)))
    if not size:
        return message, None
    return message, np.frombuffer(_exactly(channel, size), np.uint8).reshape(message["shape"])


def _exactly(channel: socket.socket, count: int) -> bytearray:
    content = bytearray(count)
    rest = memoryview(content)
    while rest:
        received = channel.recv_into(rest)
        if not received:
            raise EOFError
        rest = rest[received:]
    return content
