"""Episodes counted by policy, interaction and difficulty, with the margins over both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalsuite.records.record import Record
from evalsuite.statistics.clopper_pearson import clopper_pearson
from evalsuite.statistics.design_effect import design_effect_interval
from evalsuite.statistics.episodes import ERROR, SUCCESS, Episodes, from_records
from evalsuite.statistics.intervals import Interval, IntervalKind, wilson
from evalsuite.statistics.predictions import PredictionSummary, summarise_predictions

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


@dataclass(frozen=True, eq=False)
class Cell:
    """A success rate with the episodes that it comes from.

    Args:
        successes: episodes that reached every goal.
        n: episodes scored, successes and failures; neither errors nor invalid ones are among them.
        errors: episodes that no attempt could settle.
        invalid: episodes whose scenario was solved before the first action; they say nothing of a policy.
        source, rows: the episodes counted here, errors and invalid ones included, in the order of the records.
        interval_kind: of `interval`.
    """

    key: CellKey
    successes: int
    n: int
    errors: int
    invalid: int
    source: Episodes = field(repr=False)
    rows: NDArray[np.int64] = field(repr=False)
    interval_kind: IntervalKind = "wilson"

    @property
    def rate(self) -> float | None:
        """Successes per scored episode, in [0, 1]; None when none was scored."""
        return self.successes / self.n if self.n else None

    @property
    def total(self) -> int:
        """Episodes counted here, whatever came of them."""
        return len(self.rows)

    @cached_property
    def interval(self) -> Interval:
        """95%, of the kind that was asked for when the episodes were counted."""
        return self.interval_of(self.interval_kind)

    @cached_property
    def exact_interval(self) -> Interval:
        """Clopper and Pearson's 95% interval: guaranteed for independent episodes, and wider."""
        return self.interval_of("clopper-pearson")

    def interval_of(self, kind: IntervalKind) -> Interval:
        """The 95% interval of a kind; where scenarios carry several seeds, widened by their design effect."""
        if self.several_seeds:
            return design_effect_interval(*self._clusters, kind=kind)
        return (wilson if kind == "wilson" else clopper_pearson)(self.successes, self.n)

    @property
    def several_seeds(self) -> bool:
        """Whether a scenario was scored more than once, so that episodes are not independent."""
        return len(self._clusters[1]) < self.n

    @property
    def error_share(self) -> float:
        """Errors per episode, in [0, 1]."""
        return self.errors / self.total if self.total else 0.0

    @property
    def too_many_errors(self) -> bool:
        return self.error_share > ERROR_SHARE_LIMIT

    @cached_property
    def predictions(self) -> PredictionSummary | None:
        """How the policy's own belief of the target compares with the truth; None where none was scored."""
        return summarise_predictions(self.source.prediction[self.rows])

    @cached_property
    def episodes(self) -> tuple[EpisodeReference, ...]:
        """Every episode counted here."""
        source = self.source
        return tuple(
            EpisodeReference(profile.run, source.scenarios[source.scenario[row]], profile.policy, int(source.seed[row]))
            for row in self.rows
            for profile in (source.profiles[source.profile[row]],)
        )

    @cached_property
    def _clusters(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Successes and sizes by scenario, of the scored episodes."""
        source = self.source
        scored = self.rows[(source.outcome[self.rows] != ERROR) & ~source.solved_at_reset[self.rows]]
        _, place = np.unique(source.scenario[scored], return_inverse=True)
        sizes = np.bincount(place).astype(np.int64)
        successes = np.bincount(place, weights=source.outcome[scored] == SUCCESS).round().astype(np.int64)
        return successes, sizes


def count_cells(episodes: Episodes | Iterable[Record], interval: IntervalKind = "wilson") -> Mapping[CellKey, Cell]:
    """The cells of one policy's settled episodes, one a (interaction, difficulty) that occurs, and all margins.

    The cell of `CellKey(None, None)` is always there, even without any episode.
    """
    if not isinstance(episodes, Episodes):
        episodes = from_records(episodes)
    present = [episodes.profiles[each] for each in np.unique(episodes.profile)]
    keys = {
        CellKey(interaction, difficulty): None
        for profile in present
        for interaction in (profile.interaction, None)
        for difficulty in (profile.difficulty, None)
    }
    return {key: _cell(key, episodes, interval) for key in {**keys, CellKey(None, None): None}}


def _cell(key: CellKey, episodes: Episodes, interval: IntervalKind) -> Cell:
    chosen = [
        key.interaction in (None, each.interaction) and key.difficulty in (None, each.difficulty)
        for each in episodes.profiles
    ]
    return counted(key, episodes, np.flatnonzero(episodes.where(chosen)), interval)


def counted(key: CellKey, episodes: Episodes, rows: NDArray[np.int64], interval: IntervalKind = "wilson") -> Cell:
    """The cell of the episodes at `rows`."""
    outcome = episodes.outcome[rows]
    errors = outcome == ERROR
    invalid = episodes.solved_at_reset[rows] & ~errors
    successes = int(((outcome == SUCCESS) & ~invalid).sum())
    wrong, void = int(errors.sum()), int(invalid.sum())
    return Cell(key, successes, len(rows) - wrong - void, wrong, void, episodes, rows, interval)


def not_above_chance(cell: Cell, controls: Sequence[Cell]) -> bool:
    """Whether a control's rate lies within the policy's interval, or above it.

    A policy that a control equals shows nothing, however high its rate.
    """
    if not cell.n:
        return False
    return any(control.rate is not None and control.rate >= cell.interval.low for control in controls)
