"""`evalsuite serve-policy` in a process of its own, and what its clients show it."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import numpy as np

from evalsuite.crossview.spaces import Observation
from tests.worlds import environment_with_grid_world

START_SECONDS = 120.0
END_SECONDS = 30.0


class ServerProcess:
    """A context: within it the policy is served at `url`, unless the server was ended.

    Args:
        arguments: of `evalsuite serve-policy`, after the port.
        port: 0 for any that is free.
    """

    def __init__(self, *arguments: str, port: int = 0, environment: Mapping[str, str] | None = None) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the process)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "evalsuite", "serve-policy", "--json", "--port", str(port), *arguments],
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**environment_with_grid_world(), **(environment or {})},
        )
        self.told = self._first_line()
        self.url: str = self.told["reference"]
        self.port = int(self.url.rpartition(":")[2])

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send the signal and wait; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait(END_SECONDS)

    def said(self) -> str:
        """What it has written to stderr so far."""
        size = os.fstat(self._said.fileno()).st_size
        return os.pread(self._said.fileno(), size, 0).decode()

    def _first_line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            ready = selector.select(START_SECONDS)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            self.end(signal.SIGKILL)
            raise AssertionError(f"the server does not come up: {self.said()}")
        told: dict[str, Any] = json.loads(line)
        return told


def observation(episode: int, step: int, side: int = 16) -> Observation:
    """What an episode shows at a step: noise, under a goal view that stays."""
    now, goal = np.random.default_rng([1, episode, step]), np.random.default_rng([2, episode])
    mask = np.zeros((side, side), np.uint8)
    mask[2:5, 2:5] = 1
    return {
        "image": now.integers(0, 256, (side, side, 3), dtype=np.uint8),
        "goal_image": goal.integers(0, 256, (side, side, 3), dtype=np.uint8),
        "goal_mask": mask,
        "interaction": episode % 5,
    }
