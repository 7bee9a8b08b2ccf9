"""What pixels tell of a scenario, by resetting a simulator to it: what every world can do, if slowly."""

from __future__ import annotations

from collections.abc import Callable

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import GoalHidden
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.source import Measured, Refused


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
