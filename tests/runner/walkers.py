"""Checkpoints for the grid world: a network that walks straight ahead, or has not learnt to."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from evalsuite.policies.checkpoints import save_torchscript
from evalsuite.policies.torch_policy import ModelContract
from evalsuite.suite.scenario import Suite
from tests.worlds.grid_world import grid_scenario, grid_suite


class Walker(nn.Module):
    def __init__(self, *, walks: bool) -> None:
        super().__init__()
        self.register_buffer("logits", torch.full((9,), -1.0))
        self.logits: Tensor
        self.logits[0] = 1.0 if walks else -1.0

    def forward(self, image: Tensor, goal_image: Tensor, goal_mask: Tensor, interaction: Tensor) -> dict[str, Tensor]:
        rows = image.shape[0]
        return {"buttons": self.logits.unsqueeze(0).repeat(rows, 1), "camera": torch.zeros(rows, 2)}


def save_walker(path: Path, *, walks: bool) -> None:
    """Write one that reaches what is straight ahead, if it walks at all."""
    path.parent.mkdir(exist_ok=True)
    save_torchscript(Walker(walks=walks), ModelContract(image_size=(8, 8)), path)


def walkers_suite(*, steps: int = 40, slow: bool = False) -> Suite:
    """Two scenarios that a walker solves in 40 steps, and one that it does not."""
    level = {"faults": [{"at_step": 1, "attempts": 1, "kind": "slow"}]} if slow else None
    places = {"near": (4.0, 12.0), "far": (4.0, 14.0), "aside": (12.0, 14.0)}
    return grid_suite(
        *(grid_scenario(name, target=place, max_steps=steps, level=level) for name, place in places.items())
    )
