"""Success by interaction and difficulty: one group of rows a policy, margins over both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.references.published import PublishedRow, published_beside
from evalsuite.reports.tables.best import BOLD_NOTE, best_places, bold
from evalsuite.reports.tables.entries import rate_entry, selection_of
from evalsuite.reports.tables.published import published_entry, published_group, sources
from evalsuite.reports.tables.table import Column, ColumnGroup, Entry, Row, RowGroup, Table
from evalsuite.reports.wording import (
    POOLED,
    ROLE_REMARKS,
    counted,
    facts,
    file_name,
    in_order_of_reading,
    percent,
    readable,
    strata,
    suite_name,
    title,
)
from evalsuite.statistics.cells import Cell, CellKey
from evalsuite.statistics.results import PolicyResults, SuiteResults

KIND = "success"
LEGEND = "success rate [{interval} in %] and n, the episodes scored"

MOST_NAMED = 4
"""Policies that a note names one by one."""

Place = tuple[str, CellKey]


def make(evaluation: Evaluation) -> Iterator[Table]:
    """One table a suite."""
    for results in evaluation.results:
        yield success_table(results, evaluation.name(results))


def success_table(results: SuiteResults, name: str = "") -> Table:
    """Success rates by interaction and difficulty, policies first, then the references beside them.

    Args:
        name: of the suite in file names and links; as `Evaluation.name` says it.
    """
    interactions, difficulties = strata(results)
    policies = in_order_of_reading(results)
    down, across = (*interactions, None), (*difficulties, None)
    bolds = _bolds(policies, [CellKey(*key) for key in product(down, across)])
    groups = [
        RowGroup(
            policy.label,
            tuple(
                Row(
                    readable(interaction or POOLED),
                    tuple(_entry(results, policy, CellKey(interaction, each), bolds) for each in across),
                )
                for interaction in down
            ),
            ROLE_REMARKS[policy.role],
        )
        for policy in policies
    ]
    published = published_beside(results)
    groups += [_published(row, down, across) for row in published]
    return Table(
        slug=file_name(KIND, name or results.suite),
        kind=KIND,
        title=f"Success by interaction and difficulty on {title(results)}",
        suite=suite_name(results),
        rehearsal=results.rehearsal,
        facts=facts(results),
        legend=LEGEND.format(interval=results.interval_name),
        stub=("policy", "interaction"),
        groups=(ColumnGroup("", tuple(Column(each or POOLED) for each in across)),),
        rows=tuple(groups),
        notes=(*results.notes, *remarks(results, policies), *(bold_note(len(down) * len(across)) if bolds else ())),
        sources=sources(published),
    )


def remarks(
    results: SuiteResults, policies: Sequence[PolicyResults], keys: Sequence[CellKey] | None = None
) -> Iterator[str]:
    """What must be known of these policies' rates: errors, and which are not above chance.

    Args:
        keys: the cells that the table shows; None for all of them.
    """
    everything = CellKey(None, None)
    erring = [policy for policy in policies if policy.cells[everything].errors]
    if len(erring) > MOST_NAMED:
        worst = max(erring, key=lambda policy: policy.cells[everything].error_share)
        yield (
            f"{len(erring)} policies have errors, counted neither as success nor as failure; the most has "
            f"{worst.label}: {_errors(worst.cells[everything])}"
        )
    else:
        for policy in erring:
            errors = _errors(policy.cells[everything])
            yield f"{policy.label}: {errors}, counted neither as success nor as failure"
    shown = {
        policy.label: [cell for key, cell in policy.cells.items() if keys is None or key in keys] for policy in erring
    }
    flagged = [label for label, cells in shown.items() if any(cell.too_many_errors for cell in cells)]
    if flagged:
        yield f"! {_named(flagged)}: more than 5% of the cell's episodes are errors; its rate may mislead"
    controls = " or ".join(control.label for control in results.controls)
    low = [
        policy.label
        for policy in policies
        if not all(results.above_chance(policy, key) for key in keys or policy.cells)
    ]
    if low:
        yield f"* {_named(low)}: not above chance, for {controls} comes within the cell's interval"


def _errors(cell: Cell) -> str:
    return f"{counted(cell.errors, 'error')} in {counted(cell.total, 'episode')} ({percent(cell.error_share)})"


def _named(labels: Sequence[str]) -> str:
    return ", ".join(labels) if len(labels) <= MOST_NAMED else f"{len(labels)} policies"


def bold_note(tests: int, of_its: str = "cell", where: str = "this table") -> list[str]:
    """How bold is decided, for a table in which something is bold; `where` the comparisons are that it counts."""
    return [BOLD_NOTE.format(of_its=of_its, tests=counted(tests, "comparison"), where=where)]


def _bolds(policies: Sequence[PolicyResults], keys: Sequence[CellKey]) -> set[Place]:
    """The (policy, cell) pairs that are set in bold."""
    contenders = [policy for policy in policies if policy.role == "policy"]
    columns = [
        [(each.episodes, each.cells[key].rows) if key in each.cells else None for each in contenders] for key in keys
    ]
    best = zip(keys, best_places(columns), strict=True)
    return {(contenders[place].label, key) for key, place in best if place is not None}


def _entry(results: SuiteResults, policy: PolicyResults, key: CellKey, bolds: set[Place]) -> Entry:
    entry = rate_entry(
        policy.cells.get(key),
        selection_of(results, policy, interaction=key.interaction, difficulty=key.difficulty),
        above_chance=results.above_chance(policy, key),
    )
    return bold(entry) if (policy.label, key) in bolds else entry


def _published(row: PublishedRow, down: Sequence[str | None], across: Sequence[str | None]) -> RowGroup:
    lines = [
        Row(readable(interaction or POOLED), tuple(published_entry(row, interaction, each) for each in across))
        for interaction in down
    ]
    told = [line for line in lines if any(entry.value is not None for entry in line.entries)]
    return published_group(row.policy, told)
