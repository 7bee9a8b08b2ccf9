"""The Unreal world of AirSim as evalsuite finds it: light to import, reaches or starts a server only when asked."""

from __future__ import annotations

import os
from pathlib import Path

from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import UsageError
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.source import ScenarioSource
from evalsuite.worlds import Readiness


class UnrealWorld:
    """Unreal Engine through AirSim or Cosys-AirSim; in rehearsal a stand-in plays the server."""

    name = "unreal"
    summary = "Unreal through AirSim or Cosys-AirSim; targets spawned in the Blocks environment"

    def readiness(self) -> Readiness:
        from evalsuite.adapters.unreal.airsim_readiness import look

        return look()

    def check(self, scenario: Scenario) -> None:
        from evalsuite.adapters.unreal.blocks_stage import check_scenario

        check_scenario(scenario)

    def check_configuration(self, *, rehearse: bool) -> None:
        """A rehearsal's play; what a server is asked for, `readiness` tells."""
        if rehearse:
            from evalsuite.adapters.unreal.airsim_simulator import REHEARSE_VARIABLE, played

            played(os.environ.get(REHEARSE_VARIABLE, ""))

    def most_workers(self, *, rehearse: bool) -> int | None:
        """A server plays one episode at a time; each rehearsal has a server of its own."""
        return None if rehearse else 1

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        """A connection to the server that EVALSUITE_UNREAL names, or to a stand-in of its own."""
        self._require(rehearse=rehearse)
        from evalsuite.adapters.unreal.airsim_simulator import REHEARSE_VARIABLE, rehearsal_simulator, simulator

        return rehearsal_simulator(folder, os.environ.get(REHEARSE_VARIABLE, "")) if rehearse else simulator()

    def scenario_source(self, folder: Path) -> ScenarioSource:
        """Measured in rehearsal, whatever there is: what comes out must not depend on the machine."""
        self._require(rehearse=True)
        from evalsuite.adapters.unreal.airsim_simulator import rehearsal_simulator
        from evalsuite.adapters.unreal.blocks_synthesis import BlocksSource

        return BlocksSource(lambda: rehearsal_simulator(folder))

    def stand_in_measures(self) -> str:
        return "so that every machine makes the same scenarios"

    def _require(self, *, rehearse: bool) -> None:
        from evalsuite.adapters.unreal.airsim_client import COSYS, DIALECTS

        if rehearse:
            if not any(dialect.installed for dialect in DIALECTS):
                raise UsageError(f"the world 'unreal' can't be rehearsed here: no AirSim client; {COSYS.install}")
            return
        readiness = self.readiness()
        if readiness.state != "ready":
            remedy = f"; {readiness.advice}" if readiness.remedy else ""
            raise UsageError(f"the world 'unreal' can't run here: {readiness.detail}{remedy} (or rehearse: --rehearse)")


WORLD = UnrealWorld()
