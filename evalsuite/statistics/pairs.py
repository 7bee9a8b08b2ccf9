"""The episodes that two policies both scored, and what became of any part of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evalsuite.statistics.comparison import Difference, Stratum
from evalsuite.statistics.episodes import ERROR, SUCCESS, Episodes


@dataclass(frozen=True, eq=False)
class Pairs:
    """Rows of the base's and of the candidate's episodes, pair by pair.

    Args:
        before, after: rows of `base` and of `candidate`, shape (pairs,) each.
        several: whether scenarios carry several seeds, in all the pairs that these are a part of.
    """

    base: Episodes
    candidate: Episodes
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    several: bool

    def __len__(self) -> int:
        return len(self.before)

    def within(self, stratum: Stratum) -> Pairs:
        """The pairs of a stratum, which is that of the base's record."""
        chosen = [
            (stratum.world in (None, each.world))
            and (stratum.interaction in (None, each.interaction))
            and (stratum.difficulty in (None, each.difficulty))
            for each in self.base.profiles
        ]
        return self._kept(self.base.where(chosen)[self.before])

    def among(self, base_rows: NDArray[np.int64], candidate_rows: NDArray[np.int64]) -> Pairs:
        """The pairs of which both sides are among the given rows."""
        ours, theirs = np.zeros(len(self.base), np.bool_), np.zeros(len(self.candidate), np.bool_)
        ours[base_rows], theirs[candidate_rows] = True, True
        return self._kept(ours[self.before] & theirs[self.after])

    def difference(self, stratum: Stratum = Stratum()) -> Difference:  # noqa: B008
        """What became of these pairs.

        Args:
            stratum: what they are called.
        """
        was, now = self.base.outcome[self.before] == SUCCESS, self.candidate.outcome[self.after] == SUCCESS
        lost, gained, both = was & ~now, ~was & now, was & now
        clusters = None
        if self.several:
            _, place = np.unique(self.base.scenario[self.before], return_inverse=True)
            sizes = np.bincount(place)
            clusters = (
                np.bincount(place[lost], minlength=len(sizes)).astype(np.int64),
                np.bincount(place[gained], minlength=len(sizes)).astype(np.int64),
                sizes.astype(np.int64),
            )
        return Difference(stratum, int(lost.sum()), int(gained.sum()), int(both.sum()), len(self), clusters)

    def _kept(self, kept: NDArray[np.bool_]) -> Pairs:
        return replace(self, before=self.before[kept], after=self.after[kept])


def matching_pairs(base: Episodes, candidate: Episodes) -> Pairs:
    """The pairs that `compare` counts: the same scenario and seed, no error and nothing invalid on either side."""
    scenarios: dict[str, int] = {}
    _, before, after = np.intersect1d(
        base.keys(scenarios), candidate.keys(scenarios), assume_unique=True, return_indices=True
    )
    kept = (base.outcome[before] != ERROR) & (candidate.outcome[after] != ERROR)
    kept &= ~base.solved_at_reset[before] & ~candidate.solved_at_reset[after]
    before, after = before[kept].astype(np.int64), after[kept].astype(np.int64)
    several = bool((np.bincount(base.scenario[before]) > 1).any())
    return Pairs(base, candidate, before, after, several)
