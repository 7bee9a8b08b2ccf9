"""What one Simulator needs of an Unreal Engine, in the core's own terms, whatever wire leads there.

Metres, x east, y north, z up; degrees, yaw clockwise from north, pitch + down. Every method may raise
`SimulatorFault`, and none waits longer than the limit it was made with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.geometry import Point, Pose
from evalsuite.crossview.simulator import TimeLimits

Picture = NDArray[np.uint8]
Mask = NDArray[np.uint8]
Depth = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """What a camera shows, all of one moment.

    Args:
        image: RGB uint8 (height, width, 3).
        mask: which pixels show the target that was asked for, uint8 0/1 (height, width).
    """

    image: Picture
    mask: Mask


@dataclass(frozen=True)
class Prop:
    """An upright box to be spawned: its middle and its extent along its own east, north and up, in metres."""

    name: str
    kind: str
    middle: Point
    size: Point
    yaw: float = 0.0


@dataclass(frozen=True)
class Motion:
    """What the engine's own body is asked for, for the length of one step.

    Args:
        forward, right, up: speed in metres a second along its own axes.
        turn: degrees a second, + right.
        look: degrees by which its camera is tilted further, + down, once.
    """

    forward: float = 0.0
    right: float = 0.0
    up: float = 0.0
    turn: float = 0.0
    look: float = 0.0


class Backend(Protocol):
    """One connection to one running engine."""

    @property
    def engine(self) -> Mapping[str, str]:
        """What answered: client, dialect, mode, version; for the record."""

    @property
    def mask_source(self) -> str:
        """How `view` makes its masks, in a few words; known once something was looked at."""

    def agent_pose(self) -> Pose:
        """The eye's pose, read back from the engine."""

    def place_agent(self, pose: Pose) -> None:
        """Put the eye there at once."""

    def view(self, target: str, camera: Pose | None = None) -> View:
        """Picture and mask from one call, seen by the agent, or from `camera`: then the agent's pose is as before."""

    def depth(self, camera: Pose) -> tuple[Depth, float] | None:
        """Metres along the optical axis (height, width), inf for nothing, and the horizontal field of view in degrees.

        None where the engine shows no depth. The size may be another than the picture's.
        """

    def objects(self) -> tuple[str, ...]:
        """Names of everything in the scene."""

    def spawn(self, props: Sequence[Prop]) -> None:
        """Put boxes into the scene; from now on they go by the names given here."""

    def destroy(self, name: str) -> None:
        """Take a thing out of the scene for good."""

    def place(self, name: str, middle: Point, yaw: float = 0.0) -> None:
        """Put a thing somewhere else at once."""

    def middle(self, name: str) -> Point | None:
        """Where a thing is; None when it is gone."""

    def contacts(self) -> tuple[str, ...]:
        """Names of what the agent touched since this was asked last."""

    def pause(self) -> None:
        """Let the engine's time stand still."""

    def drive(self, motion: Motion, seconds: float) -> None:
        """Let the engine's own body move for that long; time stands still again when this returns."""

    def clear(self) -> None:
        """Take out everything that was spawned here."""

    def close(self) -> None:
        """Leave the engine as it was found, as far as it still answers; may be called twice."""


@runtime_checkable
class SelfCuttingBackend(Backend, Protocol):
    """A backend whose calls' limits can be widened."""

    def allow(self, limits: TimeLimits) -> None:
        """From now on cut off no call before the limit of its phase."""
