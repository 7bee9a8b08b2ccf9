"""The UnrealCV world keeps what every world must keep: the inherited kit, the real client on the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evalsuite.adapters.unreal.unrealcv_world import WORLD
from evalsuite.crossview.simulator import Simulator
from evalsuite.suite.scenario import Scenario
from evalsuite.testing import SimulatorConformance
from tests.adapters.unreal.unrealcv_rescues import needs_unrealcv, rescue


@needs_unrealcv
class TestUnrealCvInRehearsal(SimulatorConformance):
    steps = 4

    def make_simulator(self, folder: Path) -> Simulator:
        return WORLD.make(folder, rehearse=True)

    def scenarios(self) -> list[Scenario]:
        return [
            rescue(),
            rescue(("approach", "stretcher"), ("break", "crate-1"), crates=("crate-1", "crate-2"), yaw=-90.0),
        ]

    @pytest.fixture(scope="class")
    @classmethod
    def simulator(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
        """One stand-in for all tests: starting it takes longer than most of them."""
        made = WORLD.make(tmp_path_factory.mktemp("unrealcv"), rehearse=True)
        yield made
        made.close()
