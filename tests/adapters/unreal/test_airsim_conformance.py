"""The unreal world keeps what every world must keep, on both of AirSim's real clients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evalsuite.adapters.unreal.actions import ActionMapping
from evalsuite.adapters.unreal.airsim_client import COSYS, MICROSOFT
from evalsuite.adapters.unreal.airsim_simulator import rehearsal_simulator
from evalsuite.crossview.simulator import Simulator
from evalsuite.suite.scenario import Scenario
from evalsuite.testing import SimulatorConformance
from tests.adapters.unreal.airsim_shared import needs, shipped


class _Conformance(SimulatorConformance):
    play = COSYS.name
    actions: ActionMapping = "table4"
    steps = 3

    def make_simulator(self, folder: Path) -> Simulator:
        return rehearsal_simulator(folder, self.play, actions=self.actions)

    def scenarios(self) -> list[Scenario]:
        return [shipped(f"/{interaction}-easy-0000") for interaction in ("approach", "interact", "break")]

    @pytest.fixture(scope="class")
    @classmethod
    def simulator(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
        """One connection for all tests."""
        made = cls().make_simulator(tmp_path_factory.mktemp("unreal"))
        yield made
        made.close()


@needs(COSYS)
class TestCosysAirSim(_Conformance):
    """cosysairsim, with table 4's actions."""


@needs(MICROSOFT)
class TestMicrosoftAirSim(_Conformance):
    """airsim, with Minecraft's keys."""

    play = MICROSOFT.name
    actions: ActionMapping = "minecraft"
