"""The grid world with the weaknesses of big simulators: servers that go down, few of them, leaks, heavy processes.

Each is had by an environment variable, and each record's report tells which process played the episode.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalsuite.crossview.simulator import Simulator, SimulatorSpec
from evalsuite.errors import SimulatorFault
from evalsuite.records.record import Record
from evalsuite.runner.environment_variables import KEPT_MEMORY
from evalsuite.suite.scenario import Scenario
from tests.worlds.grid_world import GridSimulator, GridWorld, grid_scenario

DOWN = "FRAIL_WORLD_DOWN"
"""A file: as long as it is there, no simulator comes up."""

MOST_WORKERS = "FRAIL_WORLD_MOST_WORKERS"
RESTART_AFTER = "FRAIL_WORLD_RESTART_AFTER"
HOARD = "FRAIL_WORLD_HOARD"
"""MEBIBYTES FILE: the engine takes that much memory in a process of its own, unless the file is there; it makes it."""


class FrailGrid(GridSimulator):
    """Tells who played."""

    def __init__(self) -> None:
        if os.path.exists(os.environ.get(DOWN, "")):
            raise SimulatorFault("nothing listens on port 41451")
        super().__init__()
        self._hoard = _hoard(os.environ.get(HOARD, ""))

    @property
    def spec(self) -> SimulatorSpec:
        after = os.environ.get(RESTART_AFTER)
        return replace(super().spec, world="frail", restart_after_episodes=int(after) if after else None)

    def report(self) -> Mapping[str, Any]:
        inherited = [name for name in KEPT_MEMORY if name in os.environ]
        return {"pid": os.getpid(), "engine": self._engine.pid, "python": sys.prefix, "inherited": inherited}

    def close(self) -> None:
        if self._hoard is not None:
            self._hoard.kill()
            self._hoard.wait()
        super().close()


class FrailWorld(GridWorld):
    """The world as it is registered."""

    name = "frail"

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        return FrailGrid()

    def most_workers(self, *, rehearse: bool) -> int | None:
        most = os.environ.get(MOST_WORKERS)
        return int(most) if most else None


WORLD = FrailWorld()


def frail_scenario(name: str, **changed: Any) -> Scenario:
    """As `grid_scenario` makes it, in the world `frail`."""
    return grid_scenario(name, **changed).model_copy(update={"world": "frail"})


def report_of(record: Record) -> Mapping[str, Any]:
    """What the simulator that played it had to tell."""
    report: Mapping[str, Any] = (record.model_extra or {})["report"]
    return report


def _hoard(wanted: str) -> subprocess.Popen[bytes] | None:
    mebibytes, _, once = wanted.partition(" ")
    if not mebibytes or os.path.exists(once):
        return None
    Path(once).touch()
    hold = "import sys, time; held = b'x' * (int(sys.argv[1]) << 20); print(flush=True); time.sleep(3600)"
    process = subprocess.Popen([sys.executable, "-c", hold, mebibytes], start_new_session=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process
