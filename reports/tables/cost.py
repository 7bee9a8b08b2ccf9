"""What an evaluation costs: steps a second, wall time, and how long a step and a decision take."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.tables.entries import number_entry, selection_of
from evalsuite.reports.tables.table import ABSENT, Column, ColumnGroup, Entry, Row, RowGroup, Table
from evalsuite.reports.wording import facts, file_name, in_order_of_reading, suite_name, title
from evalsuite.statistics.busy_time import busy_seconds
from evalsuite.statistics.measurements import Measurements
from evalsuite.statistics.results import PolicyResults, SuiteResults

KIND = "cost"
LEGEND = "wall: the time in which at least one of the policy's episodes was under way; p50, p99: over its n episodes"
NOTES = (
    "a step's time is an episode's mean: the records hold each phase's total, so a single slow step shows only in it",
    "policy: from handing over an observation to having the action, waiting for the batch included; world: a step of "
    "the simulator with its picture and facts",
    "times are of the machine and the load under which the runs were made",
)
MILLISECONDS = 1000.0


def make(evaluation: Evaluation) -> Iterator[Table]:
    """One table a suite whose records tell times."""
    for results in evaluation.results:
        rows = [_row(results, policy, evaluation.measurements) for policy in in_order_of_reading(results)]
        if any(entry.value for row in rows for entry in row.entries):
            yield Table(
                slug=file_name(KIND, evaluation.name(results)),
                kind=KIND,
                title=f"Cost on {title(results)}",
                suite=suite_name(results),
                rehearsal=results.rehearsal,
                facts=facts(results),
                legend=LEGEND,
                stub=("policy",),
                groups=(
                    ColumnGroup("", (_plain("n"), _plain("steps"), _plain("wall", "min"), _plain("steps/s"))),
                    ColumnGroup("policy, a step", (_plain("p50", "ms"), _plain("p99", "ms"))),
                    ColumnGroup("world, a step", (_plain("p50", "ms"), _plain("p99", "ms"))),
                    ColumnGroup("reset", (_plain("p50", "s"), _plain("p99", "s"))),
                ),
                rows=(RowGroup("", tuple(rows)),),
                notes=NOTES,
            )


def _plain(heading: str, unit: str = "") -> Column:
    return Column(heading, unit, measured=False)


def _row(results: SuiteResults, policy: PolicyResults, measurements: Measurements) -> Row:
    rows = measurements.rows(policy.episodes)
    steps = measurements.steps[rows]
    total = int(steps.sum())
    wall = busy_seconds(measurements.started[rows], measurements.finished[rows])
    walked = steps > 0

    def entry(value: float | None, text: str) -> Entry:
        return number_entry(value, text, selection_of(results, policy), episodes=policy.episodes)

    def seconds(phase: str) -> NDArray[np.float64]:
        values = measurements.seconds.get(phase)
        return np.full(len(rows), np.nan) if values is None else values[rows]

    def percentiles(values: NDArray[np.float64], digits: int) -> Iterator[Entry]:
        known = values[np.isfinite(values)]
        for share in (50, 99):
            value = float(np.percentile(known, share)) if len(known) else None
            yield ABSENT if value is None else entry(value, f"{value:.{digits}f}")

    return Row(
        policy.label,
        (
            entry(len(rows), f"{len(rows):,}"),
            entry(total, f"{total:,}"),
            entry(wall / 60, f"{wall / 60:.1f}") if wall else ABSENT,
            entry(total / wall, f"{total / wall:.1f}") if wall else ABSENT,
            *percentiles(MILLISECONDS * seconds("policy")[walked] / steps[walked], 2),
            *percentiles(MILLISECONDS * seconds("step")[walked] / steps[walked], 2),
            *percentiles(seconds("reset"), 3),
        ),
    )
