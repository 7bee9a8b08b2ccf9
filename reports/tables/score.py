"""The graded score, the share of a scenario's goals that were reached, where it says more than success does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.tables.entries import number_entry, selection_of
from evalsuite.reports.tables.table import ABSENT, Column, ColumnGroup, Entry, Row, RowGroup, Table
from evalsuite.reports.wording import (
    POOLED,
    ROLE_REMARKS,
    facts,
    file_name,
    in_order_of_reading,
    readable,
    strata,
    suite_name,
    title,
)
from evalsuite.statistics.cells import CellKey
from evalsuite.statistics.episodes import ERROR
from evalsuite.statistics.mean_interval import mean_interval
from evalsuite.statistics.results import PolicyResults, SuiteResults

KIND = "score"
LEGEND = (
    "mean score, from 0 to 1 [95% interval: Student's t over scenarios, Hoeffding's where all are equal] and n, the "
    "episodes scored"
)


def make(evaluation: Evaluation) -> Iterator[Table]:
    """One table a suite of which a scenario has several goals."""
    for results in evaluation.results:
        if has_several_goals(evaluation, results):
            yield score_table(evaluation, results)


def score_table(evaluation: Evaluation, results: SuiteResults) -> Table:
    """Mean scores by interaction and difficulty; errors and scenarios solved at the start are left out."""
    interactions, difficulties = strata(results)
    across = (*difficulties, None)
    groups = [
        RowGroup(
            policy.label,
            tuple(
                Row(
                    readable(interaction or POOLED),
                    tuple(score_entry(evaluation, results, policy, CellKey(interaction, each)) for each in across),
                )
                for interaction in (*interactions, None)
            ),
            ROLE_REMARKS[policy.role],
        )
        for policy in in_order_of_reading(results)
    ]
    return Table(
        slug=file_name(KIND, evaluation.name(results)),
        kind=KIND,
        title=f"Score by interaction and difficulty on {title(results)}",
        suite=suite_name(results),
        rehearsal=results.rehearsal,
        facts=facts(results),
        legend=LEGEND,
        stub=("policy", "interaction"),
        groups=(ColumnGroup("", tuple(Column(each or POOLED) for each in across)),),
        rows=tuple(groups),
        notes=(
            "the score of an episode is the share of its goals that were reached, one after the other; its "
            "interaction, difficulty and views are those of its first goal",
        ),
    )


def has_several_goals(evaluation: Evaluation, results: SuiteResults) -> bool:
    """Whether an episode was asked for goal after goal: its record says so, or that it reached some and not all."""
    measured = evaluation.measurements
    rows = np.concatenate([measured.rows(policy.episodes) for policy in results.policies])
    score = measured.score[rows]
    return bool(((measured.goals[rows] > 1) | ((score > 0.0) & (score < 1.0))).any())


def score_entry(evaluation: Evaluation, results: SuiteResults, policy: PolicyResults, key: CellKey) -> Entry:
    """The mean score of `policy` in a cell."""
    cell = policy.cells.get(key)
    if cell is None:
        return ABSENT
    source = cell.source
    rows = cell.rows[(source.outcome[cell.rows] != ERROR) & ~source.solved_at_reset[cell.rows]]
    measured = evaluation.measurements
    scores = measured.score[measured.rows(source.take(rows))]
    summary = mean_interval(scores, source.scenario[rows].astype(np.int64), bounds=(0.0, 1.0))
    if summary is None:
        return ABSENT
    ends = None
    if summary.low is not None and summary.high is not None:
        ends = max(0.0, summary.low), min(1.0, summary.high)
    return number_entry(
        summary.mean,
        f"{summary.mean:.2f}",
        selection_of(results, policy, interaction=key.interaction, difficulty=key.difficulty),
        episodes=source,
        rows=rows,
        ends=ends,
        ends_text=None if ends is None else (f"{ends[0]:.2f}", f"{ends[1]:.2f}"),
        n=summary.n,
    )
