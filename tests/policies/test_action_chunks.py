"""A policy that plans in chunks is asked once a chunk, and is a policy like any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from evalsuite.crossview.spaces import Action, Observation, noop_action
from evalsuite.errors import PolicyFault
from evalsuite.policies.action_chunks import ActionChunks
from evalsuite.policies.policy import Policy
from evalsuite.seeding import Dice
from evalsuite.testing import PolicyConformance

KIT = PolicyConformance()


class PlansThree:
    """Turns by what it sees, its seed and how often it was asked; keeps the rows of each call."""

    def __init__(self, length: int = 3) -> None:
        self.length = length
        self.calls: list[int] = []

    def initial_state(self, seed: int = 0) -> Any:
        return (seed, 0)

    def act(
        self, observations: Sequence[Observation], states: Sequence[Any]
    ) -> tuple[Sequence[Sequence[Action]], Sequence[Any]]:
        self.calls.append(len(observations))
        chunks = []
        for seen, (seed, asked) in zip(observations, states, strict=True):
            start = Dice("plan", seed, asked, int(seen["image"].sum())).uniform(0, 9)
            turns = [np.array([start, place], np.float32) for place in range(self.length)]
            chunks.append([{**noop_action(), "camera": turn} for turn in turns])
        return chunks, [(seed, asked + 1) for seed, asked in states]


class TestActionChunks(PolicyConformance):
    def make_policy(self) -> Policy:
        return ActionChunks(PlansThree())


class TestTwoOfThree(PolicyConformance):
    def make_policy(self) -> Policy:
        return ActionChunks(PlansThree(), steps=2)


@pytest.mark.parametrize(("steps", "places"), [(None, [0, 1, 2, 0, 1, 2]), (2, [0, 1, 0, 1, 0, 1]), (9, [0, 1, 2] * 2)])
def test_the_actions_of_a_chunk_follow_one_another(steps: int | None, places: list[int]) -> None:
    policy = ActionChunks(PlansThree(), steps)
    state, seen = policy.initial_state(), []
    for step in range(6):
        (action,), (state,) = policy.act([KIT.observation(0, step)], [state])
        seen.append(int(action["camera"][1]))
    assert seen == places


def test_only_the_episodes_whose_chunk_is_used_up_are_asked_for() -> None:
    inner = PlansThree()
    policy = ActionChunks(inner)
    states = [policy.initial_state(0), policy.initial_state(1)]
    _, states[:1] = policy.act([KIT.observation(0, 0)], states[:1])
    for step in range(1, 4):
        _, states[:] = policy.act([KIT.observation(0, step), KIT.observation(1, step)], states)
    assert inner.calls == [1, 1, 1]


def test_an_empty_chunk_is_a_fault_of_the_policy_and_no_step_at_all_is_a_mistake() -> None:
    policy = ActionChunks(PlansThree(length=0))
    with pytest.raises(PolicyFault, match="empty chunk"):
        policy.act([KIT.observation(0, 0)], [policy.initial_state()])
    with pytest.raises(ValueError, match="at least one"):
        ActionChunks(PlansThree(), steps=0)
