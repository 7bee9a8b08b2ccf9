"""MalmoEnv 0.37.0 on the engine's side: framed messages over TCP, one mission at a time.

Every message is a big-endian uint32 length and that many bytes (microsoft/malmo, MalmoEnv/malmoenv/comms.py).
"""

from __future__ import annotations

import json
import re
import socket
import struct
from typing import Protocol

HELLO = "<MalmoEnv"
_STEP = re.compile(r"<StepClient\d+>(.*)</StepClient\d+ >", re.DOTALL)
_SIZE = re.compile(r"<Width>\s*(\d+)\s*</Width>\s*<Height>\s*(\d+)\s*</Height>")
_OK = struct.pack("!I", 1)


class Game(Protocol):
    """What stands behind the wire."""

    def begin(self, mission: str, token: str, size: tuple[int, int]) -> None:
        """Start the mission: a fresh world. `token` is uid:role:resets:agents:synchronous[:seed]."""

    def step(self, lines: list[str]) -> None:
        """Carry out one tick with these action lines."""

    def picture(self) -> bytes:
        """Raw RGB, bottom row first."""

    def facts(self) -> dict[str, object]:
        """The observation as the engine's JSON."""


def serve_connection(connection: socket.socket, game: Game) -> bool:
    """Answer one client until it is gone; whether it asked the engine to exit."""
    while True:
        message = _receive(connection)
        if message is None:
            return False
        if message.startswith((HELLO, "<StepServer")):
            continue
        if message.startswith("<Disconnect"):
            return False
        if message.startswith("<Exit"):
            _send(connection, _OK)
            return True
        if message.startswith(("<Quit", "<Echo")):
            _send(connection, _OK)
        elif message.startswith("<Peek"):
            _send(connection, game.picture())
            _send(connection, json.dumps(game.facts()).encode())
            _send(connection, b"\0")
        elif (step := _STEP.fullmatch(message)) is not None:
            game.step([line for line in step.group(1).split("\n") if line])
            _send(connection, game.picture())
            _send(connection, struct.pack("!dbb", 0.0, 0, 1))
            _send(connection, json.dumps(game.facts()).encode())
        elif "<MissionInit" in message:
            token = _receive(connection)
            size = _SIZE.search(message)
            if token is None or size is None:
                return False
            game.begin(message, token, (int(size.group(1)), int(size.group(2))))
            _send(connection, _OK)
        else:
            raise ValueError(f"the stand-in does not know the message {message[:80]!r}")


def _send(connection: socket.socket, content: bytes) -> None:
    connection.sendall(struct.pack("!I", len(content)) + content)


def _receive(connection: socket.socket) -> str | None:
    head = _exactly(connection, 4)
    if head is None:
        return None
    body = _exactly(connection, struct.unpack("!I", head)[0])
    return None if body is None else body.decode()


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    content = b""
    while len(content) < count:
        part = connection.recv(count - len(content))
        if not part:
            return None
        content += part
    return content
