"""What a worker is doing, and for how long it may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from evalsuite.crossview.simulator import TimeLimits


class Phase(IntEnum):
    """The phase that a worker last announced in its shared slot."""

    WAKING = 0
    IDLE = 1
    START = 2
    RESET = 3
    GOAL_VIEW = 4
    STEP = 5
    POLICY = 6
    WAITING = 7
    CLOSE = 8
    RECORD = 9


@dataclass(frozen=True)
class RunLimits:
    """Limits in seconds, and counts, that do not depend on the world.

    Args:
        wake: for a new process to say hello, and for a waiting one to take up what it was handed.
        start: for a simulator to come up: it can't declare a limit before it is there.
        load: for a policy to be loaded.
        act: for a policy to answer one batch.
        attempts: that failed at one episode, after which it is settled as an error.
        excuses: for an attempt that failed by no doing of its episode's; after so many, the next count all the same.
        failures_in_a_row: of a world's simulators, without an episode played in between, after which the world is
            given up.
        losses_in_a_row: of a policy's process, without an answer in between, after which the policy is given up.
        worker_memory: bytes that a worker's processes may hold together; None for what the world declares.
        world: limits in place of those that the worlds declare, by the names that `TimeLimits` has for them.
    """

    wake: float = 60.0
    start: float = 180.0
    load: float = 300.0
    act: float = 120.0
    attempts: int = 3
    excuses: int = 10
    failures_in_a_row: int = 5
    worker_memory: int | None = None
    losses_in_a_row: int = 5
    world: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PhaseLimits:
    """The limit of each phase for one worker: the run's and those of the world it has up."""

    run: RunLimits
    world: TimeLimits = field(default_factory=TimeLimits)

    def seconds(self, phase: Phase) -> float:
        """How long `phase` may last while the worker owes an answer."""
        limits = {
            Phase.START: self.run.start,
            Phase.RESET: self.world.reset,
            Phase.GOAL_VIEW: self.world.goal_view,
            Phase.STEP: self.world.step,
            Phase.POLICY: self.run.act,
            Phase.CLOSE: self.world.close,
        }
        return limits.get(phase, self.run.wake)
