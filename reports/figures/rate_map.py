"""Interaction by difficulty for a policy by itself: success rates, as light as they are high."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.figures.figure_request import FigureRequest, figure_slug
from evalsuite.reports.figures.frame import Frame
from evalsuite.reports.figures.squares import Square, draw_squares
from evalsuite.reports.style import SEQUENTIAL
from evalsuite.reports.wording import percent, strata, title
from evalsuite.statistics.cells import Cell, CellKey
from evalsuite.statistics.results import PolicyResults, SuiteResults

KIND = "rates"


def make(evaluation: Evaluation) -> Iterator[FigureRequest]:
    """Of the only policy under test of a suite; several are better held against one another."""
    for results in evaluation.results:
        tested = [policy for policy in results.policies if policy.role == "policy"]
        if len(tested) == 1 and min(map(len, strata(results))) > 1:
            yield FigureRequest(
                slug=figure_slug(KIND, evaluation, results),
                title=f"Success rate of {tested[0].label} on {title(results)}",
                caption=f"Success rate of {tested[0].label} [{results.interval_name}] and n, the episodes scored.",
                draw=partial(draw, results, tested[0]),
            )


def draw(results: SuiteResults, policy: PolicyResults, path: Path, width: float) -> Path:
    """Draw the map into `path`, `width` inches wide."""
    interactions, difficulties = strata(results)
    rows, columns = (*interactions, None), (*difficulties, None)
    found = [
        _square(row, column, policy.cells.get(CellKey(interaction, difficulty)))
        for row, interaction in enumerate(rows)
        for column, difficulty in enumerate(columns)
    ]
    foot = f"Each square: success rate [{results.interval_name}] and n, the episodes scored. Colour: from 0 to 100%."
    frame = Frame(width, f"Success rate of {policy.label}", title(results), foot)
    return draw_squares(found, rows, columns, frame, SEQUENTIAL, path)


def _square(row: int, column: int, cell: Cell | None) -> Square:
    if cell is None or cell.rate is None:
        return Square(row, column, None, "–")
    ends = f"[{100 * cell.interval.low:.0f}, {100 * cell.interval.high:.0f}]"
    return Square(row, column, cell.rate, percent(cell.rate), (ends, f"n={cell.n}"))
