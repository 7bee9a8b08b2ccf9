"""Which worker may play which world: under which interpreter a world runs, and how many simulators it has at most."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from evalsuite.runner.plan import Episode, EpisodeQueue
from evalsuite.runner.worker_seat import WorkerSeat


@dataclass(frozen=True)
class Placement:
    """What holds of the worlds of a run.

    Args:
        pythons: world -> interpreter of its workers; the driver's own for any other.
        most: world -> workers at once, where there is a limit.
        unfilmed: world -> why its workers can't film.
    """

    pythons: Mapping[str, str] = field(default_factory=dict)
    most: Mapping[str, int] = field(default_factory=dict)
    unfilmed: Mapping[str, str] = field(default_factory=dict)

    def python(self, world: str) -> str:
        return self.pythons.get(world, sys.executable)

    def reserved(self, world: str) -> bool:
        """Whether nobody but a worker of its own may bring up its simulator."""
        return world in self.pythons or world in self.most

    def useful_workers(self, waiting: Mapping[str, int], most: int) -> int:
        """How many workers, `most` at most, find something to do with so many episodes `waiting` of each world."""
        return min(most, sum(min(count, self.most.get(world, count)) for world, count in waiting.items()))

    def next_episode(self, queue: EpisodeQueue, seat: WorkerSeat, seats: Sequence[WorkerSeat]) -> Episode | None:
        """Take the next episode for the worker in `seat`; None when there is none, or none under its interpreter.

        Where the order counts and the first episode takes an interpreter that nobody has, this is to be the one.
        """
        if not self.pythons and not self.most:
            return queue.take(seat.world)
        worlds = self._open(queue, seat, seats)
        if queue.in_order and self._missing(queue, worlds, [*self._others(seat, seats), seat.python]) is not None:
            return None
        return queue.take(seat.world, {world for world in worlds if self.python(world) == seat.python})

    def next_python(self, queue: EpisodeQueue, seat: WorkerSeat, seats: Sequence[WorkerSeat]) -> str | None:
        """The interpreter under which the seat's next worker finds most to do, shared with who is there already."""
        if not self.pythons:
            return sys.executable
        worlds, others = self._open(queue, seat, seats), self._others(seat, seats)
        if queue.in_order and (missing := self._missing(queue, worlds, others)) is not None:
            return missing
        waiting: Counter[str] = Counter()
        for world, count in queue.waiting().items():
            if world in worlds:
                waiting[self.python(world)] += count
        return max(waiting, key=lambda python: waiting[python] / (1 + others.count(python)), default=None)

    def _open(self, queue: EpisodeQueue, seat: WorkerSeat, seats: Sequence[WorkerSeat]) -> set[str]:
        """The worlds with something to do that the worker in `seat` may have up beside those of the others."""
        held = Counter(world for each in seats if each is not seat for world in each.holds())
        return {world for world in queue.waiting() if held[world] < self.most.get(world, len(seats))}

    def _others(self, seat: WorkerSeat, seats: Sequence[WorkerSeat]) -> list[str]:
        """The interpreters of the other workers that are there to stay."""
        return [each.python for each in seats if each is not seat and each.child is not None and not each.leaving]

    def _missing(self, queue: EpisodeQueue, worlds: Collection[str], there: Sequence[str]) -> str | None:
        """The interpreter of the first episode of `worlds`, if it is not among those that are `there`."""
        first = queue.first(worlds)
        python = None if first is None else self.python(first.scenario.world)
        return None if python in there else python
