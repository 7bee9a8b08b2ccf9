"""Notices that a world has broken down, as opposed to an episode that can't be played in it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from evalsuite.records.record import EpisodeKey


@dataclass
class _Health:
    """What has been seen of one world.

    Args:
        row: attempts that failed since the last one that was played, as far as they speak against the world.
        counted_at: when the last of those was noticed.
        works: whether any episode of it has been played.
        failed: the episodes that have failed.
    """

    row: int = 0
    counted_at: float = 0.0
    works: bool = False
    failed: set[EpisodeKey] = field(default_factory=set)


class WorldHealth:
    """Gives a world up when `most` attempts at it have failed in a row, whichever workers made them.

    In a row means one after the other: what many workers lose at the same moment has one cause and counts once.
    Once a world has been seen to work, an episode that fails again says nothing new about it: episodes that can't be
    played meet at the end of a run, when nothing else is left to be played between them.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._worlds: dict[str, _Health] = {}
        self.given_up: dict[str, str] = {}
        """World -> the reason of the last failure."""

    def played(self, world: str) -> None:
        """An episode was played to its end."""
        health = self._worlds.setdefault(world, _Health())
        health.row, health.works = 0, True

    def failed(self, world: str, episode: EpisodeKey, reason: str, *, began_at: float, at_start: bool) -> bool:
        """An attempt failed by the world's doing; returns whether the world is given up by now.

        Args:
            began_at: when it was begun, of `time.monotonic`.
            at_start: the simulator did not come up, which is the doing of no episode.
        """
        health = self._worlds.setdefault(world, _Health())
        if began_at >= health.counted_at and (at_start or not health.works or episode not in health.failed):
            health.row, health.counted_at = health.row + 1, time.monotonic()
        health.failed.add(episode)
        if health.row >= self._most:
            self.given_up.setdefault(world, reason)
        return world in self.given_up
