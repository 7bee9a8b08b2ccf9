"""The numbers as tidy CSV in full precision: the cells, every entry of every table, and the episodes behind them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from evalsuite.reports.evaluation import Evaluation, read_evaluation
from evalsuite.reports.files import report_folder, write_whole
from evalsuite.reports.tables.registry import all_tables
from evalsuite.reports.tables.table import Entry, Table
from evalsuite.reports.view_bins import VIEW_QUANTITIES, bin_names, view_values
from evalsuite.reports.wording import POOLED, in_order_of_reading, strata
from evalsuite.statistics.cells import Cell, CellKey
from evalsuite.statistics.episodes import OUTCOME_NAMES
from evalsuite.statistics.intervals import IntervalKind
from evalsuite.statistics.results import SuiteResults

CELLS_FILE = "cells.csv"
TABLES_FILE = "tables.csv"
EPISODES_FILE = "episodes.csv"
CELL_COLUMNS = (
    "suite",
    "suite_sha256",
    "rehearsal",
    "policy",
    "policy_sha256",
    "interaction",
    "difficulty",
    "n",
    "successes",
    "errors",
    "rate",
    "low",
    "high",
    "exact_low",
    "exact_high",
    "invalid",
    "above_chance",
    "visibility_accuracy",
    "centroid_error_px",
)
"""Rates and ends of intervals are shares in [0, 1]; no rate where n is 0. `low` and `high`: the 95% interval that was
asked for, widened by the design effect where scenarios carry several seeds; `exact_low` and `exact_high`: Clopper and
Pearson's. `invalid`: episodes solved before the first action. `above_chance`: false where a control comes within the
interval. The last two stand where the policy predicts and the world knows. An interaction or difficulty of `all` is
pooled over episodes."""

TABLE_COLUMNS = (
    "table",
    "suite",
    "rehearsal",
    "group",
    "row",
    "column_group",
    "column",
    "unit",
    "kind",
    "value",
    "low",
    "high",
    "n",
    "bold",
    "marks",
    "shown",
    "episodes",
)
"""One row an entry that has a value. Rates and differences are shares, other numbers in `unit`. `kind`: rate,
difference, number, or published (quoted, not measured). `episodes` names the rows of `episodes.csv` behind it as
`column=value` joined by `;`: those that hold, in every column named, one of the values named for it."""

EPISODE_COLUMNS = (
    "run",
    "scenario",
    "seed",
    "policy",
    "policy_sha256",
    "suite",
    "suite_sha256",
    "rehearsal",
    "world",
    "interaction",
    "difficulty",
    "outcome",
    "invalid",
    "folder",
    *(name for quantity in VIEW_QUANTITIES for name in (quantity.name, quantity.column)),
)
"""One row a settled episode; `run`, `scenario`, `seed` and the label find its record in `folder`. `policy` is the
label under which it is reported."""


def write(runs: Sequence[Path], out: Path | None, *, interval: IntervalKind = "wilson") -> list[Path]:
    """Write `cells.csv`, `tables.csv` and `episodes.csv`."""
    evaluation = read_evaluation(runs, interval)
    folder = report_folder(runs, out)
    cells = (row for results in evaluation.results for row in cell_rows(results))
    entries = (row for table in all_tables(evaluation) for row in entry_rows(table))
    return [
        write_whole(folder / CELLS_FILE, _csv(CELL_COLUMNS, cells)),
        write_whole(folder / TABLES_FILE, _csv(TABLE_COLUMNS, entries)),
        write_whole(folder / EPISODES_FILE, _csv(EPISODE_COLUMNS, episode_rows(evaluation))),
    ]


def cell_rows(results: SuiteResults) -> Iterator[dict[str, object]]:
    """One mapping a cell, in the order of the table."""
    interactions, difficulties = strata(results)
    keys = [CellKey(i, d) for i in (*interactions, None) for d in (*difficulties, None)]
    for policy in in_order_of_reading(results):
        for cell in (policy.cells[key] for key in keys if key in policy.cells):
            yield {
                "suite": results.suite,
                "suite_sha256": results.suite_sha256,
                "rehearsal": _truth(results.rehearsal),
                "policy": policy.label,
                "policy_sha256": policy.sha256,
                "interaction": cell.key.interaction or POOLED,
                "difficulty": cell.key.difficulty or POOLED,
                "n": cell.n,
                "successes": cell.successes,
                "errors": cell.errors,
                "rate": "" if cell.rate is None else cell.rate,
                "low": cell.interval.low,
                "high": cell.interval.high,
                "exact_low": cell.exact_interval.low,
                "exact_high": cell.exact_interval.high,
                "invalid": cell.invalid,
                "above_chance": _truth(results.above_chance(policy, cell.key)),
                **_prediction(cell),
            }


def entry_rows(table: Table) -> Iterator[dict[str, object]]:
    """One mapping an entry with a value, row by row."""
    headings = [(group.heading, column) for group in table.groups for column in group.columns]
    for group, row in table.lines:
        for (heading, column), entry in zip(headings, row.entries, strict=True):
            if entry.value is not None:
                yield {
                    "table": table.slug,
                    "suite": table.suite,
                    "rehearsal": _truth(table.rehearsal),
                    "group": group.name,
                    "row": row.name,
                    "column_group": heading,
                    "column": column.heading,
                    "unit": column.unit,
                    **_entry(entry),
                }


def episode_rows(evaluation: Evaluation) -> Iterator[dict[str, object]]:
    """One mapping a settled episode, policy by policy in the order of the records."""
    for results in evaluation.results:
        folders = {run.header.run: str(run.folder) for run in results.runs}
        for policy in in_order_of_reading(results):
            episodes = policy.episodes
            rows = evaluation.measurements.rows(episodes)
            views: list[tuple[str, list[object]]] = []
            for quantity in VIEW_QUANTITIES:
                values = view_values(quantity, evaluation.measurements, rows)
                views.append((quantity.name, ["" if np.isnan(each) else f"{each:g}" for each in values]))
                views.append((quantity.column, [*bin_names(quantity, values)]))
            for at in range(len(episodes)):
                profile = episodes.profiles[episodes.profile[at]]
                yield {
                    "run": profile.run,
                    "scenario": episodes.scenarios[episodes.scenario[at]],
                    "seed": int(episodes.seed[at]),
                    "policy": policy.label,
                    "policy_sha256": policy.sha256,
                    "suite": results.suite,
                    "suite_sha256": results.suite_sha256,
                    "rehearsal": _truth(results.rehearsal),
                    "world": profile.world,
                    "interaction": profile.interaction,
                    "difficulty": profile.difficulty,
                    "outcome": OUTCOME_NAMES[episodes.outcome[at]],
                    "invalid": _truth(bool(episodes.solved_at_reset[at])),
                    "folder": folders.get(profile.run, ""),
                    **{name: values[at] for name, values in views},
                }


def _csv(columns: Sequence[str], rows: Iterable[dict[str, object]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _entry(entry: Entry) -> dict[str, object]:
    low, high = ("", "") if entry.ends is None else entry.ends
    return {
        "kind": entry.kind,
        "value": entry.value,
        "low": low,
        "high": high,
        "n": "" if entry.n is None else entry.n,
        "bold": _truth(entry.bold),
        "marks": entry.marks,
        "shown": entry.plain,
        "episodes": ";".join(f"{name}={value}" for name, value in entry.selection),
    }


def _prediction(cell: Cell) -> dict[str, object]:
    summary = cell.predictions
    if summary is None:
        return {"visibility_accuracy": "", "centroid_error_px": ""}
    error = summary.centroid_error_px
    return {
        "visibility_accuracy": summary.visibility_accuracy,
        "centroid_error_px": "" if error is None else error,
    }


def _truth(value: bool) -> str:
    return str(value).lower()
