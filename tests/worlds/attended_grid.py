"""The grid world as one that a person sets up: a session in the driver's process, and a report for each attempt."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evalsuite.crossview.simulator import Simulator
from tests.worlds.grid_world import GridSimulator, GridWorld

SESSION = "GRID_WORLD_SESSION"


class ReportingGrid(GridSimulator):
    """Reports which session it was in, and how many times it was asked."""

    asked = 0

    def report(self) -> Mapping[str, Any]:
        self.asked += 1
        return {"session": os.environ.get(SESSION), "asked": self.asked}


class AttendedGridWorld(GridWorld):
    """The world as it is registered."""

    name = "attended"

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        return ReportingGrid()

    @contextmanager
    def session(self, folder: Path, *, rehearse: bool) -> Iterator[None]:
        os.environ[SESSION] = f"pid {os.getpid()} in {folder.name}"
        try:
            yield
        finally:
            del os.environ[SESSION]


WORLD = AttendedGridWorld()
