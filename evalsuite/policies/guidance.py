"""Classifier-free guidance for a network that speaks MineStudio's policy interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from evalsuite.policies.mine_policy import MinePolicyModel, NetworkState, merge_states, split_states
from evalsuite.policies.minestudio_observations import NO_INTERACTION


class Guidance:
    """A model that follows its goal more than `model` does: it is one itself, with twice the memory.

    At every step the network runs with the goal and without one (black goal view, empty mask, no interaction),
    each with a memory of its own, and acts on

        (1 + k) * logits with the goal - k * logits without

    (Ho and Salimans, arXiv 2207.12598, eq. 6 with w = k, on action logits as in ROCKET-2's cfg_wrapper.py).
    k = 0 is the model itself; ROCKET-2's demo uses 1.5. What the model says of the target is said with the goal.

    Args:
        k: the strength, at least 0.
    """

    def __init__(self, model: MinePolicyModel, k: float) -> None:
        self._model = model
        self._k = k

    def forward(
        self, input: dict[str, Any], state: list[torch.Tensor], /
    ) -> tuple[Mapping[str, Any], Sequence[torch.Tensor]]:
        half = len(state) // 2
        without = _without_goal(input)
        guided, guided_state = self._model.forward(input, state[:half])
        unguided, unguided_state = self._model.forward(without, state[half:])
        logits = {
            name: (1.0 + self._k) * with_goal - self._k * unguided["pi_logits"][name]
            for name, with_goal in guided["pi_logits"].items()
        }
        return {**guided, "pi_logits": logits}, [*guided_state, *unguided_state]

    def initial_state(self, batch_size: int, /) -> Sequence[torch.Tensor]:
        return [*self._model.initial_state(batch_size), *self._model.initial_state(batch_size)]

    def merge_state(self, states: Sequence[NetworkState]) -> list[torch.Tensor]:
        half = len(states[0]) // 2
        return [
            *merge_states(self._model, [state[:half] for state in states]),
            *merge_states(self._model, [state[half:] for state in states]),
        ]

    def split_state(self, state: Sequence[torch.Tensor], count: int) -> list[NetworkState]:
        half = len(state) // 2
        guided, unguided = (split_states(self._model, part, count) for part in (state[:half], state[half:]))
        return [(*one, *other) for one, other in zip(guided, unguided, strict=True)]


def _without_goal(input: dict[str, Any]) -> dict[str, Any]:
    """A copy of the input, down to its tensors, with nothing to do."""
    goal = {name: torch.zeros_like(tensor) for name, tensor in input["cross_view"].items()}
    goal["cross_view_obj_id"] = torch.full_like(goal["cross_view_obj_id"], NO_INTERACTION)
    return {**_copied(input), "cross_view": goal}


def _copied(tree: dict[str, Any]) -> dict[str, Any]:
    return {key: _copied(value) if isinstance(value, dict) else value.clone() for key, value in tree.items()}
