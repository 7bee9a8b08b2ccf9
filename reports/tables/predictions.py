"""Auxiliary predictions: does a policy know whether it sees the target, and where?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.tables.entries import number_entry, selection_of
from evalsuite.reports.tables.table import ABSENT, Column, ColumnGroup, Entry, Row, RowGroup, Table
from evalsuite.reports.wording import POOLED, facts, file_name, in_order_of_reading, strata, suite_name, title
from evalsuite.statistics.cells import CellKey
from evalsuite.statistics.mean_interval import mean_interval
from evalsuite.statistics.results import PolicyResults, SuiteResults

KIND = "predictions"
LEGEND = "mean over episodes [95% interval: Student's t over scenarios] and n, the episodes with something to score"
CORRECT, ERROR_PX = 1, 2
"""Places in `Episodes.prediction`."""


def make(evaluation: Evaluation) -> Iterator[Table]:
    """One table a suite in which a policy predicts."""
    for results in evaluation.results:
        policies = [policy for policy in in_order_of_reading(results) if policy.cells[CellKey(None, None)].predictions]
        if policies:
            yield predictions_table(results, policies, evaluation.name(results))


def predictions_table(results: SuiteResults, policies: Sequence[PolicyResults], name: str = "") -> Table:
    """Accuracy of the visibility head and error of the point head, by difficulty."""
    across = (*strata(results)[1], None)
    headings = [difficulty or POOLED for difficulty in across]
    rows = [
        Row(
            policy.label,
            tuple(_entry(results, policy, each, what) for what in (CORRECT, ERROR_PX) for each in across),
        )
        for policy in policies
    ]
    return Table(
        slug=file_name(KIND, name or results.suite),
        kind=KIND,
        title=f"Auxiliary predictions on {title(results)}",
        suite=suite_name(results),
        rehearsal=results.rehearsal,
        facts=facts(results),
        legend=LEGEND,
        stub=("policy",),
        groups=(
            ColumnGroup("target seen or not: steps right (%)", tuple(Column(each) for each in headings)),
            ColumnGroup("where the target is: error (px)", tuple(Column(each) for each in headings)),
        ),
        rows=(RowGroup("", tuple(rows)),),
        notes=(
            "the error is of the predicted point from the target's centroid, in steps in which the target was seen",
        ),
    )


def _entry(results: SuiteResults, policy: PolicyResults, difficulty: str | None, what: int) -> Entry:
    cell = policy.cells.get(CellKey(None, difficulty))
    if cell is None:
        return ABSENT
    values = cell.source.prediction[cell.rows, what].astype(np.float64)
    share = (0.0, 1.0) if what == CORRECT else None
    summary = mean_interval(values, cell.source.scenario[cell.rows].astype(np.int64), bounds=share)
    if summary is None:
        return ABSENT
    scale, greatest = (100, 1.0) if what == CORRECT else (1, np.inf)
    ends = None
    if summary.low is not None and summary.high is not None:
        ends = max(0.0, summary.low), min(greatest, summary.high)
    return number_entry(
        summary.mean,
        f"{scale * summary.mean:.1f}",
        selection_of(results, policy, difficulty=difficulty),
        episodes=cell.source,
        rows=cell.rows[np.isfinite(values)],
        ends=ends,
        ends_text=None if ends is None else (f"{scale * ends[0]:.1f}", f"{scale * ends[1]:.1f}"),
        n=summary.n,
    )
