"""The cells as a tidy CSV: one row a cell, margins included, numbers in full precision."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from evalsuite.reports.files import report_folder, write_whole
from evalsuite.reports.table import POOLED, in_order_of_reading, strata
from evalsuite.statistics.cells import Cell, CellKey
from evalsuite.statistics.results import SuiteResults, read_results

FILE_NAME = "cells.csv"
COLUMNS = (
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
"""Rates and ends of intervals are shares in [0, 1]; no rate where n is 0. `low` and `high`: Wilson's 95% interval,
widened by the design effect where scenarios carry several seeds; `exact_low` and `exact_high`: Clopper and
Pearson's. `invalid`: episodes solved before the first action. `above_chance`: false where a control comes within the
interval. The last two stand where the policy predicts and the world knows. An interaction or difficulty of `all` is
pooled over episodes."""


def write(runs: Sequence[Path], out: Path | None) -> list[Path]:
    """Write `cells.csv`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for results in read_results(runs):
        writer.writerows(rows(results))
    return [write_whole(report_folder(runs, out) / FILE_NAME, text.getvalue().encode())]


def rows(results: SuiteResults) -> Iterator[dict[str, object]]:
    """One mapping a cell, in the order of the table."""
    interactions, difficulties = strata(results)
    keys = [CellKey(i, d) for i in (*interactions, None) for d in (*difficulties, None)]
    for policy in in_order_of_reading(results):
        for cell in (policy.cells[key] for key in keys if key in policy.cells):
            yield {
                "suite": results.suite,
                "suite_sha256": results.suite_sha256,
                "rehearsal": str(results.rehearsal).lower(),
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
                "above_chance": str(results.above_chance(policy, cell.key)).lower(),
                **_prediction(cell),
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
