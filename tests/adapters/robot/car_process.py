"""The car with the stripes in a process of its own, and a wire to what is true about it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from evalsuite.adapters.robot.link import LinkSettings

DOMAIN = 20 + os.getpid() % 80
"""One per test process, below the ports that Linux hands out by itself."""


class CarProcess:
    """Runs `standin.dds_robot` until `close`; also a context manager."""

    def __init__(self, *arguments: str, domain: int = DOMAIN) -> None:
        command = [sys.executable, "-m", "evalsuite.adapters.robot.standin.dds_robot", "--domain", str(domain)]
        self.process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        port = json.loads(self.process.stdout.readline())["control"]
        self._channel = socket.create_connection(("127.0.0.1", port), 10.0)
        self._lines = self._channel.makefile("r")

    def tell(self, **order: Any) -> dict[str, Any]:
        """Give one order and return where the car is."""
        self._channel.sendall(json.dumps(order).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._lines.readline())
        assert "error" not in answer, answer
        return answer

    def truth(self) -> dict[str, Any]:
        return self.tell(do="truth")

    @property
    def moves(self) -> bool:
        truth = self.truth()
        return any(truth[key] != 0.0 for key in ("forward", "right", "turn"))

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10.0)

    def close(self) -> None:
        self._lines.close()
        self._channel.close()
        self.kill()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def __enter__(self) -> CarProcess:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def link_settings(**changes: Any) -> LinkSettings:
    """How the car is reached."""
    return LinkSettings(**{"domain": DOMAIN, "interface": "127.0.0.1", "stop_topic": "/stop", **changes})


def seconds_until(condition: Callable[[], bool], timeout: float = 5.0) -> float:
    """How long it took for `condition` to hold."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < timeout, "it never happened"
        time.sleep(0.005)
    return time.monotonic() - began
