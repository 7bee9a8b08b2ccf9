"""Which entry of a column is set in bold: the best, where the episodes prove that it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from evalsuite.reports.tables.table import Entry
from evalsuite.statistics.episodes import ERROR, SUCCESS, Episodes
from evalsuite.statistics.holm import holm
from evalsuite.statistics.pairs import Pairs, matching_pairs

ALPHA = 0.05
BOLD_NOTE = (
    "bold: the best of its {of_its}, better than every other policy under test on the same episodes "
    "(two-sided McNemar, p ≤ .05 after Holm's correction for the {tests} of {where})"
)

Counted = tuple[Episodes, NDArray[np.int64]]
"""A policy's episodes, and which rows of them count."""


def best_places(columns: Sequence[Sequence[Counted | None]]) -> list[int | None]:
    """For each column the place of the policy that is provably the best in it, or None.

    A column holds what counts of each policy, or None where it has nothing. The best rate is held against every other
    policy on the episodes that both scored; the greatest of these p-values stands for the column (all have to be
    small: an intersection-union test), and Holm's correction is over the columns. Where two share the best rate, or a
    rival has no episode in common with the best, no one is.
    """
    pairs = cache(matching_pairs)
    contenders = [_contender(column, pairs) for column in columns]
    tested = [(place, p) for place, p in contenders if place is not None]
    adjusted = iter(holm([p for _, p in tested]))
    return [place if place is not None and next(adjusted) <= ALPHA else None for place, _ in contenders]


def bold(entry: Entry) -> Entry:
    """The same entry, set in bold."""
    return replace(entry, bold=True)


def _contender(
    column: Sequence[Counted | None], pairs: Callable[[Episodes, Episodes], Pairs]
) -> tuple[int | None, float]:
    """The place of the best rate, and the p-value against "a rival is as good"."""
    sides = {place: each for place, each in enumerate(column) if each is not None}
    rates = {place: _rate(*each) for place, each in sides.items()}
    scored = {place: rate for place, rate in rates.items() if rate is not None}
    if len(scored) < 2:
        return None, 1.0
    best = max(scored, key=lambda place: scored[place])
    episodes, rows = sides[best]
    greatest = 0.0
    for rival, rival_rows in (sides[place] for place in scored if place != best):
        difference = pairs(rival, episodes).among(rival_rows, rows).difference()
        greatest = max(greatest, difference.p_changed if difference.gained > difference.lost else 1.0)
    return best, min(1.0, greatest)


def _rate(episodes: Episodes, rows: NDArray[np.int64]) -> float | None:
    outcome = episodes.outcome[rows]
    scored = (outcome != ERROR) & ~episodes.solved_at_reset[rows]
    return float((outcome[scored] == SUCCESS).mean()) if scored.any() else None
