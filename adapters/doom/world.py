"""The Doom world as evalsuite finds it: light to import, starts the engine only when asked."""

from __future__ import annotations

import importlib.util
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import UsageError
from evalsuite.extras import install_command
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.source import ScenarioSource
from evalsuite.worlds import Readiness

INSTALL = install_command("doom")


class DoomWorld:
    """Doom through ViZDoom: embedded, so that it needs no rehearsal."""

    name = "doom"
    summary = "embedded: ViZDoom with levels, things and art of our own"
    embedded: Literal[True] = True
    has_stand_in: Literal[False] = False

    def readiness(self) -> Readiness:
        if importlib.util.find_spec("vizdoom") is None:
            return Readiness("missing", "the package vizdoom is not installed", INSTALL)
        if not sys.platform.startswith("linux"):
            return Readiness("missing", f"{platform.system()} is not supported yet", "use Linux")
        return Readiness("ready", f"vizdoom {version('vizdoom')}")

    def check(self, scenario: Scenario) -> None:
        from evalsuite.adapters.doom.simulator import check_scenario

        check_scenario(scenario)

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        """A started simulator. `rehearse` changes nothing: the real engine runs everywhere."""
        self._require()
        from evalsuite.adapters.doom.simulator import DoomSimulator

        return DoomSimulator(folder)

    def scenario_source(self, folder: Path) -> ScenarioSource:
        self._require()
        from evalsuite.adapters.doom.synthesis import DoomSource

        return DoomSource(folder)

    def _require(self) -> None:
        readiness = self.readiness()
        if readiness.state != "ready":
            raise UsageError(f"the world 'doom' can't run here: {readiness.detail}; {readiness.remedy}")


WORLD = DoomWorld()
