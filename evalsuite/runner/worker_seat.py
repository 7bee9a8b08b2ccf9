"""A place for one simulator worker."""

from __future__ import annotations

import os
import sys
import time

from evalsuite.runner.phases import Phase, PhaseLimits, RunLimits
from evalsuite.runner.plan import Episode
from evalsuite.runner.scratch import Child
from evalsuite.runner.shared_observations import SharedSlot, create_slot_file
from evalsuite.runner.status import NO_PROCESS, Activity


class WorkerSeat:
    """A place for one simulator worker: the shared memory stays, the process may be replaced.

    Of the process that is here it knows the world that it has up, the episode that it plays, which policy process it
    was told to ask for actions (`asks`), and whether it was told that this one is `bereft` of its memory. Each attempt
    here is a `turn`, whoever sits here: what comes late is told by it.

    `python` is the worker's interpreter; one that is `leaving` has been told to close. `played` counts the attempts
    since its simulator came up; after `restart_after` of them another takes its place. It may hold `most_memory` bytes.
    """

    def __init__(self, index: int, run_limits: RunLimits) -> None:
        self.index = index
        self.fd = create_slot_file()
        self.memory = SharedSlot(self.fd)
        self.run_limits = run_limits
        self.python = sys.executable
        self.turn = 0
        self.vacate()

    def vacate(self) -> None:
        """Forget the process that was here."""
        self.child: Child | None = None
        self.greeted = False
        self.leaving = False
        self.played = 0
        self.restart_after: int | None = None
        self.most_memory = self.run_limits.worker_memory
        self.world: str | None = None
        self.limits = PhaseLimits(self.run_limits)
        self.episode: Episode | None = None
        self.started = ""
        self.owes = False
        self.beats = 0
        self.alive_at = self.heard_at = 0.0
        self.asks: Child | None = None
        self.bereft = False
        self.memory.clear()

    def close(self) -> None:
        os.close(self.fd)

    def holds(self) -> set[str]:
        """The worlds whose simulators the worker has up or is bringing up."""
        return {world for world in (self.world, self.episode and self.episode.scenario.world) if world}

    def activity(self) -> Activity:
        """What the worker does now."""
        if self.child is None:
            return Activity(self.index, NO_PROCESS, 0.0)
        heartbeat = self.memory.heartbeat()
        quiet = 0.0 if heartbeat.beats != self.beats else time.monotonic() - self.heard_at
        phase = heartbeat.phase.name.lower()
        if self.episode is None:
            return Activity(self.index, phase, quiet, self.world or "")
        return Activity(self.index, phase, quiet, self.world or "", self.episode, self.started, heartbeat.steps)

    def occupy(self, episode: Episode, started: str) -> None:
        """From now on the worker plays `episode`."""
        self.turn += 1
        self.episode, self.started = episode, started
        self.asks, self.bereft = None, False
        self.memory.count_steps(0)

    @property
    def waits_for_policy(self) -> bool:
        """Whether it has asked a policy for an action and has no answer yet."""
        requests = self.memory.requests(self.turn)
        return self.episode is not None and requests.asked > requests.answered

    def owe(self) -> None:
        """The worker has been handed something: from now on it must show signs of life."""
        self.owes = True
        self.alive_at = self.heard_at = time.monotonic()

    def overdue(self) -> Phase | None:
        """The phase that the worker hangs in, if it hangs; while it waits for a policy it owes nothing."""
        heartbeat, now = self.memory.heartbeat(), time.monotonic()
        if heartbeat.beats != self.beats:
            self.beats, self.alive_at, self.heard_at = heartbeat.beats, now, now
        if heartbeat.phase is Phase.WAITING and self.waits_for_policy and not self.bereft:
            self.alive_at = now
        late = self.owes and now - self.alive_at > self.limits.seconds(heartbeat.phase)
        return heartbeat.phase if late else None
