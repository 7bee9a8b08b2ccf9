"""A small cross-view network: two convolutional encoders and a GRU. An example and a baseline, not an agent."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from evalsuite.crossview.spaces import BUTTONS, INTERACTIONS
from evalsuite.policies.torch_policy import ModelContract, StateTensor, TorchPolicy

IMAGE_SIZE = (112, 112)
MEMORY = 128

CONTRACT = ModelContract(image_size=IMAGE_SIZE, state=(StateTensor(shape=(MEMORY,)),), sample=True)
"""Buttons are sampled; one GRU state of 128 numbers."""


class SmallNetwork(nn.Module):
    """Keeps the contract of `evalsuite.policies.torch_policy`, the optional outputs included.

    The agent's view and the goal view with its mask as a fourth channel go through an encoder each; both
    codes and an embedding of the interaction feed a GRU cell, whose state drives the heads.
    """

    def __init__(self) -> None:
        super().__init__()
        self.view_encoder = _encoder(channels=3)
        self.goal_encoder = _encoder(channels=4)
        self.interactions = nn.Embedding(len(INTERACTIONS), 16)
        self.memory = nn.GRUCell(2 * MEMORY + 16, MEMORY)
        self.buttons = nn.Linear(MEMORY, len(BUTTONS))
        self.camera = nn.Linear(MEMORY, 2)
        self.visible = nn.Linear(MEMORY, 1)
        self.point = nn.Linear(MEMORY, 2)

    def forward(
        self, image: Tensor, goal_image: Tensor, goal_mask: Tensor, interaction: Tensor, state: Tensor
    ) -> dict[str, Tensor]:
        view = image.permute(0, 3, 1, 2).float() / 255.0
        goal = torch.cat([goal_image.permute(0, 3, 1, 2).float() / 255.0, goal_mask.unsqueeze(1).float()], dim=1)
        codes = [self.view_encoder(view), self.goal_encoder(goal), self.interactions(interaction)]
        memory = self.memory(torch.cat(codes, dim=1), state)
        return {
            "buttons": self.buttons(memory),
            "camera": torch.tanh(self.camera(memory)) * 10.0,
            "visible": self.visible(memory).squeeze(1),
            "point": torch.sigmoid(self.point(memory)),
            "state_0": memory,
        }


def build(seed: int = 0) -> SmallNetwork:
    """The network with weights drawn from `seed`, in evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return SmallNetwork().eval()


def untrained(seed: int = 0) -> TorchPolicy:
    """Factory of the policy with random weights: what a torch checkpoint costs, and what chance scores."""
    return TorchPolicy(build(seed), CONTRACT)


def _encoder(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, 16, kernel_size=8, stride=4),
        nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=4, stride=2),
        nn.ReLU(),
        nn.Conv2d(32, 32, kernel_size=3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 5 * 5, MEMORY),
        nn.ReLU(),
    )
