"""The network as an actor in training: one decision at a time, without an archive."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from evalsuite.crossview import Observation
from evalsuite.policies.torch_policy import resized_mask, resized_picture
from examples.training.decisions import STEPS_PER_DECISION, TILTS_DEGREES, TURNS_DEGREES, Decision
from examples.training.network import STATE, CrossViewNetwork, image_size
from examples.training.rollouts import MakeActor


class Student:
    """One episode of `network`, whose goal code is computed once."""

    def __init__(self, network: CrossViewNetwork, first: Observation) -> None:
        self._network, self._asked = network, torch.tensor([int(first["interaction"])])
        self._memory, self._course = (torch.zeros((1, *each.shape)) for each in STATE[:2])
        self._size = image_size(network)
        goal_image = resized_picture(first["goal_image"], self._size)
        goal_mask = resized_mask(first["goal_mask"], self._size)
        with torch.inference_mode():
            self._code = network.goal_code(goal_image[None], goal_mask[None], self._asked)
        self._seen: list[torch.Tensor] = []

    @property
    def code(self) -> NDArray[np.float32]:
        return self._code[0].numpy()

    @property
    def seen(self) -> NDArray[np.float32]:
        return torch.cat(self._seen).numpy()

    def decide(self, observation: Observation) -> Decision:
        image = resized_picture(observation["image"], self._size)[None]
        with torch.inference_mode():
            seen = self._network.look(image, self._code)
            heads, self._memory = self._network.remember(seen, self._code, self._asked, self._course, self._memory)
        self._seen.append(seen)
        turn, tilt, pressed = torch.split(heads, self._network.outputs, dim=1)[:3]
        drawn = int(self._network.drawn_turn(turn, image))
        return Decision(drawn, int(tilt.argmax()), (pressed[0] > 0).numpy())

    def note(self, done: Decision) -> None:
        moved = torch.tensor([[1.0, TURNS_DEGREES[done.turn], TILTS_DEGREES[done.tilt]]])
        self._course = self._course + moved * STEPS_PER_DECISION


def student(network: CrossViewNetwork) -> MakeActor:
    """What plays an episode with `network`."""
    return partial(Student, network)
