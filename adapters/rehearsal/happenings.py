"""What can happen to a thing in a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Means = Literal["melee", "projectile", "other"]


@dataclass(frozen=True)
class Happening:
    """Something that a step or `World.damage` did: `by` is the id of who did it (an arrow's owner), 0 for nobody."""

    what: Literal["hit", "killed", "landed"]
    id: int
    kind: str
    name: str
    means: Means = "other"
    by: int = 0
