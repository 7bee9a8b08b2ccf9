"""`python -m evalsuite.adapters.unreal.standin --port-file FILE`: an AirSim server on a free port of the loopback."""

from __future__ import annotations

import argparse
import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

from evalsuite.adapters.unreal.airsim_settings import MODES, wanted_settings
from evalsuite.adapters.unreal.standin.game import VERSIONS, Game
from evalsuite.adapters.unreal.standin.vehicles import CallRefused
from evalsuite.adapters.unreal.standin.wire import Connection, Later, Misbehaviour, refusal, reply
from evalsuite.adapters.unreal.standin_process import end_with_owner, write_port

_DIED = 1


class Server:
    """Answers calls one after the other, whichever client they come from.

    Args:
        delay: seconds before every answer.
    """

    def __init__(self, game: Game, misbehaviours: list[Misbehaviour], delay: float) -> None:
        self._game, self._misbehaviours, self._delay = game, misbehaviours, delay
        self._lock = threading.Lock()

    def answer(self, connection: Connection, request: list[Any]) -> None:
        _, number, method, arguments = request
        strikes = next((each for each in self._misbehaviours if each.strikes(method)), None)
        if strikes is not None and strikes.how == "silent":
            return
        time.sleep(self._delay + (strikes.seconds if strikes is not None and strikes.how == "late" else 0.0))
        with self._lock:
            error, result = self._result(method, arguments)
        if isinstance(result, Later):
            result.attach(lambda done: connection.send(reply(number, None, done)))
            return
        if strikes is not None and strikes.how == "truncated":
            for picture in result:
                picture["image_data_uint8"] = picture["image_data_uint8"][: len(picture["image_data_uint8"]) // 2]
        message = reply(number, error, result)
        if strikes is not None and strikes.how in ("cut", "dies"):
            connection.send(message[: len(message) // 2])
            if strikes.how == "dies":
                os._exit(_DIED)
            connection.hang_up()
            return
        connection.send(message)

    def _result(self, method: str, arguments: list[Any]) -> tuple[str | None, Any]:
        refused = refusal(self._game.methods, method, arguments)
        if refused:
            return refused, None
        try:
            return None, self._game.methods[method][1](*arguments)
        except CallRefused as error:
            return f"rpclib: function '{method}' threw an exception. The exception is {error}", None


def _misbehaviour(text: str) -> Misbehaviour:
    """METHOD:HOW[:NUMBER[:SECONDS]]"""
    method, how, *rest = text.split(":")
    return Misbehaviour(method, how, int(rest[0]) if rest else 1, float(rest[1]) if len(rest) > 1 else 0.0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--dialect", choices=tuple(VERSIONS), default="cosys")
    parser.add_argument("--mode", choices=MODES, default=MODES[0])
    parser.add_argument("--settings", type=Path, help="a settings.json to serve, in place of the right one")
    parser.add_argument("--misbehave", type=_misbehaviour, action="append", default=[])
    parser.add_argument("--version", type=int, help="the API version to state, in place of the dialect's")
    parser.add_argument("--delay", type=float, default=0.0)
    arguments = parser.parse_args()
    end_with_owner()
    settings = wanted_settings(arguments.mode, arguments.dialect)
    if arguments.settings is not None:
        settings = json.loads(arguments.settings.read_text())
    server = Server(Game(arguments.dialect, settings, arguments.version), arguments.misbehave, arguments.delay)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        write_port(arguments.port_file, listener.getsockname()[1])
        while True:
            stream, _ = listener.accept()
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=Connection(stream).serve, args=(server.answer,), daemon=True).start()


if __name__ == "__main__":
    main()
