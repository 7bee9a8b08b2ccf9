"""The numbers as tidy CSV in full precision: the cells, every entry of every table, and the episodes behind them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from evalsuite.reports.evaluation import Evaluation, read_evaluation
from evalsuite.reports.files import replace_earlier, report_folder, write_whole
from evalsuite.reports.learning_curves import beside, checkpoints_of, learning_curves
from evalsuite.reports.tables.registry import all_tables
from evalsuite.reports.tables.table import Entry, Table
from evalsuite.reports.tables.view_difficulty import view_strata
from evalsuite.reports.view_bins import MEASURES, measured_in
from evalsuite.reports.wording import POOLED, in_order_of_reading, strata
from evalsuite.statistics.cells import Cell, CellKey, counted
from evalsuite.statistics.checkpoint_series import series_in
from evalsuite.statistics.episodes import OUTCOME_NAMES
from evalsuite.statistics.intervals import IntervalKind
from evalsuite.statistics.results import PolicyResults, SuiteResults

CELLS_FILE = "cells.csv"
TABLES_FILE = "tables.csv"
EPISODES_FILE = "episodes.csv"
VIEW_DIFFICULTY_FILE = "view-difficulty.csv"
LEARNING_CURVE_FILE = "learning-curve.csv"
_RATE_COLUMNS = ("interaction", "difficulty", "n", "successes", "errors", "rate", "low", "high")
CELL_COLUMNS = (
    "suite",
    "suite_sha256",
    "rehearsal",
    "policy",
    "policy_sha256",
    *_RATE_COLUMNS,
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

VIEW_DIFFICULTY_COLUMNS = (
    "suite",
    "suite_sha256",
    "rehearsal",
    "policy",
    "policy_sha256",
    "bins",
    "measure",
    "bin",
    "n",
    "successes",
    "errors",
    "rate",
    "low",
    "high",
)
"""One row a policy and bin of view difficulty that holds episodes. `bins`: the name of that way to cut; `measure`: the
quantity that it cuts, empty where it follows from several."""

LEARNING_CURVE_COLUMNS = (
    "suite",
    "suite_sha256",
    "rehearsal",
    "series",
    "step",
    "policy",
    "policy_sha256",
    "role",
    *_RATE_COLUMNS,
)
"""What the figures of learning curves draw: one row a checkpoint and panel, and one without a `step` for each policy,
oracle or control (`role`) that is drawn beside them as a line. `series`: the labels, with `#` where the step stands."""

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
    *MEASURES,
)
"""One row a settled episode; `run`, `scenario`, `seed` and the label find its record in `folder`. `policy` is the
label under which it is reported. Behind the measures of view difficulty, a truth among them as 0 or 1, stands a column
for each way to cut them, such as `view_gap_bin`."""


def write(
    runs: Sequence[Path], out: Path | None, *, interval: IntervalKind = "wilson", view_bins: str | None = None
) -> list[Path]:
    """Write `cells.csv`, `tables.csv`, `episodes.csv`, and what else has rows: `view-difficulty.csv`,
    `learning-curve.csv`.
    """
    evaluation = read_evaluation(runs, interval, view_bins)
    folder = report_folder(runs, out)
    cells = (row for results in evaluation.results for row in cell_rows(results))
    entries = (row for table in all_tables(evaluation) for row in entry_rows(table))
    points = [row for results in evaluation.results for row in learning_curve_rows(results)]
    views = [row for results in evaluation.results for row in view_difficulty_rows(evaluation, results)]
    episode_columns = (*EPISODE_COLUMNS, *(binning.column for binning in evaluation.view_bins.binnings))
    written = [
        write_whole(folder / CELLS_FILE, _csv(CELL_COLUMNS, cells)),
        write_whole(folder / TABLES_FILE, _csv(TABLE_COLUMNS, entries)),
        write_whole(folder / EPISODES_FILE, _csv(episode_columns, episode_rows(evaluation))),
    ]
    if views:
        written.append(write_whole(folder / VIEW_DIFFICULTY_FILE, _csv(VIEW_DIFFICULTY_COLUMNS, views)))
    if points:
        written.append(write_whole(folder / LEARNING_CURVE_FILE, _csv(LEARNING_CURVE_COLUMNS, points)))
    return replace_earlier(folder, "csv", written)


def cell_rows(results: SuiteResults) -> Iterator[dict[str, object]]:
    """One mapping a cell, in the order of the table."""
    interactions, difficulties = strata(results)
    keys = [CellKey(i, d) for i in (*interactions, None) for d in (*difficulties, None)]
    for policy in in_order_of_reading(results):
        for cell in (policy.cells[key] for key in keys if key in policy.cells):
            yield {
                **_whose(results, policy),
                "interaction": cell.key.interaction or POOLED,
                "difficulty": cell.key.difficulty or POOLED,
                **_rate(cell),
                "exact_low": cell.exact_interval.low,
                "exact_high": cell.exact_interval.high,
                "invalid": cell.invalid,
                "above_chance": _truth(results.above_chance(policy, cell.key)),
                **_prediction(cell),
            }


def entry_rows(table: Table) -> Iterator[dict[str, object]]:
    """One mapping an entry with a value, row by row."""
    headings = [(across, column) for across in table.groups for column in across.columns]
    for group, row in table.lines:
        for (across, column), entry in zip(headings, row.entries, strict=True):
            if entry.value is not None:
                yield {
                    "table": table.slug,
                    "suite": table.suite,
                    "rehearsal": _truth(table.rehearsal or across.rehearsal),
                    "group": group.name,
                    "row": row.name,
                    "column_group": across.heading,
                    "column": column.heading,
                    "unit": column.unit,
                    **_entry(entry),
                }


def view_difficulty_rows(evaluation: Evaluation, results: SuiteResults) -> Iterator[dict[str, object]]:
    """One mapping a policy and bin, of every way to cut that tells the episodes apart."""
    for stratum in view_strata(evaluation, results):
        for policy, rows in zip(in_order_of_reading(results), stratum.rows, strict=True):
            if len(rows):
                cell = counted(CellKey(None, None), policy.episodes, rows, results.interval_kind)
                yield {
                    **_whose(results, policy),
                    "bins": stratum.binning.name,
                    "measure": stratum.binning.measure,
                    "bin": stratum.bin.name,
                    **_rate(cell),
                }


def learning_curve_rows(results: SuiteResults) -> Iterator[dict[str, object]]:
    """One mapping a point of a curve, and one a line beside it, panel by panel."""
    for series in series_in(results):
        for curve in learning_curves(results, series):
            checkpoints = zip(series.steps, checkpoints_of(results, series), curve.cells, strict=True)
            others = ((policy, curve.beside.get(policy.label)) for policy in beside(results, series))
            for step, policy, cell in (*checkpoints, *(("", policy, cell) for policy, cell in others)):
                if cell is not None:
                    yield {
                        **_whose(results, policy),
                        "series": series.name,
                        "step": f"{step:.15g}" if isinstance(step, float) else step,
                        "role": policy.role,
                        "interaction": cell.key.interaction or POOLED,
                        "difficulty": cell.key.difficulty or POOLED,
                        **_rate(cell),
                    }


def episode_rows(evaluation: Evaluation) -> Iterator[dict[str, object]]:
    """One mapping a settled episode, policy by policy in the order of the records."""
    for results in evaluation.results:
        folders = {run.header.run: str(run.folder) for run in results.runs}
        for policy in in_order_of_reading(results):
            episodes = policy.episodes
            measured = measured_in(evaluation.measurements, evaluation.measurements.rows(episodes))
            views: list[tuple[str, list[str]]] = [
                (name, ["" if np.isnan(each) else f"{each:g}" for each in measured(name)]) for name in MEASURES
            ]
            views += [(binning.column, binning.bin_names(measured)) for binning in evaluation.view_bins.binnings]
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


def _whose(results: SuiteResults, policy: PolicyResults) -> dict[str, object]:
    return {
        "suite": results.suite,
        "suite_sha256": results.suite_sha256,
        "rehearsal": _truth(results.rehearsal),
        "policy": policy.label,
        "policy_sha256": policy.sha256,
    }


def _rate(cell: Cell) -> dict[str, object]:
    return {
        "n": cell.n,
        "successes": cell.successes,
        "errors": cell.errors,
        "rate": "" if cell.rate is None else cell.rate,
        "low": cell.interval.low,
        "high": cell.interval.high,
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
