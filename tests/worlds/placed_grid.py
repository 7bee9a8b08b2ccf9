"""The grid world as one that not every machine can run: a simulator needs an `engine`, of which nodes have few."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import SimulatorFault
from evalsuite.worlds import Readiness
from tests.worlds.grid_world import GridSimulator, GridWorld

NODE = "PLACED_WORLD_NODE"
"""Environment variable: what a node is called in records."""

MISSING = "PLACED_WORLD_MISSING"
"""Environment variable: set on a machine that lacks the world's software."""


BROKEN = "PLACED_WORLD_BROKEN"
"""Environment variable: set on a machine where the engine is there, but does not start."""


class PlacedGrid(GridSimulator):
    """Tells where it was."""

    def report(self) -> Mapping[str, Any]:
        return {"node": os.environ.get(NODE, "")}


class PlacedGridWorld(GridWorld):
    """The world as it is registered."""

    name = "placed"

    @property
    def resources(self) -> Mapping[str, float]:
        return {"CPU": 1.0, "engine": 1.0}

    def readiness(self) -> Readiness:
        if MISSING in os.environ:
            return Readiness("missing", "there is no engine", "install the engine")
        return super().readiness()

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        if BROKEN in os.environ:
            raise SimulatorFault("the engine finds no display")
        return PlacedGrid()


WORLD = PlacedGridWorld()
