"""The runner's test world keeps the rules of a world."""

from __future__ import annotations

from pathlib import Path

from evalsuite.crossview import Simulator
from evalsuite.suite.scenario import Scenario
from evalsuite.testing import SimulatorConformance
from tests.worlds.grid_world import GridWorld, grid_suite


class TestGridWorld(SimulatorConformance):
    steps = 12

    def make_simulator(self, folder: Path) -> Simulator:
        return GridWorld().make(folder)

    def scenarios(self) -> list[Scenario]:
        return list(grid_suite().scenarios)
