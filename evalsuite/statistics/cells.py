"""Episodes counted by policy, interaction and difficulty, with the margins over both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from evalsuite.records.record import Record
from evalsuite.statistics.intervals import Interval, wilson

ERROR_SHARE_LIMIT = 0.05
"""Above this share of errors a cell says so: what is missing may no longer be missing by chance."""


class EpisodeReference(NamedTuple):
    """Where an episode is found: the run that holds it and its key there."""

    run: str
    scenario: str
    policy: str
    seed: int


class CellKey(NamedTuple):
    """None in place of an interaction or a difficulty: all of them, pooled over episodes."""

    interaction: str | None
    difficulty: str | None


@dataclass(frozen=True)
class Cell:
    """A success rate with the episodes that it comes from.

    Args:
        successes: episodes that reached every goal.
        n: episodes scored, successes and failures; errors are not among them.
        errors: episodes that no attempt could settle.
        episodes: every episode counted here, errors included, in the order of the records.
    """

    key: CellKey
    successes: int
    n: int
    errors: int
    episodes: tuple[EpisodeReference, ...]

    @property
    def rate(self) -> float | None:
        """Successes per scored episode, in [0, 1]; None when none was scored."""
        return self.successes / self.n if self.n else None

    @property
    def interval(self) -> Interval:
        """Wilson's 95% interval."""
        return wilson(self.successes, self.n)

    @property
    def error_share(self) -> float:
        """Errors per episode, in [0, 1]."""
        return self.errors / len(self.episodes) if self.episodes else 0.0

    @property
    def too_many_errors(self) -> bool:
        return self.error_share > ERROR_SHARE_LIMIT


def count_cells(records: Iterable[Record]) -> Mapping[CellKey, Cell]:
    """The cells of one policy's settled records, one a (interaction, difficulty) that occurs, and all margins.

    The cell of `CellKey(None, None)` is always there, even without any record.
    """
    members: defaultdict[CellKey, list[Record]] = defaultdict(list)
    members[CellKey(None, None)] = []
    for record in records:
        for interaction in (record.interaction, None):
            for difficulty in (record.difficulty, None):
                members[CellKey(interaction, difficulty)].append(record)
    return {key: _cell(key, each) for key, each in members.items()}


def _cell(key: CellKey, records: list[Record]) -> Cell:
    successes = sum(record.outcome == "success" for record in records)
    errors = sum(record.outcome == "error" for record in records)
    episodes = tuple(EpisodeReference(record.run, *record.key) for record in records)
    return Cell(key, successes, len(records) - errors, errors, episodes)
