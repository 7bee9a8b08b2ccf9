"""A figure that can be drawn, and what to say of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.wording import file_name
from evalsuite.statistics.results import SuiteResults


@dataclass(frozen=True)
class FigureRequest:
    """Something to be drawn from records.

    Args:
        slug: what it is called in file names and links, unique in a report.
        title: a line that can stand above it alone.
        caption: what is seen, the kind of the intervals included; for the text below it.
        draw: (path, width in inches) -> path. The path's ending names the format (png, pdf, svg); the width is
            `PAGE_WIDTH_INCHES` or `COLUMN_WIDTH_INCHES`, for which it is laid out. Raises `UsageError`.
    """

    slug: str
    title: str
    caption: str
    draw: Callable[[Path, float], Path]


def figure_slug(kind: str, evaluation: Evaluation, results: SuiteResults, more: str = "") -> str:
    """`success`, or with what tells the suite apart where the report has several, or is of a rehearsal."""
    name = evaluation.name(results) if len(evaluation.results) > 1 else "rehearsal" if results.rehearsal else ""
    return file_name(kind, name, more)
