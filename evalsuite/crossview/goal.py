"""What an agent is asked to do: act on the thing masked in another view."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, FiniteFloat, StringConstraints

from evalsuite.crossview.geometry import Pose

Interaction = Literal["approach", "break", "interact", "melee_hunt", "archery"]


class Target(BaseModel):
    """The thing meant. `name` is unique in its scenario; `position` is where it stands at the start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    kind: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    position: tuple[FiniteFloat, FiniteFloat, FiniteFloat]


class Goal(BaseModel):
    """One goal: a camera that sees the target, the target, and what to do with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interaction: Interaction
    target: Target
    camera: Pose
