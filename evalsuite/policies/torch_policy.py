"""A torch model as a policy, and the contract that the model keeps.

The model is any callable, exported or not, with

    forward(image, goal_image, goal_mask, interaction, *state) -> dict of tensors

over B rows, one row an episode, where (h, w) is the contract's `image_size`:

    image         uint8 (B, h, w, 3), RGB, what the agent sees, resized
    goal_image    uint8 (B, h, w, 3), RGB, the goal view, resized
    goal_mask     uint8 (B, h, w), 1 on the target in the goal view, resized so that it never vanishes
    interaction   int64 (B,), an index into `evalsuite.crossview.INTERACTIONS`
    state         one tensor (B, *shape) for each entry of the contract's `state`; zeros at the start

and it returns

    "buttons"     float (B, 9), logits in the order of `evalsuite.crossview.BUTTONS`
    "camera"      float (B, 2), [pitch, yaw] in degrees for this step, + looks down and + turns right
    "state_0", "state_1", ...   the next state, each with the dtype and shape it came in
    "visible"     optional, float (B,), logit that the target is in view now
    "point"       optional, float (B, 2), where it is: x and y as shares of the picture's width and height

All memory is in the state; a model that keeps some in itself is refused. An archive carries its contract as
the extra file `evalsuite.json`, which is `ModelContract` in JSON.

The model always runs at one batch size, `batch`, on zero-padded rows. On CPU the last bits of a row depend on
the batch size (torch picks other kernels), so that a recurrent policy would act otherwise with more episodes
beside it. At a fixed size they do not depend on the other rows, and at 1 and at multiples of 4 not on the row's
place either (they do at 2, 3, 5, 6 and 7): so no other size is taken, and `evalsuite.testing.PolicyConformance`
checks it for a model. Measured with the small network of this package, torch 2.13, one core: at a batch of 1,
eight rows take about 2.5 times as long as one batch of 8; at a batch of 8, a lone row takes about 3.4 times as
long as at 1. Hence 1 is the default.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from evalsuite.crossview.spaces import BUTTONS, Action, Observation
from evalsuite.errors import PolicyFault, UsageError
from evalsuite.policies.policy import State
from evalsuite.seeding import Dice

Model = Callable[..., Mapping[str, torch.Tensor]]

_Side = Annotated[int, Field(ge=8, le=4096)]
_Extent = Annotated[int, Field(ge=1, le=1_000_000)]


class StateTensor(BaseModel):
    """One tensor of a model's memory, without the batch dimension."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dtype: Literal["float32", "int64", "uint8", "bool"] = "float32"
    shape: Annotated[tuple[_Extent, ...], Field(max_length=8)]


