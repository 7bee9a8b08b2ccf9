"""A world without an engine: a square of grey in which nothing happens, for what an episode costs by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.difficulty import measure_view_difficulty
from evalsuite.crossview.geometry import Pose
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.simulator import Facts, GoalView, Simulator, SimulatorSpec
from evalsuite.crossview.spaces import Action
from evalsuite.suite.scenario import Scenario, Suite
from evalsuite.worlds import Readiness

SIDE = 16
EYE = 1.6

SPEC = SimulatorSpec(
    world="instant",
    width=SIDE,
    height=SIDE,
    horizontal_fov=90.0,
    vertical_fov=90.0,
    steps_per_second=20.0,
    interactions=frozenset({"approach"}),
    determinism="bitwise",
    mask_source="drawn",
    engine={"instant": "1"},
)


class InstantSimulator:
    """Stands still."""

    @property
    def spec(self) -> SimulatorSpec:
        return SPEC

    def reset(self, scenario: Scenario, seed: int) -> None:
        self._scenario = scenario

    def next_goal(self) -> None:
        pass

    def goal_view(self) -> GoalView:
        return GoalView(self.frame(), np.eye(SIDE, dtype=np.uint8))

    def step(self, action: Action) -> None:
        pass

    def frame(self) -> NDArray[np.uint8]:
        return np.full((SIDE, SIDE, 3), 128, np.uint8)

    def facts(self) -> Facts:
        return Facts(agent=self._scenario.start, target=self._scenario.goals[0].target.position)

    def close(self) -> None:
        pass


class InstantWorld:
    """The world as it is registered."""

    name = "instant"
    summary = "a benchmark's world"
    embedded: Literal[True] = True

    def readiness(self) -> Readiness:
        return Readiness("ready", "nothing is needed")

    def check(self, scenario: Scenario) -> None:
        pass

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        return InstantSimulator()

    def synthesize(self, count: int, seed: int, *, folder: Path) -> Iterator[Scenario]:
        yield from instant_suite(count).scenarios


WORLD = InstantWorld()


def instant_suite(count: int, *, max_steps: int = 2) -> Suite:
    """A suite of `count` scenarios that nobody can solve."""
    start = Pose(x=0.0, y=0.0, z=EYE, yaw=0.0)
    goal = Goal(
        interaction="approach",
        target=Target(name="target", kind="crate", position=(0.0, 50.0, 0.5)),
        camera=Pose(x=0.0, y=40.0, z=EYE, yaw=0.0),
    )
    view = measure_view_difficulty(start, goal)
    scenarios = tuple(
        Scenario(
            id=f"instant-{index}",
            world="instant",
            level={},
            seed=index,
            start=start,
            max_steps=max_steps,
            goals=(goal,),
            difficulty="easy",
            view=view,
        )
        for index in range(count)
    )
    return Suite(suite="benchmark-instant", version="1", scenarios=scenarios)
