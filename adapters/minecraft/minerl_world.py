"""Minecraft through MineRL's client as a world of its own: other scenarios, other limits, the same arena."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import UsageError
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.source import ScenarioSource
from evalsuite.worlds import Readiness

PYTHON = "EVALSUITE_MINERL_PYTHON"
"""Environment variable: the interpreter that has MineRL 0.4.4, which wants numpy 1.23 and gym 0.19."""

_GUIDE = 'see "MineRL" in adapters/minecraft/README.md'
_LOOK_SECONDS = 60.0
_WHERE = (
    "from importlib.metadata import distribution; found = distribution('minerl'); "
    "print(found.version); print(found.locate_file('minerl'))"
)


class MineRLWorld:
    """Approach and Break, with goal views recorded in the scenario."""

    name = "minerl"
    summary = "MineRL 0.4.4's client: Approach and Break, goal views recorded in the scenario"

    def readiness(self) -> Readiness:
        python = os.environ.get(PYTHON)
        if not python:
            return Readiness("missing", "no interpreter with MineRL 0.4.4 is named", f"set {PYTHON}; {_GUIDE}")
        try:
            found = subprocess.run(
                [python, "-c", _WHERE],
                capture_output=True,
                text=True,
                timeout=_LOOK_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Readiness("missing", f"{PYTHON}={python} does not run: {error}", _GUIDE)
        if found.returncode:
            return Readiness("missing", f"{PYTHON}={python} has no minerl", _GUIDE)
        version, folder = found.stdout.split("\n")[:2]
        engine = Path(folder) / "Malmo" / "Minecraft" / "build" / "libs" / "MalmoMod-0.37.0-fat.jar"
        if not engine.is_file():
            return Readiness("rehearsal only", f"minerl {version}, but its engine {engine.name} is not built", _GUIDE)
        return Readiness("ready", f"minerl {version} in {python}")

    def check(self, scenario: Scenario) -> None:
        from evalsuite.adapters.minecraft.minerl_simulator import check_minerl_scenario

        check_minerl_scenario(scenario)

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        """A client that has started; its engine comes up with the first reset."""
        readiness = self.readiness()
        if readiness.state != "ready" and not (rehearse and readiness.state == "rehearsal only"):
            raise UsageError(f"the world 'minerl' can't run here: {readiness.detail}; {readiness.remedy}")
        from evalsuite.adapters.minecraft.minerl_simulator import MineRLSimulator

        return MineRLSimulator(folder, os.environ[PYTHON], rehearse=rehearse)

    def scenario_source(self, folder: Path) -> ScenarioSource:
        """MineRL has no camera to look at goals with: scenarios are recorded elsewhere."""
        raise UsageError("MineRL has no camera to move: make scenarios with `evalsuite synthesize minecraft`")


WORLD = MineRLWorld()
