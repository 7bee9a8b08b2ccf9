"""`java ... --envPort=PORT` in a rehearsal ends up here: print what the clients wait for, then serve."""

from __future__ import annotations

import os
import re
import socket
import sys
import threading
from pathlib import Path

from evalsuite.adapters.minecraft.client_process import OWNER
from evalsuite.adapters.minecraft.standin.game import RehearsalGame
from evalsuite.adapters.minecraft.standin.wire import serve_connection
from evalsuite.runner.families import start_time

PATIENCE_SECONDS = 0.5


def main() -> None:
    """Serve MalmoEnv on the port of the command line until told to exit or until the client's process is gone."""
    port = _port(sys.argv)
    threading.Thread(target=_end_with, args=(int(os.environ[OWNER]),), daemon=True).start()
    game = RehearsalGame()
    with socket.create_server(("127.0.0.1", port)) as server:
        print(f"***** Start MalmoEnvServer on port {server.getsockname()[1]}", flush=True)
        print("CLIENT enter state: DORMANT", flush=True)
        over = threading.Event()
        while not over.is_set():
            connection, _ = server.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_serve, args=(connection, game), daemon=True).start()


def _port(arguments: list[str]) -> int:
    """MineStudio's client says it outright; MineRL's launcher writes it into a file of the run directory."""
    for each in arguments:
        if (found := re.fullmatch(r"--envPort=(\d+)", each)) is not None:
            return int(found.group(1))
        if (found := re.fullmatch(r"-PrunDir=(.+)", each)) is not None:
            written = (Path(found.group(1)) / "config" / "malmomodCLIENT.cfg").read_text()
            if (found := re.search(r"I:portOverride=(\d+)", written)) is not None:
                return int(found.group(1))
    raise SystemExit("the stand-in finds no port on its command line")


def _serve(connection: socket.socket, game: RehearsalGame) -> None:
    with connection:
        try:
            if serve_connection(connection, game):
                os._exit(0)
        except ConnectionError:
            pass


def _end_with(owner: int) -> None:
    started = start_time(owner)
    stop = threading.Event()
    while not stop.wait(PATIENCE_SECONDS):
        if start_time(owner) != started:
            os._exit(0)


if __name__ == "__main__":
    main()
