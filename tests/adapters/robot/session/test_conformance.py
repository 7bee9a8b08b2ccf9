"""The conformance kit on the rehearsal, one simulated car for all of it; what needs determinism is skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("cv2", reason="the robot needs opencv-python-headless")
pytest.importorskip("cyclonedds", reason="the rehearsal needs cyclonedds")

from evalsuite.adapters.robot.making import make_rehearsal
from evalsuite.crossview.simulator import Simulator
from evalsuite.suite.scenario import Scenario
from evalsuite.testing import SimulatorConformance
from tests.adapters.robot.session.rehearsed import easy_and_hard, quick_robot

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("robot")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in quick_robot(made).items():
            patch.setenv(name, value)
        yield made


@pytest.fixture(scope="module")
def car(folder: Path) -> Iterator[Simulator]:
    made = make_rehearsal(folder)
    yield made
    made.close()


class TestRehearsedRobot(SimulatorConformance):
    steps = 4

    @pytest.fixture
    def simulator(self, car: Simulator) -> Simulator:
        return car

    def make_simulator(self, folder: Path) -> Simulator:
        return make_rehearsal(folder)

    def scenarios(self) -> list[Scenario]:
        return list(easy_and_hard()[:1])
