"""The plain and its two pillars as an installed world, for the processes that look worlds up by name."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Literal

from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import SimulatorFault
from evalsuite.suite.scenario import Scenario
from evalsuite.worlds import Readiness
from tests.testing.flat_world import FlatWorld

TROUBLE = "FLAT_WORLD_TROUBLE"


class FlatDoor:
    """Comes up broken or not at all when the environment says so."""

    name = "flat"
    summary = "a plain"
    embedded: Literal[True] = True

    def readiness(self) -> Readiness:
        return Readiness("ready", "")

    def check(self, scenario: Scenario) -> None:
        pass

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        trouble = os.environ.get(TROUBLE)
        if trouble == "fault":
            raise SimulatorFault("the plain is flooded")
        if trouble == "hang":
            time.sleep(600)
        return FlatWorld(folder)


class OutdoorFlatDoor:
    """The same plain somewhere else: a server that others use, perhaps, or a robot."""

    name = "flat"
    summary = "a plain far away"
    readiness = FlatDoor.readiness
    check = FlatDoor.check
    make = FlatDoor.make


WORLD = FlatDoor()
OUTDOOR_WORLD = OutdoorFlatDoor()
