"""A network that speaks MineStudio's policy interface, ROCKET-2 and ROCKET-3 among them, as a policy.

It is run as `evalsuite.policies.torch_policy` runs its models, for the reasons given there: always at one batch
size, on one thread unless OMP_NUM_THREADS says otherwise, with a row of zeros where there is no episode.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from evalsuite.crossview.spaces import Action, Observation, noop_action
from evalsuite.errors import PolicyFault, UsageError
from evalsuite.policies.mine_policy import MinePolicyModel, NetworkState, fresh_state, merge_states, split_states
from evalsuite.policies.minestudio_actions import BUTTON_CHOICES, CAMERA_CHOICES, action_from_env, env_from_agent
from evalsuite.policies.minestudio_observations import SIZE, batched, network_input, zeros_like
from evalsuite.policies.policy import State
from evalsuite.seeding import Dice

_HEADS = {"buttons": BUTTON_CHOICES, "camera": CAMERA_CHOICES}
_AUXILIARY = {"exist": 1, "point": 2}

Row = dict[str, NDArray[np.float64]]
"""The heads' outputs for one episode, flat."""


@dataclass(frozen=True)
class RocketMemory:
    """An episode's state.

    Args:
        network: the network's memory; None before the first step.
        previous: our action of the step before; at the start the one that does nothing.
        seed: the episode's.
        step: how many actions were chosen.
        dropped: how many keys were chosen so far that our action space lacks (inventory, drop, hotbar).
    """

    network: NetworkState | None
    previous: Action
    seed: int
    step: int
    dropped: int


class MinePolicyWrapper:
    """Shows a model our observations in MineStudio's terms, and gives its choices as our actions.

    The `exist` and `point` outputs, where there are any, become the action's `prediction`: the probability that
    the target is in view, and where, in pixels of the picture that was shown. The network is told the action
    before as it was handed on, without the keys that were dropped.

    Args:
        deterministic: take the likeliest action; otherwise one is drawn from the whole distribution, by the
            episode's seed and the step alone (the networks' own sampling takes from one stream for all rows).
        batch: how many rows it is always run with: 1 or a multiple of 4.

    Raises:
        UsageError: the model does not keep the interface on a blank picture.
    """

    def __init__(
        self,
        model: MinePolicyModel,
        *,
        deterministic: bool = False,
        batch: int = 1,
        device: torch.device | None = None,
    ) -> None:
        self._model = model
        self._deterministic = deterministic
        self._batch = batch
        self._device = device or torch.device("cpu")
        if "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(1)
        self._try_out()

    @property
    def batch(self) -> int:
        """How many rows it always computes."""
        return self._batch

    def initial_state(self, seed: int = 0) -> State:
        return RocketMemory(None, noop_action(), seed, 0, 0)

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        actions: list[Action] = []
        after: list[State] = []
        for first in range(0, len(observations), self._batch):
            group = slice(first, first + self._batch)
            for seen, memory, (outputs, network) in zip(
                observations[group], states[group], self._run(observations[group], states[group]), strict=True
            ):
                action, dropped = self._action(outputs, memory)
                after.append(RocketMemory(network, action, memory.seed, memory.step + 1, memory.dropped + dropped))
                actions.append({**action, **_prediction(outputs, seen)})
        return actions, after

    def _run(
        self, observations: Sequence[Observation], memories: Sequence[RocketMemory]
    ) -> list[tuple[Row, NetworkState]]:
        rows = [network_input(seen, memory.previous) for seen, memory in zip(observations, memories, strict=True)]
        blank = [zeros_like(rows[0])] * (self._batch - len(rows))
        try:
            with torch.inference_mode():
                held = [memory.network or fresh_state(self._model) for memory in memories]
                held += [fresh_state(self._model) for _ in blank]
                answer = self._model.forward(batched(rows + blank, self._device), merge_states(self._model, held))
                outputs = self._checked(answer)
                networks = split_states(self._model, answer[1], self._batch)
        except PolicyFault:
            raise
        except Exception as error:
            raise PolicyFault(f"the network failed: {_one_line(error)}") from error
        return [({name: each[row] for name, each in outputs.items()}, networks[row]) for row in range(len(rows))]

    def _checked(self, answer: tuple[Mapping[str, Any], Sequence[torch.Tensor]]) -> Row:
        latents = answer[0]
        tensors = {name: latents["pi_logits"].get(name) for name in _HEADS}
        tensors |= {name: latents[name] for name in _AUXILIARY if name in latents}
        outputs: Row = {}
        for name, tensor in tensors.items():
            width = (_HEADS | _AUXILIARY)[name]
            if not isinstance(tensor, torch.Tensor) or tensor.numel() != self._batch * width:
                shape = tuple(tensor.shape) if isinstance(tensor, torch.Tensor) else type(tensor).__name__
                raise PolicyFault(f"the network's {name!r} is {shape}, expected {width} numbers for each episode")
            outputs[name] = tensor.to("cpu", torch.float64).reshape(self._batch, width).numpy()
            if not np.isfinite(outputs[name]).all():
                raise PolicyFault(f"the network's {name!r} is not finite")
        return outputs

    def _action(self, outputs: Row, memory: RocketMemory) -> tuple[Action, int]:
        dice = Dice("rocket policy", memory.seed, memory.step)
        chosen = {
            name: int(np.argmax(outputs[name])) if self._deterministic else _drawn(outputs[name], dice)
            for name in _HEADS
        }
        return action_from_env(env_from_agent([chosen["buttons"]], [chosen["camera"]]), 0)

    def _try_out(self) -> None:
        blank: Observation = {
            "image": np.zeros((SIZE, SIZE, 3), np.uint8),
            "goal_image": np.zeros((SIZE, SIZE, 3), np.uint8),
            "goal_mask": np.zeros((SIZE, SIZE), np.uint8),
            "interaction": 0,
        }
        try:
            first, second = (self._run([blank], [self.initial_state()])[0][0] for _ in range(2))
        except PolicyFault as fault:
            raise UsageError(f"{fault}; the interface is in evalsuite/policies/mine_policy.py") from fault
        changed = [name for name in first if not np.array_equal(first[name], second[name])]
        if changed:
            raise UsageError(
                f"the network's {changed[0]!r} differs between two calls with the same input: it must be in "
                f"evaluation mode and keep all memory in the state it is given"
            )


def _drawn(logits: NDArray[np.float64], dice: Dice) -> int:
    """An index with the probability that softmax gives it, by inverting the cumulative distribution."""
    cumulative = np.cumsum(np.exp(logits - logits.max()))
    return min(int(np.searchsorted(cumulative, dice.uniform() * cumulative[-1], side="right")), len(logits) - 1)


def _prediction(outputs: Row, seen: Observation) -> dict[str, Any]:
    if "exist" not in outputs:
        return {}
    prediction: dict[str, Any] = {"visible": 0.5 * (1.0 + float(np.tanh(0.5 * outputs["exist"][0])))}
    if "point" in outputs:
        height, width = seen["image"].shape[:2]
        row, column = outputs["point"]
        prediction["point"] = (float(column * width), float(row * height))
    return {"prediction": prediction}


def _one_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1] if lines else ''}"[:300]
