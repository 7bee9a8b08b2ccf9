"""The two null policies that every table stands beside: one does nothing, one does anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalsuite.crossview.spaces import BUTTONS, Action, Observation, noop_action
from evalsuite.policies.policy import State
from evalsuite.seeding import Dice

RANDOM_CAMERA_DEGREES = 10.0
"""Largest turn a step: the bound of the camera bins in VPT's and ROCKET's action space."""


class NoopPolicy:
    """Stands still."""

    def initial_state(self) -> State:
        return None

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        return [noop_action() for _ in observations], list(states)


@dataclass(frozen=True)
class _Moment:
    seed: int
    step: int


class RandomPolicy:
    """Each button with probability 1/2 and a camera turn uniform in +-10 degrees, anew at every step.

    The draw depends on the episode's seed and the step alone.
    """

    def initial_state(self, seed: int = 0) -> State:
        return _Moment(seed, 0)

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        return [_draw(state) for state in states], [_Moment(state.seed, state.step + 1) for state in states]


def _draw(moment: _Moment) -> Action:
    dice = Dice("random policy", moment.seed, moment.step)
    action: Action = {name: int(dice.chance(0.5)) for name in BUTTONS}
    limit = RANDOM_CAMERA_DEGREES
    action["camera"] = np.array([dice.uniform(-limit, limit), dice.uniform(-limit, limit)], np.float32)
    return action
