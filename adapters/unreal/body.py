"""How an agent's actions become motion: one body a kind of engine or mode."""

from __future__ import annotations

from typing import Protocol

from evalsuite.crossview.geometry import Pose
from evalsuite.crossview.spaces import Action


class Body(Protocol):
    """The agent, as it moves."""

    def begin(self, start: Pose) -> None:
        """Stand at `start`, with the eye there, at rest."""

    def step(self, action: Action) -> tuple[str, ...]:
        """Carry out an action's movement for one step; names of what was touched. Acting on things isn't its part."""

    def pose(self) -> Pose:
        """The eye's pose now."""
