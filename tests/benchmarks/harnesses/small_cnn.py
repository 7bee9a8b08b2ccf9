"""The network to measure with: the three convolutions of DQN (Mnih et al. 2015) on 112x112, whatever is asked for.

What it gives is rounded to steps far wider than the last bits in which batch sizes differ, so that every harness
takes the same actions. It walks and turns but never acts on anything, so that every episode lasts to its limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from evalsuite.crossview.spaces import BUTTONS, Action
from evalsuite.policies.checkpoints import save_torchscript
from evalsuite.policies.torch_policy import ModelContract, resized_picture

SIZE = (112, 112)
CAMERA_STEP_DEGREES = 5.0


class SmallCNN(nn.Module):
    """Keeps the contract of `evalsuite.policies.torch_policy`; looks at the agent's own view only."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 32, kernel_size=8, stride=4, padding=4),
            nn.ReLU(),
            nn.Conv2d(32, 64, kernel_size=4, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(64, 64, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64 * 15 * 15, 512),
            nn.ReLU(),
        )
        self.buttons = nn.Linear(512, len(BUTTONS))
        self.camera = nn.Linear(512, 2)

    def forward(self, image: Tensor, goal_image: Tensor, goal_mask: Tensor, interaction: Tensor) -> dict[str, Tensor]:
        code = self.body(image.permute(0, 3, 1, 2).float() / 255.0)
        buttons = torch.round(80.0 * self.buttons(code)) + 0.5
        buttons[:, 7:] = -1.0
        return {"buttons": buttons, "camera": 5.0 * torch.round(2.0 * torch.tanh(20.0 * self.camera(code)))}


def save_small_cnn(path: Path, batch: int) -> None:
    """The network, from fixed weights, as a TorchScript archive that always computes `batch` rows."""
    torch.manual_seed(0)
    save_torchscript(SmallCNN().eval(), ModelContract(image_size=SIZE, batch=batch), path)


class BareCaller:
    """Calls the network with as many pictures as there are, without anything that a harness needs around it."""

    def __init__(self, path: Path) -> None:
        torch.set_num_threads(1)
        self._model: Any = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]
        self._unused: dict[int, list[Tensor]] = {}

    def __call__(self, pictures: Sequence[NDArray[np.uint8]]) -> list[Action]:
        rows = len(pictures)
        if rows not in self._unused:
            goal, mask = torch.zeros((rows, *SIZE, 3), dtype=torch.uint8), torch.zeros((rows, *SIZE), dtype=torch.uint8)
            self._unused[rows] = [goal, mask, torch.zeros(rows, dtype=torch.int64)]
        image = torch.stack([resized_picture(each, SIZE) for each in pictures])
        with torch.inference_mode():
            answer = self._model(image, *self._unused[rows])
        buttons, camera = (answer["buttons"] > 0).tolist(), answer["camera"].numpy()
        return [
            {**{name: int(down) for name, down in zip(BUTTONS, pressed, strict=True)}, "camera": camera[row].copy()}
            for row, pressed in enumerate(buttons)
        ]
