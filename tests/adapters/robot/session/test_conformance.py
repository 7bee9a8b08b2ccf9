"""The conformance kit on the rehearsal, one simulated car for all of it; what needs determinism is skipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalsuite.adapters.robot.making import make_rehearsal
from evalsuite.crossview.simulator import Simulator
from evalsuite.suite.scenario import Scenario
from evalsuite.testing import SimulatorConformance
from tests.adapters.robot.session.rehearsed import easy_and_hard, quick_robot

pytest.importorskip("cv2", reason="the robot needs opencv-python-headless")
pytest.importorskip("cyclonedds", reason="the rehearsal needs cyclonedds")

pytestmark = pytest.mark.slow


class TestRehearsedRobot(SimulatorConformance):
    steps = 4

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def folder(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
        folder = tmp_path_factory.mktemp("robot")
        before = dict(os.environ)
        os.environ.update(quick_robot(folder))
        yield folder
        os.environ.clear()
        os.environ.update(before)

    @pytest.fixture(scope="class")
    @classmethod
    def simulator(cls, folder: Path) -> Iterator[Simulator]:
        made = make_rehearsal(folder)
        yield made
        made.close()

    def make_simulator(self, folder: Path) -> Simulator:
        return make_rehearsal(folder)

    def scenarios(self) -> list[Scenario]:
        return list(easy_and_hard()[:1])
