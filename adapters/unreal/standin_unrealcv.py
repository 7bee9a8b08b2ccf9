"""The UnrealCV stand-in: `python -m evalsuite.adapters.unreal.standin_unrealcv --port-file FILE`.

The plugin's wire (Source/UnrealCV/Private/Server/UnixTcpServer.cpp): each message is a magic word and a length, 4
bytes each, little-endian, and its payload. The server greets, then answers `NUMBER:COMMAND` with `NUMBER:REPLY`, in
order. It serves one client at a time; another one is turned away.
"""

from __future__ import annotations

import argparse
import socket
import struct
import threading
from pathlib import Path

from evalsuite.adapters.unreal.standin_process import end_with_owner, write_port
from evalsuite.adapters.unreal.standin_unrealcv_commands import PROJECT, Commands
from evalsuite.adapters.unreal.standin_unrealcv_scene import Scene

MAGIC = 0x9E2B83C1
HEADER = struct.Struct("<II")
LONGEST_COMMAND = 1 << 16


def send(connection: socket.socket, payload: bytes) -> None:
    """One message."""
    connection.sendall(HEADER.pack(MAGIC, len(payload)) + payload)


def receive(connection: socket.socket, longest: int = LONGEST_COMMAND) -> bytes:
    """One message. Raises `ConnectionError` when the other side is gone or does not speak like this."""
    magic, length = HEADER.unpack(_exactly(connection, HEADER.size))
    if magic != MAGIC or not 0 < length <= longest:
        raise ConnectionError("that is no message of UnrealCV's")
    return _exactly(connection, length)


def serve(connection: socket.socket, commands: Commands) -> None:
    """Greet one client and answer it until it is gone."""
    send(connection, f"connected to {PROJECT}".encode())
    while True:
        number, _, command = receive(connection).decode("utf-8", "replace").partition(":")
        reply = commands.answer(command) if number.isdigit() else ""
        if reply:
            body = reply if isinstance(reply, bytes) else reply.encode()
            send(connection, f"{number}:".encode() + body)


def listen(server: socket.socket, commands: Commands) -> None:
    """Serve one client after the other; who comes while one is served is hung up on."""
    busy = threading.Lock()

    def attend(connection: socket.socket) -> None:
        with busy, connection:
            try:
                serve(connection, commands)
            except ConnectionError:
                return

    while True:
        connection, _ = server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if busy.locked():
            connection.close()
        else:
            threading.Thread(target=attend, args=(connection,), daemon=True).start()


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = connection.recv(min(count, 1 << 20))
        if not part:
            raise ConnectionError("the client is gone")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    end_with_owner()
    scene = Scene()
    # The first picture takes long: textures are made for it.
    scene.lit(scene.cameras[0])
    with socket.create_server(("127.0.0.1", arguments.port)) as server:
        write_port(arguments.port_file, server.getsockname()[1])
        listen(server, Commands(scene))


if __name__ == "__main__":
    main()
