"""Policies that tell, by what they do, how they were called."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import numpy as np

from evalsuite.crossview.spaces import Action, Observation, noop_action
from evalsuite.policies.policy import State

SLOW_SECONDS = 0.05


class TellsTheBatch:
    """Slow; the camera's pitch is the number of rows in the call, its yaw the episode's own count of steps."""

    def initial_state(self, seed: int = 0) -> State:
        return 0

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        time.sleep(SLOW_SECONDS)
        after = [state + 1 for state in states]
        return [{**noop_action(), "camera": np.array([len(states), step], np.float32)} for step in after], after


class Predicts:
    """Says where the target is."""

    def initial_state(self) -> State:
        return None

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        return [{**noop_action(), "prediction": {"visible": 0.25, "point": (3.0, 4.5)}} for _ in states], list(states)


class Stumbles:
    """Fails in `break` episodes, and begins none whose seed is 13."""

    def initial_state(self, seed: int = 0) -> State:
        if seed == 13:
            raise RuntimeError("an unlucky number")
        return 0

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        if any(each["interaction"] == 1 for each in observations):
            raise RuntimeError("out of ideas")
        return [noop_action() for _ in states], [state + 1 for state in states]


class Hangs:
    """Does not come back from the first observation."""

    def initial_state(self) -> State:
        return None

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        print("acting", file=sys.stderr, flush=True)
        time.sleep(3600.0)
        raise AssertionError


class Leaves:
    """Ends its process at the first observation."""

    def initial_state(self) -> State:
        return None

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        if observations:
            sys.exit("enough")
        return [], []
