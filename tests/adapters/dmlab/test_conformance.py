"""DMLab keeps what every world must keep: the inherited kit, on the stand-in and on the real engine.

Table 4 halves every pitch (a degree asked for turns 0.59), so that the kit, which wants degrees kept, runs on the
exact mapping; a subclass runs it on table 4 with the one test that differs replaced.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from evalsuite.adapters.dmlab.simulator import DmlabSimulator
from evalsuite.adapters.dmlab.specification import Options
from evalsuite.crossview import Simulator, noop_action
from evalsuite.crossview.geometry import wrap_degrees
from evalsuite.suite import Scenario, find_suite
from evalsuite.testing import SimulatorConformance
from tests.adapters.dmlab.conftest import needs_real, start_simulator

EXACT = Options(actions="degrees")


class _Conformance(SimulatorConformance):
    player = "stand-in"
    options = EXACT

    def make_simulator(self, folder: Path) -> Simulator:
        return start_simulator(self.player, folder, self.options)

    def scenarios(self) -> list[Scenario]:
        suite, _ = find_suite("dmlab-fruit")
        collecting, _ = find_suite("dmlab-rocket3")
        return [each for each in suite.scenarios if each.id.endswith("easy-0000")] + [collecting.scenarios[0]]


class TestStandIn(_Conformance):
    """The stand-in, degree for degree."""

    steps = 12


class TestStandInAsPublished(_Conformance):
    """The stand-in under table 4."""

    options = Options()
    steps = 4

    def test_positive_yaw_turns_right_and_positive_pitch_looks_down(self, simulator: Simulator) -> None:
        for axis, name, gain in ((0, "pitch", 0.586), (1, "yaw", 1.002)):
            for degrees in (6.0, -6.0):
                simulator.reset(self.scenarios()[0], 0)
                before = getattr(simulator.facts().agent, name)
                turn = noop_action()
                turn["camera"][axis] = degrees
                simulator.step(turn)
                turned = wrap_degrees(getattr(simulator.facts().agent, name) - before)
                assert turned == pytest.approx(gain * degrees, abs=0.25)


@needs_real
class TestReal(_Conformance):
    """The real engine, degree for degree."""

    player = "real"


@needs_real
class TestRealAsPublished(TestStandInAsPublished):
    """The real engine under table 4."""

    player = "real"
    steps = 30


def test_the_simulator_declares_what_it_is(tmp_path: Path) -> None:
    simulator = start_simulator("stand-in", tmp_path)
    assert isinstance(simulator, DmlabSimulator)
    assert simulator.spec.rehearsal
    assert simulator.spec.engine["deepmind_lab"] == "stand-in"
    assert simulator.spec.masked_actions == {"jump", "sprint", "use"}
    simulator.close()
