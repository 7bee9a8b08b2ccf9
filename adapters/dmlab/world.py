"""The DMLab world as evalsuite finds it: light to import, starts the engine only when asked."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.source import ScenarioSource
from evalsuite.worlds import Readiness


class DmlabWorld:
    """DeepMind Lab, where it is installed; a stand-in of the same contract elsewhere."""

    name = "dmlab"
    summary = "DeepMind Lab: fruit, keyed doors and tagging in mazes, with levels of our own"
    embedded: Literal[True] = True

    def readiness(self) -> Readiness:
        from evalsuite.adapters.dmlab.engine import level_cache_complaint
        from evalsuite.adapters.dmlab.installation import probe
        from evalsuite.adapters.dmlab.specification import RENDERER_VARIABLE, Options

        try:
            renderer = Options.from_environment().renderer
        except UsageError as error:
            return Readiness("missing", str(error))
        if complaint := level_cache_complaint():
            return Readiness("missing", complaint)
        found = probe(renderer)
        if found.problem:
            return Readiness("rehearsal only", found.problem, found.remedy)
        if renderer not in found.renderers:
            there = " and ".join(found.renderers)
            detail = f"the renderer {renderer} is not there (asked for by {RENDERER_VARIABLE})"
            return Readiness("rehearsal only", detail, f"ask for what is there: {RENDERER_VARIABLE}={there}")
        return Readiness("ready", f"deepmind_lab in {found.folder}, renderer {renderer}")

    def check(self, scenario: Scenario) -> None:
        from evalsuite.adapters.dmlab.level import level_of

        level_of(scenario)

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        from evalsuite.adapters.dmlab.simulator import DmlabSimulator
        from evalsuite.adapters.dmlab.specification import Options

        options = Options.from_environment()
        if rehearse:
            from evalsuite.adapters.dmlab import standin

            return DmlabSimulator(standin, folder, options, rehearsal=True)
        from evalsuite.adapters.dmlab.installation import inventory, load

        found = inventory()
        if found.problem:
            raise SimulatorFault(
                f"{found.problem}; `evalsuite worlds` says what to do; or rehearse without it: --rehearse"
            )
        return DmlabSimulator(load(), folder, options, rehearsal=False)

    def scenario_source(self, folder: Path) -> ScenarioSource:
        """Measured on the real engine where it is installed, on the stand-in elsewhere."""
        from evalsuite.adapters.dmlab.installation import inventory
        from evalsuite.adapters.dmlab.synthesis import FruitSource

        return FruitSource(lambda: self.make(folder, rehearse=bool(inventory().problem)))

    def stand_in_measures(self) -> str:
        from evalsuite.adapters.dmlab.installation import inventory

        return inventory().problem


WORLD = DmlabWorld()
