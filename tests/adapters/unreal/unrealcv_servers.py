"""UnrealCV servers for tests: the stand-in in this process, whose scene can be looked into, and a bad line to it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from evalsuite.adapters.unreal.standin_unrealcv import MAGIC, listen, receive, send
from evalsuite.adapters.unreal.standin_unrealcv_commands import Commands
from evalsuite.adapters.unreal.standin_unrealcv_scene import Scene

Trouble = Literal["none", "late", "damaged picture", "half a message", "hangs up", "silent"]
LONGEST_REPLY = 1 << 28


@contextlib.contextmanager
def serving(scene: Scene) -> Iterator[int]:
    """The stand-in's server on a port, with this scene behind it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                listen(server, Commands(scene))

        threading.Thread(target=serve, daemon=True).start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


@dataclass
class Line:
    """Passes messages on between a client and a server; from the moment `trouble` is set, replies suffer from it."""

    server_port: int
    seconds: float = 0.0
    trouble: Trouble = "none"
    _closed: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Line:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._attend, args=(client,), daemon=True).start()

    def _attend(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self.server_port)) as server:
            threading.Thread(target=self._requests, args=(client, server), daemon=True).start()
            while self._reply(client, receive(server, LONGEST_REPLY)):
                pass

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                send(server, receive(client))

    def _reply(self, client: socket.socket, payload: bytes) -> bool:
        """Whether the line holds."""
        if self.trouble == "silent":
            self._closed.wait(60.0)
            return False
        if self.trouble == "late":
            time.sleep(self.seconds)
        if self.trouble == "half a message" and len(payload) > 1000:
            client.sendall(struct.pack("<II", MAGIC, len(payload)) + payload[: len(payload) // 2])
            self._closed.wait(60.0)
            return False
        if self.trouble == "hangs up":
            client.shutdown(socket.SHUT_RDWR)
            return False
        send(client, payload[: len(payload) // 2] if self.trouble == "damaged picture" else payload)
        return True
