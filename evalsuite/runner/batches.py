"""Which of the episodes that wait a policy's next call answers, and how long it waits for more of them.

A call begins as soon as there is something to answer. Only where it costs much the same for few rows as for many, and
others are about to ask, does it wait for them: at most as long as a fuller batch saves.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from evalsuite.runner.call_costs import CallCosts

MOST_PATIENCE_SECONDS = 0.05
"""For a fuller batch, however much that would save."""


class Asking(Protocol):
    """An episode that a policy process plays.

    `asked_at` is of `time.monotonic`. One that is `suspect` was being answered when a process went down, and is
    answered alone.
    """

    asked_at: float
    suspect: bool

    @property
    def steps_per_second(self) -> float:
        """Of its simulator, while that is on its way to the next request; 0 while it is not."""


Guest = TypeVar("Guest", bound=Asking)


class Batches:
    """The calls of this policy process, with what they cost in wall seconds and in processor seconds.

    Args:
        rows: that the policy always computes, however few it is given; None for those that it is given.
    """

    def __init__(self, rows: int | None) -> None:
        self._most = rows if rows is not None and rows > 1 else None
        self.wall, self.processor = CallCosts(rows), CallCosts(rows)
        self._free_since = 0.0
        self._processor = time.process_time()

    def next_batch(self, waiting: Sequence[Guest], others: Iterable[Guest]) -> tuple[list[Guest], float]:
        """Who is answered now; where that is nobody, the seconds for which more may still come.

        Args:
            waiting: those that have asked, the first first.
            others: those that have not.
        """
        suspect = next((guest for guest in waiting if guest.suspect), None)
        if suspect is not None:
            return [suspect], 0.0
        batch = [*waiting[: self._most]]
        patience = self._patience(batch, others) if batch else 0.0
        return ([], patience) if patience > 0.0 else (batch, 0.0)

    def answered(self, rows: int, seconds: float) -> None:
        """A call for so many rows took so many seconds, and all that this process has done since the last one."""
        before, self._processor = self._processor, time.process_time()
        self.wall.add(rows, seconds)
        self.processor.add(rows, self._processor - before)
        self._free_since = time.monotonic()

    def _patience(self, batch: Sequence[Guest], others: Iterable[Guest]) -> float:
        saved = min(self.wall.cost().fixed, MOST_PATIENCE_SECONDS)
        if not saved or len(batch) == self._most:
            return 0.0
        left = max(batch[0].asked_at, self._free_since) + saved - time.monotonic()
        if left <= 0.0:
            return 0.0
        coming_per_second = sum(guest.steps_per_second for guest in others)
        return left if coming_per_second * saved >= 1.0 else 0.0
