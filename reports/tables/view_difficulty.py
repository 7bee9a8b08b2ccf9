"""Success by each measured view quantity: how different the two views are, and what that does to the rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.tables.best import best_places, bold
from evalsuite.reports.tables.entries import rate_entry, selection_of
from evalsuite.reports.tables.interactions import bold_note
from evalsuite.reports.tables.table import Column, ColumnGroup, Entry, Row, RowGroup, Table
from evalsuite.reports.view_bins import UNKNOWN, ViewBin, ViewBinning, measured_in
from evalsuite.reports.wording import facts, file_name, in_order_of_reading, suite_name, title
from evalsuite.statistics.cells import CellKey, counted
from evalsuite.statistics.results import PolicyResults, SuiteResults

KIND = "view-difficulty"
LEGEND = (
    "success rate [{interval} in %] and n, the episodes scored; a bin holds its lower end and not its upper one; "
    "bins: {bins}"
)
MOST_ACROSS = 4
"""Policies side by side; more of them go on in further tables."""


def make(evaluation: Evaluation) -> Iterator[Table]:
    """Tables of each suite, with a few policies across in each."""
    for results in evaluation.results:
        policies = in_order_of_reading(results)
        strata = view_strata(evaluation, results)
        bolds = _bolds(policies, strata)
        parts = [range(at, min(at + MOST_ACROSS, len(policies))) for at in range(0, len(policies), MOST_ACROSS)]
        for number, part in enumerate(parts, start=1):
            several = len(parts) > 1
            groups = _groups(results, policies, strata, part, bolds)
            if groups:
                yield Table(
                    slug=file_name(KIND, evaluation.name(results), str(number) if several else ""),
                    kind=KIND,
                    title=f"Success by view difficulty on {title(results)}"
                    + (f", part {number} of {len(parts)}" if several else ""),
                    suite=suite_name(results),
                    rehearsal=results.rehearsal,
                    facts=facts(results),
                    legend=LEGEND.format(interval=results.interval_name, bins=evaluation.view_bins.name),
                    stub=("view", "bin"),
                    groups=(ColumnGroup("", tuple(Column(policies[place].label) for place in part)),),
                    rows=groups,
                    notes=(
                        *(bold_note(len(strata), "row") if any(at in part for _, at in bolds) else ()),
                        *_notes(evaluation, results, strata),
                    ),
                )


@dataclass(frozen=True, eq=False)
class ViewStratum:
    """A bin and, for each policy in the order of reading, the rows of its episodes in it."""

    binning: ViewBinning
    bin: ViewBin
    rows: tuple[NDArray[np.int64], ...]


def view_strata(evaluation: Evaluation, results: SuiteResults) -> list[ViewStratum]:
    """The bins of each binning that the episodes fall into; one that puts all of them into one bin has none."""
    found = []
    for binning, places in _placed(evaluation, results):
        bins = [
            ViewStratum(binning, each, tuple(np.flatnonzero(mine == place) for mine in places))
            for place, each in enumerate(binning.bins)
        ]
        bins = [each for each in bins if any(map(len, each.rows))]
        found += bins if len(bins) > 1 else []
    return found


def _placed(evaluation: Evaluation, results: SuiteResults) -> Iterator[tuple[ViewBinning, list[NDArray[np.int64]]]]:
    """Each binning, and for each policy in the order of reading the places of its episodes' bins."""
    measurements = evaluation.measurements
    rows = [measurements.rows(policy.episodes) for policy in in_order_of_reading(results)]
    for binning in evaluation.view_bins.binnings:
        yield binning, [binning.places(measured_in(measurements, each)) for each in rows]


def _notes(evaluation: Evaluation, results: SuiteResults, strata: Sequence[ViewStratum]) -> Iterator[str]:
    """What bins say beyond their names, and which measures are not shown, and why."""
    shown = dict.fromkeys(stratum.binning for stratum in strata)
    yield from (f"{binning.title}: {binning.about}" for binning in shown if binning.about)
    unknown: list[str] = []
    same: list[str] = []
    for binning, places in _placed(evaluation, results):
        if binning not in shown:
            never = all((mine == UNKNOWN).all() for mine in places)
            (unknown if never else same).append(binning.heading)
    if unknown:
        yield f"not measured in these scenarios: {', '.join(unknown)}"
    if same:
        yield f"the same bin for all of them: {', '.join(same)}"


def _groups(
    results: SuiteResults,
    policies: Sequence[PolicyResults],
    strata: Sequence[ViewStratum],
    part: Sequence[int],
    bolds: set[tuple[int, int]],
) -> tuple[RowGroup, ...]:
    groups = []
    for binning in dict.fromkeys(stratum.binning for stratum in strata):
        rows = []
        for at, stratum in enumerate(strata):
            if stratum.binning is binning:
                entries = [_entry(results, policies[place], stratum, place) for place in part]
                bolded = (
                    bold(each) if (at, place) in bolds else each for place, each in zip(part, entries, strict=True)
                )
                rows.append(Row(stratum.bin.name, tuple(bolded)))
        groups.append(RowGroup(binning.title, tuple(rows)))
    return tuple(groups)


def _entry(results: SuiteResults, policy: PolicyResults, stratum: ViewStratum, place: int) -> Entry:
    cell = counted(CellKey(None, None), policy.episodes, stratum.rows[place], results.interval_kind)
    return rate_entry(cell, selection_of(results, policy, **{stratum.binning.column: stratum.bin.name}))


def _bolds(policies: Sequence[PolicyResults], strata: Sequence[ViewStratum]) -> set[tuple[int, int]]:
    """(stratum, policy) places that are set in bold."""
    contenders = [place for place, policy in enumerate(policies) if policy.role == "policy"]
    columns = [
        [(policies[place].episodes, stratum.rows[place]) if len(stratum.rows[place]) else None for place in contenders]
        for stratum in strata
    ]
    return {(at, contenders[best]) for at, best in enumerate(best_places(columns)) if best is not None}
