"""Two policies on the same episodes: what changed, in the whole, by interaction and by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import NormalDist
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from evalsuite.statistics.cells import CellKey, counted
from evalsuite.statistics.clustered_mcnemar import clustered_p_two_sided, clustered_p_worse, effective_pairs
from evalsuite.statistics.early_end import EarlyEnd
from evalsuite.statistics.episodes import ERROR, SUCCESS, Episodes
from evalsuite.statistics.holm import holm
from evalsuite.statistics.intervals import CONFIDENCE
from evalsuite.statistics.mcnemar import mid_p_two_sided, mid_p_worse
from evalsuite.statistics.tango import DifferenceInterval, tango_interval, tango_z
from evalsuite.statistics.unpaired import newcombe_interval, pooled_z, unpaired_p_two_sided

Tier = Literal["pooled", "interaction", "cell"]
TIERS: tuple[Tier, ...] = get_args(Tier)
DIFFICULTY_ORDER = ("easy", "medium", "hard")


class Stratum(NamedTuple):
    """A part of the suite; None for all of them."""

    world: str | None = None
    interaction: str | None = None
    difficulty: str | None = None

    @property
    def name(self) -> str:
        """`all`, `archery`, or `archery easy`; with the world before it where the suite has several."""
        return " ".join(part for part in self if part is not None) or "all"

    @property
    def reading_order(self) -> tuple[str, str, int, str]:
        """By world and interaction, then from easy to hard."""
        known = (
            DIFFICULTY_ORDER.index(self.difficulty) if self.difficulty in DIFFICULTY_ORDER else len(DIFFICULTY_ORDER)
        )
        return self.world or "", self.interaction or "", known, self.difficulty or ""


@dataclass(frozen=True, eq=False)
class Difference:
    """What became of the pairs of one stratum.

    Args:
        lost: pairs in which only the base succeeded.
        gained: pairs in which only the candidate did.
        both: pairs in which both did.
        n: pairs.
        clusters: lost, gained and pairs by scenario, where scenarios carry several seeds; else None.
    """

    stratum: Stratum
    lost: int
    gained: int
    both: int
    n: int
    clusters: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] | None = field(default=None, repr=False)

    @property
    def value(self) -> float | None:
        """The candidate's rate less the base's, in [-1, 1]; None without a pair."""
        return (self.gained - self.lost) / self.n if self.n else None

    @property
    def base_rate(self) -> float | None:
        return (self.both + self.lost) / self.n if self.n else None

    @property
    def candidate_rate(self) -> float | None:
        return (self.both + self.gained) / self.n if self.n else None

    @cached_property
    def effective_n(self) -> float:
        """Pairs, or as many independent ones as tell as much where scenarios carry several seeds."""
        return effective_pairs(*self.clusters) if self.clusters else float(self.n)

    @cached_property
    def p_worse(self) -> float:
        """One-sided p-value against "no worse": mid-P McNemar, clustered with several seeds."""
        return clustered_p_worse(*self.clusters) if self.clusters else mid_p_worse(self.lost, self.gained)

    @cached_property
    def p_changed(self) -> float:
        """Two-sided p-value against "no change", by the same test."""
        return clustered_p_two_sided(*self.clusters) if self.clusters else mid_p_two_sided(self.lost, self.gained)

    def interval(self, confidence: float = CONFIDENCE) -> DifferenceInterval:
        """Tango's score interval, at the effective number of pairs."""
        lost, gained, n = self.scaled(self.effective_n)
        return tango_interval(lost, gained, n, confidence)

    def p_inferior(self, margin: float) -> float:
        """One-sided p-value against "worse by `margin` or more" (Tango's score); 1 without a pair."""
        return 1.0 - NormalDist().cdf(tango_z(*self.scaled(self.effective_n), -margin)) if self.n else 1.0

    def scaled(self, n: float) -> tuple[float, float, float]:
        """(lost, gained, pairs) if the shares seen so far had been seen in `n` pairs."""
        share = n / self.n if self.n else 0.0
        return self.lost * share, self.gained * share, n


@dataclass(frozen=True, eq=False)
class Comparison:
    """A candidate against a base on one suite, paired on (scenario, seed).

    Args:
        pairs: by tier; the pooled tier has one difference, the others one a stratum that occurs.
        errors: pairs left out because either side is an error.
        invalid: pairs left out because the scenario was solved before the first action.
        unmatched: episodes of the base and of the candidate without a counterpart.
        early_end: how the candidate's episodes were cut short, if they were: one-sided p-values allow for it.
    """

    pairs: dict[Tier, tuple[Difference, ...]]
    errors: int
    invalid: int
    unmatched: tuple[int, int]
    early_end: EarlyEnd | None = None

    @property
    def pooled(self) -> Difference:
        return self.pairs["pooled"][0]

    @property
    def clustered(self) -> bool:
        """Whether scenarios carry several seeds."""
        return self.pooled.clusters is not None

    def adjusted(self, tier: Tier, *, one_sided: bool) -> list[float]:
        """Holm's p-values within a tier, in the order of `pairs[tier]`."""
        return holm([self.p_worse(each) if one_sided else each.p_changed for each in self.pairs[tier]])

    def p_worse(self, difference: Difference) -> float:
        """One-sided p-value of one of the differences against "no worse"."""
        p, end = difference.p_worse, self.early_end
        return p if end is None else end.p_worse(p, difference.lost, difference.gained)

    def p_inferior(self, difference: Difference, margin: float) -> float:
        """One-sided p-value of one of the differences against "worse by `margin` or more"."""
        p, end = difference.p_inferior(margin), self.early_end
        return p if end is None else end.p_inferior(p)


