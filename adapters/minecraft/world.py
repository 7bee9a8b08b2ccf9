"""The Minecraft world as evalsuite finds it: light to import, starts a client only when asked."""

from __future__ import annotations

from pathlib import Path

from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import UsageError
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.source import ScenarioSource
from evalsuite.worlds import Readiness


class MinecraftWorld:
    """Minecraft 1.16.5 through MineStudio's client; in rehearsal a stand-in plays the engine."""

    name = "minecraft"
    summary = "MineStudio's client and engine; rehearsal needs no Java"

    def readiness(self) -> Readiness:
        from evalsuite.adapters.minecraft.readiness import look

        return look()

    def check(self, scenario: Scenario) -> None:
        from evalsuite.adapters.minecraft.simulator import check_scenario

        check_scenario(scenario)

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        """A client that has started; its engine comes up with the first reset."""
        self._require(rehearse=rehearse)
        from evalsuite.adapters.minecraft.simulator import MinecraftSimulator

        return MinecraftSimulator(folder, rehearse=rehearse)

    def scenario_source(self, folder: Path) -> ScenarioSource:
        """Measured in rehearsal, whatever there is: what comes out must not depend on the machine."""
        self._require(rehearse=True)
        from evalsuite.adapters.minecraft.synthesis import MinecraftSource

        return MinecraftSource(folder)

    def stand_in_measures(self) -> str:
        return "so that every machine makes the same scenarios"

    def _require(self, *, rehearse: bool) -> None:
        readiness = self.readiness()
        if readiness.state == "ready" or (rehearse and readiness.state == "rehearsal only"):
            return
        hint = " (or rehearse with --rehearse)" if readiness.state == "rehearsal only" else ""
        raise UsageError(f"the world 'minecraft' can't run here: {readiness.detail}; {readiness.advice}{hint}")


WORLD = MinecraftWorld()
