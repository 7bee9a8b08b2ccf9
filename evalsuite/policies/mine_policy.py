"""What is asked of a network that speaks MineStudio's policy interface, and its memory in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch

NetworkState = tuple[torch.Tensor, ...]
"""One episode's memory: what `split_states` gave for it."""


class MinePolicyModel(Protocol):
    """The part of minestudio.models.base_policy.MinePolicy that is used here.

    `forward` takes nested dicts of tensors (batch, time, ...) and the batch's memory; it returns the memory
    after, and a mapping with

        "pi_logits"    {"buttons": (batch, time, 1, 8641), "camera": (batch, time, 1, 121)}, logits
        "exist"        optional, (batch, time, 1), logit that the target is in view
        "point"        optional, (batch, time, 2), where: the row's and the column's share of the picture

    `initial_state(n)` is the memory of n episodes that have not begun: tensors (n, ...). A model may say how
    memories are put together and taken apart with `merge_state(states)` and `split_state(state, count)`.
    """

    def forward(
        self, input: dict[str, Any], state: list[torch.Tensor], /
    ) -> tuple[Mapping[str, Any], Sequence[torch.Tensor]]: ...

    def initial_state(self, batch_size: int, /) -> Sequence[torch.Tensor]: ...


def fresh_state(model: MinePolicyModel) -> NetworkState:
    """The memory of one episode that has not begun."""
    return split_states(model, model.initial_state(1), 1)[0]


def merge_states(model: MinePolicyModel, states: Sequence[NetworkState]) -> list[torch.Tensor]:
    """Several episodes' memories as one, by the model's `merge_state`, else along the first dimension.

    The result shares no memory with `states`.
    """
    rows = [[tensor.clone() for tensor in state] for state in states]
    merge = getattr(model, "merge_state", None)
    if merge is not None:
        try:
            return list(merge(rows))
        except NotImplementedError:
            pass
    return [torch.cat(column) for column in zip(*rows, strict=True)]


def split_states(model: MinePolicyModel, state: Sequence[torch.Tensor], count: int) -> list[NetworkState]:
    """A batch's memory as `count` episodes' memories, which share nothing: the reverse of `merge_states`."""
    split = getattr(model, "split_state", None)
    if split is not None:
        try:
            return [tuple(tensor.clone() for tensor in row) for row in split(list(state), count)]
        except NotImplementedError:
            pass
    return [tuple(tensor[row : row + 1].clone() for tensor in state) for row in range(count)]