def compare(base: Episodes, candidate: Episodes) -> Comparison:
    """Pair the settled episodes of one policy each.

    The stratum of a pair is that of the base's record: the suite is one and the same.
    """
    scenarios: dict[str, int] = {}
    _, before, after = np.intersect1d(
        base.keys(scenarios), candidate.keys(scenarios), assume_unique=True, return_indices=True
    )
    wrong = (base.outcome[before] == ERROR) | (candidate.outcome[after] == ERROR)
    void = (base.solved_at_reset[before] | candidate.solved_at_reset[after]) & ~wrong
    kept = ~wrong & ~void
    pairs, others = base.take(before[kept]), candidate.take(after[kept])
    was, now = pairs.outcome == SUCCESS, others.outcome == SUCCESS
    several = bool((np.bincount(pairs.scenario) > 1).any())
    worlds = len({profile.world for profile in base.profiles}) > 1
    return Comparison(
        {tier: _differences(tier, pairs, was, now, several=several, worlds=worlds) for tier in TIERS},
        errors=int(wrong.sum()),
        invalid=int(void.sum()),
        unmatched=(len(base) - len(before), len(candidate) - len(after)),
    )


def _differences(
    tier: Tier, pairs: Episodes, was: NDArray[np.bool_], now: NDArray[np.bool_], *, several: bool, worlds: bool
) -> tuple[Difference, ...]:
    names: dict[Stratum, int] = {} if tier != "pooled" else {Stratum(): 0}
    place = np.array(
        [
            names.setdefault(
                _stratum(tier, each.world if worlds else None, each.interaction, each.difficulty), len(names)
            )
            for each in pairs.profiles
        ],
        np.int64,
    )
    place = place[pairs.profile] if len(pairs) else np.zeros(0, np.int64)
    columns = (was & ~now, ~was & now, was & now, np.ones(len(pairs), np.bool_))
    lost, gained, both, n = (np.bincount(place[each], minlength=len(names)) for each in columns)
    found = []
    for stratum, number in names.items():
        if not n[number] and tier != "pooled":
            continue
        clusters = _clusters(pairs, was, now, place == number) if several else None
        counts = int(lost[number]), int(gained[number]), int(both[number]), int(n[number])
        found.append(Difference(stratum, *counts, clusters))
    return tuple(sorted(found, key=lambda each: each.stratum.reading_order))


def _stratum(tier: Tier, world: str | None, interaction: str, difficulty: str) -> Stratum:
    if tier == "pooled":
        return Stratum()
    return Stratum(interaction=interaction) if tier == "interaction" else Stratum(world, interaction, difficulty)


def _clusters(
    pairs: Episodes, was: NDArray[np.bool_], now: NDArray[np.bool_], chosen: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    _, place = np.unique(pairs.scenario[chosen], return_inverse=True)
    sizes = np.bincount(place)
    lost = np.bincount(place[(was & ~now)[chosen]], minlength=len(sizes))
    gained = np.bincount(place[(~was & now)[chosen]], minlength=len(sizes))
    return lost.astype(np.int64), gained.astype(np.int64), sizes.astype(np.int64)


@dataclass(frozen=True)
class UnpairedDifference:
    """Rates of one stratum on episodes that are not the same; (successes, n) each."""

    stratum: Stratum
    base: tuple[int, int]
    candidate: tuple[int, int]

    @property
    def value(self) -> float | None:
        """The candidate's rate less the base's; None where either has no scored episode."""
        if not self.base[1] or not self.candidate[1]:
            return None
        return self.candidate[0] / self.candidate[1] - self.base[0] / self.base[1]

    @property
    def p_changed(self) -> float:
        return unpaired_p_two_sided(self.base, self.candidate)

    @property
    def p_worse(self) -> float:
        return NormalDist().cdf(pooled_z(self.base, self.candidate))

    def interval(self, confidence: float = CONFIDENCE) -> DifferenceInterval:
        """Newcombe's."""
        return newcombe_interval(self.base, self.candidate, confidence)


def compare_unpaired(base: Episodes, candidate: Episodes) -> dict[Tier, tuple[UnpairedDifference, ...]]:
    """The strata that both have, as if their episodes had nothing in common."""
    return {tier: tuple(_unpaired(tier, base, candidate)) for tier in TIERS}


def _unpaired(tier: Tier, base: Episodes, candidate: Episodes) -> Sequence[UnpairedDifference]:
    worlds = len({profile.world for each in (base, candidate) for profile in each.profiles}) > 1
    sides = []
    for each in (base, candidate):
        strata = [_stratum(tier, p.world if worlds else None, p.interaction, p.difficulty) for p in each.profiles]
        cells = {}
        for stratum in dict.fromkeys(strata):
            rows = np.flatnonzero(each.where([other == stratum for other in strata]))
            cell = counted(CellKey(None, None), each, rows)
            cells[stratum] = (cell.successes, cell.n)
        sides.append(cells)
    shared = sorted(set(sides[0]) & set(sides[1]), key=lambda stratum: stratum.reading_order)
    return [UnpairedDifference(stratum, sides[0][stratum], sides[1][stratum]) for stratum in shared]
