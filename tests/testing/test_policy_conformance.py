"""The policy kit passes the shipped controls, and names the rule that a policy breaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from evalsuite.crossview import Action, Observation, noop_action
from evalsuite.policies.controls import NoopPolicy, RandomPolicy
from evalsuite.policies.policy import Policy, State
from evalsuite.testing import PolicyConformance


class TestNoop(PolicyConformance):
    def make_policy(self) -> Policy:
        return NoopPolicy()


class TestRandom(PolicyConformance):
    def make_policy(self) -> Policy:
        return RandomPolicy()


def turn(degrees: float) -> Action:
    return {**noop_action(), "camera": np.array([0.0, degrees], np.float32)}


class Faulty:
    """Counts its steps in the state, as it should; each subclass breaks one rule."""

    def initial_state(self) -> State:
        return {"step": np.zeros(1)}

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        actions = [turn(float(state["step"][0])) for state in states]
        return actions, [{"step": state["step"] + 1} for state in states]


class CountsInItself(Faulty):
    calls = 0

    def act(self, observations: Sequence[Observation], states: Sequence[State]) -> Any:
        self.calls += 1
        return [turn(self.calls % 100) for _ in observations], list(states)


class LooksAtItsNeighbours(Faulty):
    def act(self, observations: Sequence[Observation], states: Sequence[State]) -> Any:
        return [turn(len(observations)) for _ in observations], list(states)


class WritesInItsState(Faulty):
    def act(self, observations: Sequence[Observation], states: Sequence[State]) -> Any:
        for state in states:
            state["step"] += 1
        return [noop_action() for _ in observations], list(states)


class PaintsOverThePicture(Faulty):
    def act(self, observations: Sequence[Observation], states: Sequence[State]) -> Any:
        for seen in observations:
            seen["image"][0, 0] ^= 1
        return super().act(observations, states)


class TurnsByNaN(Faulty):
    def act(self, observations: Sequence[Observation], states: Sequence[State]) -> Any:
        return [turn(float("nan")) for _ in observations], list(states)


class ForgetsAKey(Faulty):
    def act(self, observations: Sequence[Observation], states: Sequence[State]) -> Any:
        return [{"camera": np.zeros(2, np.float32)} for _ in observations], list(states)


class RollsItsOwnDice(Faulty):
    def __init__(self) -> None:
        self.dice = np.random.default_rng()

    def act(self, observations: Sequence[Observation], states: Sequence[State]) -> Any:
        return [turn(self.dice.uniform(-9, 9)) for _ in observations], list(states)


FAULTS: list[tuple[type[Faulty], str, str]] = [
    (CountsInItself, "test_state_does_not_leak_between_interleaved_episodes", "belongs in the state"),
    (CountsInItself, "test_an_episode_begun_after_another_is_not_changed_by_it", "episodes before it"),
    (LooksAtItsNeighbours, "test_a_batch_of_n_equals_n_batches_of_one", "its own row only"),
    (WritesInItsState, "test_observations_and_states_are_left_as_they_were", "state in place"),
    (PaintsOverThePicture, "test_observations_and_states_are_left_as_they_were", "observation in place"),
    (TurnsByNaN, "test_actions_are_complete_finite_and_in_range", "not finite"),
    (ForgetsAKey, "test_actions_are_complete_finite_and_in_range", "lacks the key"),
    (RollsItsOwnDice, "test_the_same_seed_gives_the_same_actions", "same seed"),
    (RollsItsOwnDice, "test_a_state_can_be_used_twice", "same state"),
]


@pytest.mark.parametrize(("policy", "test", "sentence"), FAULTS, ids=[f"{p.__name__}-{t}" for p, t, _ in FAULTS])
def test_a_policy_with_a_fault_fails_with_a_sentence_that_names_the_rule(
    policy: type[Faulty], test: str, sentence: str
) -> None:
    class Kit(PolicyConformance):
        def make_policy(self) -> Policy:
            return policy()

    with pytest.raises(AssertionError, match=sentence):
        getattr(Kit(), test)()
