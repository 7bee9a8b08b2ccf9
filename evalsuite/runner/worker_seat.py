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

    Of the process that is here it knows the world that it has up, the episode that it plays, the request that waits
    for an action (0 when none does), and which policy process holds the episode's memory. `queued_seconds` adds up how
    long requests have waited for a policy process that was busy.

    `python` is the worker's interpreter; one that is `leaving` has been told to close. `played` counts the attempts
    since its simulator came up; after `restart_after` of them another takes its place. It may hold `most_memory` bytes.
    """

    def __init__(self, index: int, run_limits: RunLimits) -> None:
        self.index = index
        self.fd = create_slot_file()
        self.memory = SharedSlot(self.fd)
        self.run_limits = run_limits
        self.python = sys.executable
        self.asked_at = self.queued_seconds = 0.0
        self._requests = 0
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
        self.alive_at = 0.0
        self.remembered_by: Child | None = None
        self.request = 0
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
        quiet = 0.0 if heartbeat.beats != self.beats else time.monotonic() - self.alive_at
        phase = heartbeat.phase.name.lower()
        if self.episode is None:
            return Activity(self.index, phase, quiet, self.world or "")
        return Activity(self.index, phase, quiet, self.world or "", self.episode, self.started, heartbeat.steps)

    def next_request(self) -> int:
        """The number of a new request of this seat; none is given twice, whoever sits here."""
        self._requests += 1
        self.request = self._requests
        return self.request

    def owe(self) -> None:
        """The worker has been handed something: from now on it must show signs of life."""
        self.owes = True
        self.alive_at = time.monotonic()

    def overdue(self) -> Phase | None:
        """The phase that the worker hangs in, if it hangs."""
        heartbeat, now = self.memory.heartbeat(), time.monotonic()
        if heartbeat.beats != self.beats:
            self.beats, self.alive_at = heartbeat.beats, now
        late = self.owes and now - self.alive_at > self.limits.seconds(heartbeat.phase)
        return heartbeat.phase if late else None
