"""A policy without a network: turn towards what has the masked thing's colour, and walk.

    evalsuite run doom-quick --policy examples.turn_and_walk:TurnAndWalk

A factory is called without arguments; its module is looked for in the current directory too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evalsuite.crossview import Action, Observation, noop_action
from evalsuite.policies.policy import State


class TurnAndWalk:
    """Remembers nothing, so that its state is None."""

    def initial_state(self) -> State:
        return None

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        return [_action(seen) for seen in observations], list(states)


def _action(seen: Observation) -> Action:
    colour = seen["goal_image"][seen["goal_mask"] == 1].mean(axis=0)
    alike = np.abs(seen["image"][::4, ::4] - colour).sum(axis=2) < 40.0
    columns = np.nonzero(alike.any(axis=0))[0]
    action = noop_action()
    if len(columns) == 0:
        action["camera"][1] = 8.0
    else:
        action["camera"][1] = 20.0 * (columns.mean() / alike.shape[1] - 0.5)
        action["forward"] = action["attack"] = action["use"] = 1
    return action
