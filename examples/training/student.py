"""The network as an actor in training: one decision at a time, without an archive."""

from __future__ import annotations

import torch

from examples.training.decisions import STEPS_PER_DECISION, TILTS_DEGREES, TURNS_DEGREES, Decision
from examples.training.network import CONTRACT, CrossViewNetwork
from examples.training.rollouts import MakeActor


class Student:
    """One episode of `network`, whose goal code is computed once."""

    def __init__(
        self, network: CrossViewNetwork, goal_image: torch.Tensor, goal_mask: torch.Tensor, interaction: int
    ) -> None:
        self._network, self._asked = network, torch.tensor([interaction])
        self._memory, self._course = (torch.zeros((1, *each.shape)) for each in CONTRACT.state[:2])
        with torch.inference_mode():
            self._code = network.goal_code(goal_image[None], goal_mask[None], self._asked)

    def decide(self, image: torch.Tensor) -> Decision:
        with torch.inference_mode():
            seen, _ = self._network.look(image[None], self._code)
            heads, self._memory = self._network.remember(seen, self._code, self._asked, self._course, self._memory)
        turn, tilt, pressed = torch.split(heads, self._network.outputs, dim=1)[:3]
        drawn = int(self._network.drawn_turn(turn, image[None]))
        return Decision(drawn, int(tilt.argmax()), (pressed[0] > 0).numpy())

    def note(self, done: Decision) -> None:
        moved = torch.tensor([[1.0, TURNS_DEGREES[done.turn], TILTS_DEGREES[done.tilt]]])
        self._course = self._course + moved * STEPS_PER_DECISION


def student(network: CrossViewNetwork) -> MakeActor:
    """What plays an episode with `network`."""
    return lambda goal_image, goal_mask, interaction: Student(network, goal_image, goal_mask, interaction)
