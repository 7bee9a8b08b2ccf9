"""The door that an adapter implements: a world that can be reset, stepped, looked at and questioned.

A simulator scores nothing, knows no policy and writes no files of its own accord.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Point, Pose
from evalsuite.crossview.spaces import Action

if TYPE_CHECKING:
    from evalsuite.suite.scenario import Scenario

APPROACH_RADIUS_METRES = 2.0
"""Eye to target along the ground. Ours: no source gives the published radius."""

Means = Literal["melee", "projectile", "hand", "other"]
EventKind = Literal["broken", "used", "hit", "killed"]


@dataclass(frozen=True)
class TimeLimits:
    """Seconds that each phase may take before the attempt is cut and the simulator killed."""

    start: float = 60.0
    reset: float = 60.0
    goal_view: float = 30.0
    step: float = 20.0
    close: float = 10.0


@dataclass(frozen=True)
class SimulatorSpec:
    """What a world declares before it is started.

    Args:
        world: its registered name.
        width, height: native picture size in pixels.
        horizontal_fov, vertical_fov: of the agent's own view, in degrees.
        steps_per_second: simulated seconds are steps / steps_per_second.
        interactions: those that the world can carry out and judge.
        masked_actions: action keys without effect here; "camera.pitch" and "camera.yaw" name camera axes.
        lockstep: whether the world stands still between steps.
        determinism: "bitwise": same scenario, seed and actions give the same pixels in every process.
        mask_source: how the goal mask is made, for the record.
        time_limits: what the watchdog enforces.
        engine: name and version of what runs underneath, for the record.
        rehearsal: whether a stand-in plays the simulator's part.
        approach_radius: metres, eye to target along the ground, within which an approach has arrived.
        restart_after_episodes: the simulator leaks: after so many a new one takes its place, in a new process. None
            for one that stays up.
        most_memory: bytes that its processes may hold together before they are ended; None where nobody minds.
    """

    world: str
    width: int
    height: int
    horizontal_fov: float
    vertical_fov: float
    steps_per_second: float
    interactions: frozenset[str]
    masked_actions: frozenset[str] = frozenset()
    lockstep: bool = True
    determinism: Literal["bitwise", "statistical", "none"] = "none"
    mask_source: str = "unknown"
    time_limits: TimeLimits = field(default_factory=TimeLimits)
    engine: Mapping[str, str] = field(default_factory=dict)
    rehearsal: bool = False
    approach_radius: float = APPROACH_RADIUS_METRES
    restart_after_episodes: int | None = None
    most_memory: int | None = None


@dataclass(frozen=True)
class GoalView:
    """RGB uint8 (height, width, 3) from the goal camera and the target's mask in it, uint8 0/1 (height, width)."""

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]


@dataclass(frozen=True)
class Event:
    """Something that happened in one step: `object` is the scenario's name of the thing it happened to."""

    kind: EventKind
    object: str
    means: Means
    by_agent: bool = True


@dataclass(frozen=True)
class Facts:
    """The ground truth of one step, for scoring only; no policy but the oracle ever sees it.

    Args:
        agent: the eye's pose.
        target: the current goal's target in metres, at the middle of its body; None once it is gone.
        target_pixels: how many of its pixels the agent's picture shows; None where a world can't know.
        target_centroid: (x, y) in pixels of those pixels' mean; None when none is seen or known.
        events: what was broken, used, hit or killed in this step, and by which means.
        contacts: names of things the agent touched.
        verdict: what a person who watches says of the current goal, where there is no other truth: reached or not;
            it takes the success rule's place. None while nobody has said anything.
    """

    agent: Pose
    target: Point | None
    target_pixels: int | None = None
    target_centroid: tuple[float, float] | None = None
    events: tuple[Event, ...] = ()
    contacts: tuple[str, ...] = ()
    verdict: bool | None = None


@runtime_checkable
class Simulator(Protocol):
    """A world. Every method may raise `SimulatorFault`."""

    @property
    def spec(self) -> SimulatorSpec: ...

    def reset(self, scenario: Scenario, seed: int) -> None:
        """Bring up the start state, which depends on (scenario, seed) alone; the first goal is current."""

    def next_goal(self) -> None:
        """Make the scenario's next goal the current one."""

    def goal_view(self) -> GoalView:
        """Look at the current goal's target from its goal camera; nothing in the world changes by it."""

    def step(self, action: Action) -> None:
        """Carry out one checked action; keys in `spec.masked_actions` have been dropped already."""

    def frame(self) -> NDArray[np.uint8]:
        """The agent's picture now, RGB uint8 (height, width, 3); the caller may keep it."""

    def facts(self) -> Facts:
        """The truth about the step just made, with the events of that step."""

    def close(self) -> None:
        """Leave no process, file or shared memory behind; may be called twice."""


@runtime_checkable
class PlannableSimulator(Simulator, Protocol):
    """A simulator that can also show its floor plan, so that the scripted oracle can play in it."""

    def floor_plan(self) -> FloorPlan:
        """Where one can walk in the level as it was at reset."""

    def reach(self) -> Mapping[str, float]:
        """How near in metres (eye to target, along the ground) each interaction has to be carried out."""


@runtime_checkable
class ReportingSimulator(Simulator, Protocol):
    """A simulator that has more to tell of an episode than facts, for its record."""

    def report(self) -> Mapping[str, Any]:
        """Plain data about the episode since `reset`; asked once, when it is over or a call has failed.

        May take as long as a reset: a person may have to be asked.
        """


@runtime_checkable
class SelfCuttingSimulator(Simulator, Protocol):
    """A simulator that cuts off calls of its own accord, before a watchdog outside would."""

    def allow(self, limits: TimeLimits) -> None:
        """From now on cut off no call before the limit of its phase; the limits may be longer than the declared."""
