from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evalsuite.adapters.minecraft.world import WORLD
from evalsuite.crossview.simulator import Simulator
from evalsuite.crossview.spaces import INTERACTIONS
from evalsuite.suite.scenario import Scenario
from evalsuite.testing import SimulatorConformance
from tests.adapters.minecraft.conftest import needs_minestudio, shipped


@needs_minestudio
class TestMinecraftInRehearsal(SimulatorConformance):
    steps = 6

    def make_simulator(self, folder: Path) -> Simulator:
        return WORLD.make(folder, rehearse=True)

    def scenarios(self) -> list[Scenario]:
        return [shipped(f"/{interaction.replace('_', '-')}-easy-0000") for interaction in INTERACTIONS]

    @pytest.fixture(scope="class")
    @classmethod
    def simulator(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
        """One client for all tests: starting it takes longer than most of them."""
        made = WORLD.make(tmp_path_factory.mktemp("minecraft"), rehearse=True)
        yield made
        made.close()
