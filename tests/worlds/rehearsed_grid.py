"""The grid world as one that a stand-in can play here, and as one that has none, for it is there itself everywhere."""

from __future__ import annotations

import os
from typing import Literal

from evalsuite.worlds import Readiness
from tests.worlds.grid_world import GridWorld

STATE = "REHEARSED_WORLD_STATE"
"""Environment variable: `ready`, `missing`, or what it is without it, `rehearsal only`."""


class RehearsedGridWorld(GridWorld):
    """The world as it is registered."""

    name = "rehearsed"

    def readiness(self) -> Readiness:
        state = os.environ.get(STATE)
        if state == "ready":
            return Readiness("ready", "the engine is there")
        if state == "missing":
            return Readiness("missing", "the client is not installed", "pip install the-client")
        return Readiness("rehearsal only", "there is no engine", "install the engine")


class EverywhereGridWorld(GridWorld):
    """The world as it is registered."""

    name = "everywhere"
    has_stand_in: Literal[False] = False


WORLD = RehearsedGridWorld()
EVERYWHERE = EverywhereGridWorld()
