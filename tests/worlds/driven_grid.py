"""The grid world with an engine that matters: another process, asked over a socket, which every picture shows.

What happens to the engine happens to the episode: where it dies or hangs up, a call fails; where it stops, a call
hangs; where it forgets, the pictures are others.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.geometry import Pose
from evalsuite.crossview.simulator import Simulator, SimulatorSpec, TimeLimits
from evalsuite.crossview.spaces import BUTTONS, Action
from evalsuite.errors import SimulatorFault
from evalsuite.seeding import derive_seed
from evalsuite.suite.scenario import Scenario
from tests.worlds import fragile_engine
from tests.worlds.grid_world import SPEC, GridSimulator, GridWorld

LIMITS = TimeLimits(start=20.0, reset=8.0, goal_view=8.0, step=4.0, close=4.0)


class DrivenGrid(GridSimulator):
    """Asks its engine at every reset and every step."""

    def __init__(self) -> None:
        super().__init__()
        self._line, theirs = socket.socketpair()
        with theirs:
            self._driven = subprocess.Popen(
                [sys.executable, "-S", "-E", fragile_engine.__file__, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._shown = bytes(4)

    @property
    def spec(self) -> SimulatorSpec:
        return replace(SPEC, world="driven", time_limits=LIMITS)

    def reset(self, scenario: Scenario, seed: int) -> None:
        super().reset(scenario, seed)
        self._ask(fragile_engine.SET_BACK)
        self._ask(derive_seed(scenario.id, seed).to_bytes(8, "big")[-4:])

    def step(self, action: Action) -> None:
        super().step(action)
        pressed = bytes(action[name] for name in BUTTONS) + np.asarray(action["camera"], np.float32).tobytes()
        self._ask(zlib.crc32(pressed).to_bytes(4, "big"))

    def close(self) -> None:
        self._driven.kill()
        self._driven.wait()
        self._line.close()
        super().close()

    def _ask(self, word: bytes) -> None:
        self._line.sendall(word)
        self._shown = self._line.recv(4, socket.MSG_WAITALL)
        if len(self._shown) < 4:
            raise SimulatorFault("the engine is gone")

    def _picture(self, pose: Pose) -> NDArray[np.uint8]:
        picture = super()._picture(pose)
        picture[:8, :4, 0] = np.frombuffer(self._shown, np.uint8)
        return picture


class DrivenGridWorld(GridWorld):
    """The world as it is registered."""

    name = "driven"

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        return DrivenGrid()


WORLD = DrivenGridWorld()
