"""Policies by factory for the runner's tests: a recurrent one, and those that misbehave in `break` episodes only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evalsuite.crossview.spaces import INTERACTIONS, Action, Observation, noop_action
from evalsuite.policies.policy import State

TALLY = "POLICY_TALLY"
"""Environment variable: the file that counts how often a policy has broken down."""

BREAK = INTERACTIONS.index("break")


class Recurrent:
    """Walks by a memory of all pictures seen so far and of the episode's seed."""

    def initial_state(self, seed: int) -> State:
        return seed % 1000

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        after = [
            (31 * state + int(each["image"].sum()) + int(each["goal_mask"].sum()) + each["interaction"]) % 1009
            for each, state in zip(observations, states, strict=True)
        ]
        return [_walk(state) for state in after], after


def _walk(state: int) -> Action:
    action = noop_action()
    action["forward"] = state % 2
    action["camera"] = np.array([0.0, state % 21 - 10.3], np.float32)
    return action


class Misbehaving(Recurrent):
    """Does `misbehave` with the action of an episode whose interaction is `break`, from its third step on."""

    def __init__(self, misbehave: Callable[[Action], Any]) -> None:
        self._misbehave = misbehave

    def initial_state(self, seed: int) -> State:
        return (0, super().initial_state(seed))

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        actions, inner = super().act(observations, [state[1] for state in states])
        steps = [state[0] + 1 for state in states]
        bad = [each["interaction"] == BREAK and step >= 3 for each, step in zip(observations, steps, strict=True)]
        answers = [self._misbehave(action) if wrong else action for action, wrong in zip(actions, bad, strict=True)]
        return answers, list(zip(steps, inner, strict=True))


def not_a_number() -> Misbehaving:
    return Misbehaving(lambda action: {**action, "camera": np.array([np.nan, 0.0], np.float32)})


def wrong_shape() -> Misbehaving:
    return Misbehaving(lambda action: {**action, "camera": np.zeros((1, 2), np.float32)})


def unknown_key() -> Misbehaving:
    return Misbehaving(lambda action: {**action, "teleport": 1})


def raising() -> Misbehaving:
    def stumble(action: Action) -> Action:
        raise RuntimeError("out of ideas")

    return Misbehaving(stumble)


def dying() -> Misbehaving:
    return Misbehaving(lambda action: os.abort())


def dying_once() -> Misbehaving:
    return Misbehaving(lambda action: os.abort() if _first_time() else action)


def hanging_once() -> Misbehaving:
    return Misbehaving(lambda action: time.sleep(3600.0) if _first_time() else action)


def unloadable() -> Recurrent:
    raise OSError("the weights are gone")


def crashing_on_load() -> Recurrent:
    os.abort()


def _first_time() -> bool:
    tally = Path(os.environ[TALLY])
    first = not tally.exists()
    tally.touch()
    return first
