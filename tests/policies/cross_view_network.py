"""A small network with random weights that speaks the interface of ROCKET-2 and ROCKET-3, for the tests alone.

Inputs, outputs and memory have the names and shapes that evalsuite/policies/mine_policy.py states; what lies between
is only made so that every input matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from evalsuite.policies.minestudio_observations import PREVIOUS_KEYS

WIDTH = 16
WINDOW = 5
BLOCKS = 4


class CrossViewNetwork(nn.Module):
    """Four blocks attend over their last five moments: a mask, keys and values each, 12 tensors in all.

    Like the published networks it also keeps what is no memory in itself, and it spoils the tensors it is given.
    """

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.width = width
        self.view = _encoder(3, width)
        self.goal = _encoder(4, width)
        self.event = nn.Embedding(10, width)
        self.keys = nn.ModuleList([nn.Embedding(2, width) for _ in PREVIOUS_KEYS])
        self.turn = nn.Linear(2, width)
        self.blocks = nn.ModuleList([nn.Linear(width, 3 * width) for _ in range(BLOCKS)])
        self.pi_head = nn.ModuleDict({"buttons": nn.Linear(width, 8641), "camera": nn.Linear(width, 121)})
        self.value_head = nn.Linear(width, 1)
        self.aux = nn.Linear(width, 7)

    def forward(self, input: dict[str, Any], memory: list[Tensor] | None = None) -> tuple[dict[str, Any], list[Tensor]]:
        batch, time = input["image"].shape[:2]
        assert time == 1
        goal = input["cross_view"]
        assert goal["cross_view_obj_mask"].shape == (batch, 1, 224, 224)
        picture = torch.cat([goal["cross_view_image"], goal["cross_view_obj_mask"][..., None] * 255], dim=-1)
        code = self.view(_channels_first(input["image"])) + self.goal(_channels_first(picture))
        code = code + self.event(goal["cross_view_obj_id"][:, 0] + 1)
        previous = input["env_prev_action"]
        code = code + self.turn(previous["camera"][:, 0])
        for name, embed in zip(PREVIOUS_KEYS, self.keys, strict=True):
            code = code + embed(previous[name][:, 0])
        input["image"].zero_()
        goal["cross_view_obj_mask"].zero_()
        memory = self.initial_state(batch) if memory is None else memory
        after: list[Tensor] = []
        for index, block in enumerate(self.blocks):
            mask, keys, values = memory[3 * index : 3 * index + 3]
            query, key, value = block(code).split(self.width, dim=-1)
            mask = torch.cat([mask[:, :, 1:], torch.ones_like(mask[:, :, :1])], dim=-1)
            keys, values = (torch.cat([old[:, 1:], new[:, None]], dim=1) for old, new in ((keys, key), (values, value)))
            scores = (keys @ query[..., None])[..., 0].masked_fill(~mask[:, 0], -1e9)
            code = torch.tanh(code + (scores.softmax(dim=-1)[:, None] @ values)[:, 0])
            after += [mask, keys, values]
        logits = {name: (head(code) * 8.0).log_softmax(dim=-1)[:, None, None] for name, head in self.pi_head.items()}
        aux = self.aux(code)[:, None]
        self.vpred = self.value_head(code)
        latents = {"pi_logits": logits, "vpred": self.vpred, "exist": aux[..., :1]}
        return {**latents, "point": aux[..., 1:3].sigmoid(), "bbox": aux[..., 3:]}, after

    def initial_state(self, batch_size: int | None = None) -> list[Tensor]:
        count = batch_size or 1
        block = [torch.zeros(count, 1, WINDOW, dtype=torch.bool), *torch.zeros(2, count, WINDOW, self.width)]
        state = [tensor.clone() for _ in range(BLOCKS) for tensor in block]
        return state if batch_size else [tensor[0] for tensor in state]

    def merge_state(self, states: Sequence[Any]) -> list[Tensor]:
        raise NotImplementedError

    def split_state(self, state: Sequence[Tensor], count: int) -> list[Any]:
        raise NotImplementedError


class MergingNetwork(CrossViewNetwork):
    """Says itself how memories go together, in a way of its own: an episode's has no batch dimension."""

    def merge_state(self, states: Sequence[Any]) -> list[Tensor]:
        return [torch.stack([state[index] for state in states]) for index in range(len(states[0]))]

    def split_state(self, state: Sequence[Tensor], count: int) -> list[Any]:
        return [[tensor[row] for tensor in state] for row in range(count)]


def build(kind: type[CrossViewNetwork] = CrossViewNetwork, seed: int = 0) -> CrossViewNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return kind().eval()


def _channels_first(picture: Tensor) -> Tensor:
    return picture[:, 0].permute(0, 3, 1, 2).float() / 255.0


def _encoder(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, 8, kernel_size=16, stride=16), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 14 * 14, width)
    )
