"""What a policy server and its clients say to each other.

The server begins with a `Hello`. From then on a client sends `Act`, and is answered with `Actions` for its rows in
their order. What a client wants the server to keep for it, an episode's state or a goal's picture, it gives a number
that it has not used before on this connection; the server keeps it until the client says that it may forget it, or
the connection ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationError, model_validator

from evalsuite import __version__
from evalsuite.crossview.spaces import INTERACTIONS, Observation, action_space, observation_space
from evalsuite.serving.codec import Malformed, decode, encode

PROTOCOL = 1

SELDOM_CHANGING = ("goal_image", "goal_mask")
"""The parts of an observation that are sent when they have changed, not at every step."""

PING_SECONDS = 20.0
"""Between two pings, which either side sends."""

SILENCE_SECONDS = 60.0
"""Without the answer to a ping, or with nothing read of what is sent, after which the other side counts as gone."""

Number = Annotated[int, Field(ge=0, lt=2**63)]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Hello(_Said):
    """Who serves which policy.

    Args:
        evalsuite: the version that runs the policy.
        spaces: as `spoken_spaces` gives them.
        label, reference, sha256: of the policy, as `PolicyReference` has them.
        batch: the one number of rows that its model is run with, if it has one.
    """

    type: Literal["hello"] = "hello"
    protocol: int = PROTOCOL
    evalsuite: str
    spaces: dict[str, Any]
    label: str
    reference: str
    sha256: str
    batch: int | None = None


class Kept(_Said):
    """An array that the server shall keep."""

    number: Number
    array: InstanceOf[np.ndarray]


class Row(_Said):
    """An episode's next observation.

    Args:
        seed: of an episode that begins.
        state: the number of the state that it goes on from.
        then: the number under which its next state is to be kept.
        observation: without what is in `kept`.
        kept: name -> number of an array that the server keeps.
    """

    seed: Number | None = None
    state: Number | None = None
    then: Number
    observation: dict[str, Any]
    kept: dict[str, Number] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _begins_or_goes_on(self) -> Row:
        if (self.seed is None) == (self.state is None):
            raise ValueError("a row has either a seed or a state")
        return self


class Act(_Said):
    """What to act on.

    Args:
        keep: arrays that rows, of this message or later ones, name by number.
        forget: numbers that will not be named again; taken first.
    """

    type: Literal["act"] = "act"
    keep: list[Kept] = Field(default_factory=list)
    rows: list[Row]
    forget: list[Number] = Field(default_factory=list)


class Answer(_Said):
    """One row's action, or what the policy did wrong in that row alone."""

    action: dict[str, Any] | None = None
    fault: str = ""


class Actions(_Said):
    """The answers to the rows of one `Act`."""

    type: Literal["actions"] = "actions"
    answers: list[Answer]


Message = TypeVar("Message", Hello, Act, Actions)


def written(message: Hello | Act | Actions) -> bytes:
    """`message` as it is sent."""
    return encode(message.model_dump())


def read(kind: type[Message], data: bytes | str) -> Message:
    """The message of this kind in `data`. Raises `Malformed`."""
    if isinstance(data, str):
        raise Malformed("text where a message was expected")
    content = decode(data)
    if kind is Hello and isinstance(content, Mapping) and content.get("type") == "hello":
        _check_same_language(content)
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(each) for each in first["loc"])
        raise Malformed(f"no {kind.__name__.lower()}: {place}: {first['msg']}"[:200]) from error


def _check_same_language(hello: Mapping[Any, Any]) -> None:
    """Raises `Malformed` before anything else is read: another version may say the rest otherwise."""
    if hello.get("protocol") != PROTOCOL:
        raise Malformed(
            f"it speaks version {hello.get('protocol')!r:.20} of the protocol (evalsuite "
            f"{hello.get('evalsuite')!r:.20}) and this side version {PROTOCOL} (evalsuite {__version__!r}): install "
            f"the same evalsuite on both"
        )


def spoken_spaces() -> dict[str, Any]:
    """The two spaces in plain words; a picture's height and width are None, since they are the world's."""
    pictures = observation_space(1, 1)
    return {
        "observation": {name: _described(space, any_size=True) for name, space in pictures.items()},
        "action": {name: _described(space, any_size=False) for name, space in action_space().items()},
        "interactions": list(INTERACTIONS),
    }


def _described(space: spaces.Space[Any], *, any_size: bool) -> dict[str, Any]:
    if isinstance(space, spaces.Discrete):
        return {"kind": "discrete", "n": int(space.n)}
    assert isinstance(space, spaces.Box)
    shape: list[int | None] = list(space.shape)
    if any_size:
        shape[:2] = [None, None]
    return {
        "kind": "box",
        "dtype": space.dtype.name,
        "shape": shape,
        "low": float(space.low.min()),
        "high": float(space.high.max()),
    }


def checked_observation(parts: Mapping[str, Any]) -> Observation:
    """`parts` as an observation of the space in `evalsuite.crossview.spaces`, at any size. Raises `Malformed`."""
    names = ("image", "goal_image", "goal_mask", "interaction")
    if set(parts) != set(names):
        raise Malformed(f"an observation has {', '.join(names)}; this one has {', '.join(sorted(parts))}"[:200])
    image, goal = _picture("image", parts["image"], 3), _picture("goal_image", parts["goal_image"], 3)
    mask = _picture("goal_mask", parts["goal_mask"], 2)
    if goal.shape[:2] != mask.shape:
        raise Malformed(f"the goal's picture is {goal.shape[:2]} and its mask {mask.shape}")
    if image.shape[2] != 3 or goal.shape[2] != 3 or mask.max() > 1:
        raise Malformed("a picture has three channels, and a mask 0 and 1 only")
    interaction = parts["interaction"]
    if type(interaction) is not int or not 0 <= interaction < len(INTERACTIONS):
        raise Malformed(f"there is no interaction {interaction!r:.40}")
    return {"image": image, "goal_image": goal, "goal_mask": mask, "interaction": interaction}


def _picture(name: str, value: object, dimensions: int) -> NDArray[np.uint8]:
    if not isinstance(value, np.ndarray) or value.dtype != np.uint8 or value.ndim != dimensions or not value.size:
        raise Malformed(f"{name} is no picture of bytes with {dimensions} dimensions")
    return value