class ModelContract(BaseModel):
    """What a model needs to be told to be run.

    Args:
        image_size: (height, width) of the pictures it takes, in pixels.
        state: its memory.
        sample: False presses a button when its logit is above 0; True draws each button from the sigmoid of
            its logit, from the episode's seed and the step alone.
        batch: how many rows it is always run with: 1 or a multiple of 4.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    image_size: tuple[_Side, _Side]
    state: Annotated[tuple[StateTensor, ...], Field(max_length=64)] = ()
    sample: bool = False
    batch: Annotated[int, Field(ge=1, le=256)] = 1

    @field_validator("batch")
    @classmethod
    def _gives_each_row_the_same_kernel(cls, batch: int) -> int:
        if batch != 1 and batch % 4:
            raise ValueError("a batch is 1 or a multiple of 4: at other sizes a row's result depends on its place")
        return batch


@dataclass(frozen=True)
class SmallGoal:
    """A goal view as the model takes it, and the arrays that it was made from."""

    goal_image: NDArray[np.uint8]
    goal_mask: NDArray[np.uint8]
    small_image: torch.Tensor
    small_mask: torch.Tensor

    def is_of(self, seen: Observation) -> bool:
        """Whether `seen` shows the very same goal view, in arrays that nobody may have written to since."""
        same = seen["goal_image"] is self.goal_image and seen["goal_mask"] is self.goal_mask
        return same and not (self.goal_image.flags.writeable or self.goal_mask.flags.writeable)


@dataclass(frozen=True)
class Memory:
    """An episode's state.

    Args:
        tensors: the model's, without the batch dimension.
        seed: the episode's.
        step: how many actions were chosen.
        goal: of the step before: it seldom changes, and making it small costs as much as the agent's own view.
    """

    tensors: tuple[NDArray[Any], ...]
    seed: int
    step: int
    goal: SmallGoal | None = None


class TorchPolicy:
    """Runs a model under its contract, on the CPU, without gradients.

    torch is told to use one thread unless OMP_NUM_THREADS says otherwise: the number of threads may change
    the last bits of a result, and the other cores are the simulators'.

    Raises:
        UsageError: the model does not keep the contract on a blank picture.
    """

    def __init__(self, model: Model, contract: ModelContract) -> None:
        self._model = model
        self._contract = contract
        if "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(1)
        self._try_out()

    @property
    def batch(self) -> int:
        """How many rows it always computes."""
        return self._contract.batch

    def initial_state(self, seed: int = 0) -> State:
        zeros = tuple(np.zeros(each.shape, each.dtype) for each in self._contract.state)
        return Memory(zeros, seed, 0)

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        actions: list[Action] = []
        after: list[State] = []
        for first in range(0, len(observations), self._contract.batch):
            group = slice(first, first + self._contract.batch)
            goals = [self._goal(seen, state) for seen, state in zip(observations[group], states[group], strict=True)]
            answer = self._run(observations[group], states[group], goals)
            for row, (seen, state, goal) in enumerate(zip(observations[group], states[group], goals, strict=True)):
                actions.append(self._action(answer, row, seen, state))
                after.append(self._next(answer, row, state, goal))
        return actions, after

    def _goal(self, seen: Observation, memory: Memory) -> SmallGoal:
        if memory.goal is not None and memory.goal.is_of(seen):
            return memory.goal
        size, image, mask = self._contract.image_size, seen["goal_image"], seen["goal_mask"]
        return SmallGoal(image, mask, resized_picture(image, size), resized_mask(mask, size))

    def _run(
        self, observations: Sequence[Observation], memories: Sequence[Memory], goals: Sequence[SmallGoal]
    ) -> dict[str, NDArray[Any]]:
        rows, size = self._contract.batch, self._contract.image_size
        image = torch.zeros((rows, *size, 3), dtype=torch.uint8)
        goal_image = torch.zeros((rows, *size, 3), dtype=torch.uint8)
        goal_mask = torch.zeros((rows, *size), dtype=torch.uint8)
        interaction = torch.zeros(rows, dtype=torch.int64)
        state = [torch.zeros((rows, *each.shape), dtype=getattr(torch, each.dtype)) for each in self._contract.state]
        for row, (seen, memory, goal) in enumerate(zip(observations, memories, goals, strict=True)):
            image[row] = resized_picture(seen["image"], size)
            goal_image[row], goal_mask[row] = goal.small_image, goal.small_mask
            interaction[row] = int(seen["interaction"])
            for column, tensor in zip(state, memory.tensors, strict=True):
                column[row] = torch.from_numpy(tensor)
        try:
            with torch.inference_mode():
                answer = self._model(image, goal_image, goal_mask, interaction, *state)
        except Exception as error:
            raise PolicyFault(f"the model failed: {_one_line(error)}") from error
        return self._checked(answer)

    def _checked(self, answer: object) -> dict[str, NDArray[Any]]:
        if not isinstance(answer, Mapping):
            raise PolicyFault(f"the model returned a {type(answer).__name__}, expected a dict of tensors")
        rows = self._contract.batch
        wanted: dict[str, tuple[int, ...]] = {"buttons": (rows, len(BUTTONS)), "camera": (rows, 2)}
        wanted |= {f"state_{index}": (rows, *each.shape) for index, each in enumerate(self._contract.state)}
        optional: dict[str, tuple[int, ...]] = {"visible": (rows,), "point": (rows, 2)}
        wanted |= {name: shape for name, shape in optional.items() if name in answer}
        if unknown := sorted(set(answer) - set(wanted)):
            raise PolicyFault(f"the model returned the unknown output {unknown[0]!r}; expected {', '.join(wanted)}")
        result: dict[str, NDArray[Any]] = {}
        for name, shape in wanted.items():
            tensor = answer.get(name)
            if not isinstance(tensor, torch.Tensor):
                raise PolicyFault(f"the model returned no tensor {name!r}")
            if tuple(tensor.shape) != shape:
                raise PolicyFault(f"the model's {name!r} has shape {tuple(tensor.shape)}, expected {shape}")
            result[name] = self._array(name, tensor)
        return result

    def _array(self, name: str, tensor: torch.Tensor) -> NDArray[Any]:
        if name.startswith("state_"):
            dtype = self._contract.state[int(name.removeprefix("state_"))].dtype
            if str(tensor.dtype) != f"torch.{dtype}":
                raise PolicyFault(f"the model's {name!r} is {tensor.dtype}, expected torch.{dtype}")
            array: NDArray[Any] = tensor.numpy().copy()
        else:
            array = tensor.to(torch.float64).numpy()
        if not np.isfinite(array).all():
            raise PolicyFault(f"the model's {name!r} is not finite")
        return array

    def _action(self, answer: Mapping[str, NDArray[Any]], row: int, seen: Observation, memory: Memory) -> Action:
        logits = answer["buttons"][row]
        if self._contract.sample:
            dice = Dice("torch policy", memory.seed, memory.step)
            pressed = [dice.uniform() < _sigmoid(float(logit)) for logit in logits]
        else:
            pressed = (logits > 0).tolist()
        action: Action = {name: int(down) for name, down in zip(BUTTONS, pressed, strict=True)}
        action["camera"] = answer["camera"][row].astype(np.float32)
        if "visible" in answer:
            prediction: dict[str, Any] = {"visible": _sigmoid(float(answer["visible"][row]))}
            if "point" in answer:
                height, width = seen["image"].shape[:2]
                x, y = answer["point"][row]
                prediction["point"] = (float(x * width), float(y * height))
            action["prediction"] = prediction
        return action

    def _next(self, answer: Mapping[str, NDArray[Any]], row: int, memory: Memory, goal: SmallGoal) -> Memory:
        tensors = tuple(answer[f"state_{index}"][row, ...].copy() for index in range(len(memory.tensors)))
        return Memory(tensors, memory.seed, memory.step + 1, goal)

    def _try_out(self) -> None:
        height, width = self._contract.image_size
        blank: Observation = {
            "image": np.zeros((height, width, 3), np.uint8),
            "goal_image": np.zeros((height, width, 3), np.uint8),
            "goal_mask": np.zeros((height, width), np.uint8),
            "interaction": 0,
        }
        start = self.initial_state()
        try:
            first, second = (self._run([blank], [start], [self._goal(blank, start)]) for _ in range(2))
        except PolicyFault as fault:
            raise UsageError(f"{fault}; the contract is in evalsuite/policies/torch_policy.py") from fault
        changed = [name for name in first if not np.array_equal(first[name], second[name])]
        if changed:
            raise UsageError(
                f"the model's {changed[0]!r} differs between two calls with the same input: call .eval() before "
                f"exporting, and keep all memory in the state it is given"
            )


def resized_picture(picture: NDArray[np.uint8], size: tuple[int, int]) -> torch.Tensor:
    """uint8 (height, width, 3) -> uint8 (*size, 3), bilinear with antialiasing, not keeping the aspect ratio."""
    if picture.shape[:2] == size:
        return torch.from_numpy(picture.copy())
    # Where the row's dimension comes before the permutation, torch keeps the channels last: that takes half the time,
    # and the picture, which is copied at every step, lies in one piece.
    channels_first = torch.from_numpy(picture.copy())[None].permute(0, 3, 1, 2)
    small = torch.nn.functional.interpolate(channels_first, size=size, mode="bilinear", antialias=True)
    return small[0].permute(1, 2, 0)


def resized_mask(mask: NDArray[np.uint8], size: tuple[int, int]) -> torch.Tensor:
    """uint8 0/1 (height, width) -> uint8 0/1 `size`: 1 where any pixel under the cell is 1."""
    if mask.shape == size:
        return torch.from_numpy(mask.copy())
    small = torch.nn.functional.adaptive_max_pool2d(torch.from_numpy(mask.astype(np.float32))[None, None], size)
    return small[0, 0].to(torch.uint8)


def _sigmoid(logit: float) -> float:
    return 0.5 * (1.0 + float(np.tanh(0.5 * logit)))


def _one_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1] if lines else ''}"[:300]
