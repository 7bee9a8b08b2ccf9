"""The simulator kit passes a world that keeps the rules, and names the rule that a world breaks."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from evalsuite.crossview import Action, Facts, GoalView, Pose, Simulator
from evalsuite.suite.scenario import Scenario
from evalsuite.testing import SimulatorConformance
from tests.testing.flat_world import FlatWorld, scenario


class TestFlatWorld(SimulatorConformance):
    steps = 15

    def make_simulator(self, folder: Path) -> Simulator:
        return FlatWorld(folder)

    def scenarios(self) -> list[Scenario]:
        return [scenario("approach"), scenario("break", goals=2)]


class TurnsLeft(FlatWorld):
    def step(self, action: Action) -> None:
        super().step({**action, "camera": -action["camera"]})


class WalksBackwards(FlatWorld):
    def step(self, action: Action) -> None:
        super().step({**action, "forward": action["back"], "back": action["forward"]})


class MovedByTheGoalView(FlatWorld):
    def goal_view(self) -> GoalView:
        self._eye = self._eye.model_copy(update={"x": self._eye.x + 0.01})
        return super().goal_view()


class RemembersTheLastEpisode(FlatWorld):
    _resets = 0

    def reset(self, scenario: Scenario, seed: int) -> None:
        super().reset(scenario, seed + self._resets)
        self._resets += 1


class RollsItsOwnDice(FlatWorld):
    def reset(self, scenario: Scenario, seed: int) -> None:
        super().reset(scenario, id(self) if seed == 3 else seed)


class ReusesItsPicture(FlatWorld):
    _buffer = np.zeros((48, 64, 3), np.uint8)

    def frame(self) -> NDArray[np.uint8]:
        self._buffer[:] = super().frame()
        return self._buffer


class SeesThroughItsBack(FlatWorld):
    def facts(self) -> Facts:
        return replace(super().facts(), target_pixels=9, target_centroid=(32.0, 24.0))


class MirrorsItsCentroid(FlatWorld):
    def facts(self) -> Facts:
        facts = super().facts()
        if facts.target_centroid is None:
            return facts
        return replace(facts, target_centroid=(63.0 - facts.target_centroid[0], facts.target_centroid[1]))


class ShowsTwos(FlatWorld):
    def goal_view(self) -> GoalView:
        view = super().goal_view()
        return GoalView(view.image, view.mask * np.uint8(2))


class StartsElsewhere(FlatWorld):
    def reset(self, scenario: Scenario, seed: int) -> None:
        super().reset(scenario, seed)
        self._eye = Pose(x=5.0, y=0.0, z=1.62, yaw=10.0)


class LeavesAProcess(FlatWorld):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.engine = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])


FAULTS: list[tuple[type[FlatWorld], str, str]] = [
    (TurnsLeft, "test_positive_yaw_turns_right_and_positive_pitch_looks_down", "turns right"),
    (WalksBackwards, "test_forward_moves_along_the_yaw_and_right_moves_to_its_right", "never moves the agent"),
    (MovedByTheGoalView, "test_looking_at_the_goal_view_disturbs_nothing", "with goal_view.. called in between"),
    (RemembersTheLastEpisode, "test_a_reset_does_not_depend_on_what_came_before", "used before"),
    (RollsItsOwnDice, "test_the_same_seed_and_actions_give_the_same_frames_in_two_processes", "in two processes"),
    (ReusesItsPicture, "test_a_picture_that_is_kept_does_not_change", "hand out a copy"),
    (SeesThroughItsBack, "test_facts_agree_with_the_pixels", "behind"),
    (MirrorsItsCentroid, "test_facts_agree_with_the_pixels", "other side"),
    (ShowsTwos, "test_pictures_and_masks_are_as_declared", "0 and 1 only"),
    (StartsElsewhere, "test_an_episode_begins_where_its_scenario_says", "from its start"),
]


class Kit(SimulatorConformance):
    """A kit for a world with a fault; not collected, since its name does not start with Test."""

    steps = 15
    seconds_to_end = 0.5

    def __init__(self, world: type[FlatWorld]) -> None:
        self.world = world

    def make_simulator(self, folder: Path) -> Simulator:
        return self.world(folder)

    def scenarios(self) -> list[Scenario]:
        return [scenario("approach"), scenario("break", goals=2)]


@pytest.mark.parametrize(("world", "test", "sentence"), FAULTS, ids=[fault[0].__name__ for fault in FAULTS])
def test_a_world_with_a_fault_fails_with_a_sentence_that_names_the_rule(
    world: type[FlatWorld], test: str, sentence: str, tmp_path: Path
) -> None:
    kit = Kit(world)
    simulator = kit.make_simulator(tmp_path)
    arguments = {"simulator": simulator}
    if "before" in test:
        arguments["tmp_path"] = tmp_path  # type: ignore[assignment]
    with pytest.raises(AssertionError, match=sentence):
        getattr(kit, test)(**arguments)


def test_a_process_left_behind_is_noticed(tmp_path: Path) -> None:
    started: list[LeavesAProcess] = []

    class Watched(LeavesAProcess):
        def __init__(self, folder: Path) -> None:
            super().__init__(folder)
            started.append(self)

    try:
        with pytest.raises(AssertionError, match="still running after close"):
            Kit(Watched).test_closing_twice_leaves_nothing_behind(tmp_path)
    finally:
        for world in started:
            world.engine.kill()
            world.engine.wait(timeout=10)
