"""What acts. All memory is in the state that the caller holds, so that batching can't leak between episodes."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.spaces import Action, Observation

State = Any


@runtime_checkable
class Policy(Protocol):
    """A policy answers any number of episodes at once.

    `initial_state` is called once an episode. A policy that samples takes the episode's seed and keeps its
    generator in the state: `def initial_state(self, seed: int)`; one that does not takes no argument.

    A policy that always computes the same number of rows, filled up with blank ones, may say so by an attribute
    `batch`: the runner then hands it no more than that at once, and knows that a fuller call costs no more.
    """

    def initial_state(self) -> State:
        """The memory of an episode that has not begun."""

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        """An action and the next state for each of the observations, in their order.

        Must not change the observations, nor the states in place, nor remember anything itself.
        """


@runtime_checkable
class PrivilegedPolicy(Protocol):
    """A control that is shown the ground truth: `attach` binds it to the environment that it will act in."""

    def attach(self, env: CrossViewEnv) -> Policy: ...


def initial_state(policy: Policy, seed: int) -> State:
    """The policy's initial state, with the episode's seed if it takes one."""
    takes_seed = bool(inspect.signature(policy.initial_state).parameters)
    return policy.initial_state(seed) if takes_seed else policy.initial_state()  # type: ignore[call-arg]
