"""What comes after an attempt: whether its episode is settled or tried again, and whether its world goes on."""

from __future__ import annotations

from dataclasses import replace

from evalsuite.runner.attempt import Attempt
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.plan import EpisodeQueue
from evalsuite.runner.world_health import WorldHealth


class Retries:
    """Judges the attempts at the episodes of `queue`, and puts back what is to be tried again."""

    def __init__(self, queue: EpisodeQueue, limits: RunLimits) -> None:
        self._queue = queue
        self._limits = limits
        self._health = WorldHealth(limits.failures_in_a_row)

    @property
    def given_up(self) -> dict[str, str]:
        """World -> why nothing more of it is played."""
        return self._health.given_up

    def judge(self, attempt: Attempt) -> Attempt:
        """`attempt` as it is to be recorded: with its number counted, excused where that is fair, final or not.

        A simulator that did not come up is held against its world alone. A policy's process that went down while it
        answered several episodes is held against none of them, as often as `RunLimits.excuses` has it; the next time
        each of them is answered alone (`Batches`).
        """
        episode, world = attempt.episode, attempt.episode.scenario.world
        episode.attempts += 1
        if attempt.ended is not None:
            self._health.played(world)
            return attempt
        if attempt.fault in ("start", "simulator"):
            at_start, began_at = attempt.fault == "start", episode.taken_at
            if self._health.failed(world, episode.key, attempt.reason, began_at=began_at, at_start=at_start):
                self._queue.shelve(world)
        if attempt.final:
            return attempt
        excused = attempt.fault == "start" or (attempt.fault == "void" and episode.excused < self._limits.excuses)
        if excused:
            episode.excused += 1
        else:
            episode.failed += 1
        if episode.failed >= self._limits.attempts:
            return replace(attempt, final=True)
        self._queue.put_back(episode)
        return replace(attempt, excused=excused)
