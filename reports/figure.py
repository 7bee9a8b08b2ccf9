"""The figures as pictures: PNG for a screen, PDF for a paper."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evalsuite.reports.evaluation import read_evaluation
from evalsuite.reports.figures.registry import all_figures
from evalsuite.reports.files import replace_earlier, report_folder
from evalsuite.reports.style import COLUMN_WIDTH_INCHES, PAGE_WIDTH_INCHES
from evalsuite.statistics.intervals import IntervalKind


def write(
    runs: Sequence[Path], out: Path | None, *, interval: IntervalKind = "wilson", view_bins: str | None = None
) -> list[Path]:
    """Write every figure as `SLUG.png`, a page wide."""
    folder = report_folder(runs, out)
    figures = all_figures(read_evaluation(runs, interval, view_bins))
    drawn = [figure.draw(folder / f"{figure.slug}.png", PAGE_WIDTH_INCHES) for figure in figures]
    return replace_earlier(folder, "png", drawn)


def write_pdf(
    runs: Sequence[Path], out: Path | None, *, interval: IntervalKind = "wilson", view_bins: str | None = None
) -> list[Path]:
    """Write every figure as vectors, `SLUG.pdf` a page wide and `SLUG-column.pdf` a column wide."""
    folder = report_folder(runs, out)
    written = []
    for figure in all_figures(read_evaluation(runs, interval, view_bins)):
        written.append(figure.draw(folder / f"{figure.slug}.pdf", PAGE_WIDTH_INCHES))
        written.append(figure.draw(folder / f"{figure.slug}-column.pdf", COLUMN_WIDTH_INCHES))
    return replace_earlier(folder, "pdf", written)
