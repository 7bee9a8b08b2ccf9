"""What pixels tell of a scenario, by resetting a simulator to it: what every world can do, if slowly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import GoalHidden
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.source import Measured, Refused

AnySimulator = TypeVar("AnySimulator", bound=Simulator)


class PlayedSource(Generic[AnySimulator]):
    """A source whose places are looked at through one simulator.

    Args:
        start: starts it, when the first picture is asked for.
    """

    def __init__(self, start: Callable[[], AnySimulator]) -> None:
        self._start = start
        self._simulator: AnySimulator | None = None

    @property
    def simulator(self) -> AnySimulator:
        if self._simulator is None:
            self._simulator = self._start()
        return self._simulator

    def close(self) -> None:
        """End what was started; may be called twice."""
        simulator, self._simulator = self._simulator, None
        if simulator is not None:
            simulator.close()


def measured_by_playing(
    simulator: Simulator, scenario: Scenario, *, covisibility: Callable[[], float | None] | None = None
) -> Measured:
    """Reset to the scenario and look, at each goal too; `covisibility` is asked when the target can be seen."""
    env = CrossViewEnv(simulator, scenario)
    try:
        observation, _ = env.reset(seed=0)
    except GoalHidden as reason:
        raise Refused("the goal view does not show the target") from reason
    seen, solved = env.facts.target_pixels, env.summary.success_at_reset
    pixels = [int(observation["goal_mask"].sum())]
    for _ in scenario.goals[1:]:
        simulator.next_goal()
        pixels.append(int(simulator.goal_view().mask.sum()))
    return Measured(tuple(pixels), seen, solved, covisibility() if covisibility else None)
