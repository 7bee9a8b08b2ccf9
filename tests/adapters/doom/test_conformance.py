"""Doom keeps what every world must keep: the inherited kit, on the real engine."""

from __future__ import annotations

from pathlib import Path

from evalsuite.adapters.doom.simulator import DoomSimulator
from evalsuite.crossview import Simulator
from evalsuite.suite import Scenario, find_suite
from evalsuite.testing import SimulatorConformance


class TestDoom(SimulatorConformance):
    def make_simulator(self, folder: Path) -> Simulator:
        return DoomSimulator(folder)

    def scenarios(self) -> list[Scenario]:
        suite, _ = find_suite("doom-quick")
        return [each for each in suite.scenarios if each.id.endswith("easy-0000")]
