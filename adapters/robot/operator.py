"""The person in the loop: what they are asked, and what they can say at any time.

Nothing that an operator is handed names or hints at the policy.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.geometry import Point, Pose

Picture = NDArray[np.uint8]
"""RGB uint8 (height, width, 3)."""

THUMBNAIL_WIDTH = 64

Signal = Literal["stop", "reached"]
"""What an operator may say unasked: an emergency stop, or that the goal is reached."""


@dataclass(frozen=True)
class Instruction:
    """What has to stand where before an episode.

    Args:
        scenario: its id.
        start: where the robot's eye has to be, and where it looks.
        target: where the middle of the target has to be.
        kind: what the target is.
        text: lines for a person.
        problem: what was not right with the last setting; empty at first.
        goal: the goal view with its mask drawn in, small; None when it is taken later.
        room: address of a rehearsal's room, where things can be moved; empty in a real one.
    """

    scenario: str
    start: Pose
    target: Point
    kind: str
    text: tuple[str, ...]
    problem: str = ""
    goal: Picture | None = None
    room: str = ""


@dataclass(frozen=True)
class Ready:
    """Everything stands where it should."""


@dataclass(frozen=True)
class Stopped:
    """Not this episode, not now: it is put back in the queue."""

    reason: str


class Operator(Protocol):
    """Whoever sets up episodes. The three questions wait for an answer, until `dismiss`."""

    def attach(self, signal: Callable[[Signal, str], None]) -> None:
        """Where to hand what is said unasked, with a reason."""

    def prepare(self, instruction: Instruction) -> Ready | Stopped:
        """Set the robot and the target, and say when it is done."""

    def verdict(self, question: str, room: str) -> bool | None:
        """Yes, no, or None for "can't tell"."""

    def tell(self, text: str) -> None:
        """Something to know; no answer."""

    def show(self, picture: Picture) -> None:
        """The robot's picture now, small."""

    def dismiss(self) -> None:
        """Nobody waits for an answer any more."""


def thumbnail(picture: Picture) -> Picture:
    """The picture at `THUMBNAIL_WIDTH`, its height in proportion and even, averaged over whole pixels."""
    height, width = picture.shape[:2]
    columns = min(THUMBNAIL_WIDTH, width)
    rows = max(2, round(height * columns / width / 2) * 2)
    down, across = max(1, height // rows), max(1, width // columns)
    cut = picture[: rows * down, : columns * across]
    small = cut.reshape(cut.shape[0] // down, down, cut.shape[1] // across, across, 3)
    return np.asarray(small.mean(axis=(1, 3)), np.uint8)


def marked(image: Picture, mask: NDArray[np.uint8]) -> Picture:
    """The picture with everything but the masked darkened."""
    return np.where(mask[..., None].astype(bool), image, image // 3).astype(np.uint8)


def instruction_message(instruction: Instruction) -> dict[str, Any]:
    """As plain data."""
    return {
        "scenario": instruction.scenario,
        "start": instruction.start.model_dump(),
        "target": list(instruction.target),
        "kind": instruction.kind,
        "text": list(instruction.text),
        "problem": instruction.problem,
        "goal": None if instruction.goal is None else picture_message(instruction.goal),
        "room": instruction.room,
    }


def read_instruction(message: dict[str, Any]) -> Instruction:
    """From plain data."""
    x, y, z = message["target"]
    return Instruction(
        scenario=message["scenario"],
        start=Pose.model_validate(message["start"]),
        target=(x, y, z),
        kind=message["kind"],
        text=tuple(message["text"]),
        problem=message["problem"],
        goal=None if message["goal"] is None else read_picture(message["goal"]),
        room=message["room"],
    )


def picture_message(picture: Picture) -> dict[str, Any]:
    """A small picture as plain data."""
    return {"shape": list(picture.shape), "bytes": base64.b64encode(np.ascontiguousarray(picture).tobytes()).decode()}


def read_picture(message: dict[str, Any]) -> Picture:
    """A small picture from plain data."""
    height, width, channels = message["shape"]
    return np.frombuffer(base64.b64decode(message["bytes"]), np.uint8).reshape(height, width, channels)
