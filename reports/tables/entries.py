"""From statistics to entries: how a rate, a difference and a number are shown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evalsuite.reports.tables.table import ABSENT, Entry, Selection
from evalsuite.reports.wording import percent, points
from evalsuite.statistics.cells import Cell, EpisodeReference
from evalsuite.statistics.comparison import Difference, UnpairedDifference
from evalsuite.statistics.episodes import Episodes
from evalsuite.statistics.results import PolicyResults, SuiteResults

ERRORS_MARK = "!"
CHANCE_MARK = "*"


def rate_entry(cell: Cell | None, selection: Selection, *, above_chance: bool = True) -> Entry:
    """A success rate with its interval and the episodes scored; an empty entry where there was no episode."""
    if cell is None or not cell.total:
        return ABSENT
    marks = ERRORS_MARK * cell.too_many_errors + CHANCE_MARK * (not above_chance)
    if cell.rate is None:
        return Entry("nothing", None, ABSENT.text, n=0, marks=marks, selection=selection, _find=lambda: cell.episodes)
    ends = cell.interval.low, cell.interval.high
    return Entry(
        "rate",
        cell.rate,
        percent(cell.rate),
        ends,
        (f"{100 * ends[0]:.0f}", f"{100 * ends[1]:.0f}"),
        cell.n,
        marks,
        selection=selection,
        _find=lambda: cell.episodes,
    )


def difference_entry(
    difference: Difference | UnpairedDifference,
    pairs: int,
    selection: Selection,
    find: Callable[[], tuple[EpisodeReference, ...]],
) -> Entry:
    """A difference of two rates in points, with its interval and the pairs that it rests on."""
    if difference.value is None:
        return ABSENT
    interval = difference.interval()
    return Entry(
        "difference",
        difference.value,
        points(difference.value),
        (interval.low, interval.high),
        (points(interval.low), points(interval.high)),
        pairs,
        selection=selection,
        _find=find,
    )


def number_entry(
    value: float | None,
    text: str,
    selection: Selection,
    *,
    episodes: Episodes | None = None,
    rows: NDArray[np.int64] | None = None,
    ends: tuple[float, float] | None = None,
    ends_text: tuple[str, str] | None = None,
    n: int | None = None,
) -> Entry:
    """Any other number, shown as `text`, of the episodes at `rows` (all of them without `rows`)."""
    if value is None or not np.isfinite(value):
        return ABSENT

    def find() -> tuple[EpisodeReference, ...]:
        return () if episodes is None else references(episodes, rows)

    return Entry("number", value, text, ends, ends_text, n, selection=selection, _find=find)


def references(episodes: Episodes, rows: NDArray[np.int64] | None = None) -> tuple[EpisodeReference, ...]:
    """Where the episodes at `rows` are found, all of them without `rows`."""
    places = range(len(episodes)) if rows is None else rows.tolist()
    found = []
    for row in places:
        profile = episodes.profiles[episodes.profile[row]]
        scenario = episodes.scenarios[episodes.scenario[row]]
        found.append(EpisodeReference(profile.run, scenario, profile.policy, int(episodes.seed[row])))
    return tuple(found)


def selection_of(results: SuiteResults, policy: PolicyResults | None = None, **more: str | None) -> Selection:
    """The episodes of a policy in these results, narrowed by columns of `episodes.csv` that are not None."""
    pairs = [("suite_sha256", results.suite_sha256), ("rehearsal", str(results.rehearsal).lower())]
    if policy is not None:
        pairs.append(("policy", policy.label))
    return (*pairs, *((name, value) for name, value in more.items() if value is not None))
