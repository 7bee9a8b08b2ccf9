"""Success over a series of checkpoints, with the band of its intervals: in all, by interaction and by difficulty."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from evalsuite.reports.drawing import new_figure, save_figure
from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.figures.figure_request import FigureRequest, figure_slug
from evalsuite.reports.figures.frame import EDGE_INCHES, LETTER_SHARE, POINTS_PER_INCH, Frame
from evalsuite.reports.learning_curves import Curve, beside, learning_curves
from evalsuite.reports.style import INK, POLICY_COLOURS, QUIET
from evalsuite.reports.wording import percent, readable, title
from evalsuite.statistics.checkpoint_series import CheckpointSeries, series_in
from evalsuite.statistics.results import SuiteResults

KIND = "learning-curve"
FOOT = "Line: success rate of each checkpoint. Band: {interval}. n: episodes scored a checkpoint.{references}"
REFERENCES = " Dashed: {names} on the same scenarios."
PANEL_INCHES = {True: 1.6, False: 2.2}
SMALL_PANEL_INCHES = {True: 0.85, False: 1.0}
SMALL_ACROSS = {True: 2, False: 4}
"""By whether it is laid out for one column of two."""

LEAST_LABEL_GAP = 1.25
"""Between the names at the right, in lines."""

DASHES = ((0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1.2, 1, 1.2)), (0, (7, 2)))


def make(evaluation: Evaluation) -> Iterator[FigureRequest]:
    """One for each series of checkpoints on a suite."""
    for results in evaluation.results:
        every = series_in(results)
        for series in every:
            more = series.name.replace("#", "") if len(every) > 1 else ""
            yield FigureRequest(
                slug=figure_slug(KIND, evaluation, results, more),
                title=f"Success over checkpoints {series.shown} on {title(results)}",
                caption=_foot(results, series),
                draw=partial(draw, results, series),
            )


def draw(results: SuiteResults, series: CheckpointSeries, path: Path, width: float) -> Path:
    """Draw the curves into `path`, `width` inches wide: that of all episodes above the others."""
    subtitle = f"{series.shown} on {title(results)}"
    frame = Frame(width, "Success over checkpoints", subtitle, _foot(results, series))
    overall, *others = learning_curves(results, series)
    labels = _labels(overall)
    names = max((len(name) for _, name, _ in labels), default=0)
    right = LETTER_SHARE * frame.small_size / POINTS_PER_INCH * (names + 3)
    left, under, gap = 0.40 if frame.narrow else 0.46, 0.40, 0.46
    panel, small, across = PANEL_INCHES[frame.narrow], SMALL_PANEL_INCHES[frame.narrow], SMALL_ACROSS[frame.narrow]
    down = -(-len(others) // across)
    top = frame.head_inches + 0.18
    height = top + panel + under + down * (small + gap) + frame.foot_inches
    with new_figure(width, height) as figure:

        def axes_at(x: float, y: float, wide: float, high: float) -> Any:
            """In inches from the left and from the top."""
            return figure.add_axes((x / width, 1 - (y + high) / height, wide / width, high / height))

        axes = axes_at(left, top, width - left - right - EDGE_INCHES, panel)
        _draw_curve(axes, series, overall, frame)
        axes.set_xlabel(series.axis, size=frame.small_size, labelpad=2)
        if labels:
            _write_labels(axes, labels, frame, panel)
        wide = (width - left - 0.14) / across
        for place, curve in enumerate(others):
            row, column = divmod(place, across)
            y = top + panel + under + row * (small + gap) + 0.22
            axes = axes_at(left + column * wide, y, wide - 0.2, small)
            _draw_curve(axes, series, curve, frame, small=True)
            if column:
                axes.set_yticklabels([])
        frame.write(figure)
        return save_figure(figure, path)


def _draw_curve(axes: Any, series: CheckpointSeries, curve: Curve, frame: Frame, *, small: bool = False) -> None:
    colour = POLICY_COLOURS[0]
    rates = [math.nan if cell is None or cell.rate is None else 100 * cell.rate for cell in curve.cells]
    known = [None if cell is None or cell.rate is None else cell.interval for cell in curve.cells]
    low = [math.nan if interval is None else 100 * interval.low for interval in known]
    high = [math.nan if interval is None else 100 * interval.high for interval in known]
    for place, cell in enumerate(curve.beside.values()):
        if cell.rate is not None:
            dashes = DASHES[place % len(DASHES)]
            axes.axhline(100 * cell.rate, color=QUIET, linewidth=0.8, linestyle=dashes, zorder=2, clip_on=False)
    axes.fill_between(series.steps, low, high, color=colour, alpha=0.18, linewidth=0, zorder=3)
    axes.plot(series.steps, rates, color=colour, linewidth=1.1 if small else 2, zorder=4, clip_on=False)
    axes.plot(
        series.steps,
        rates,
        "o",
        color=colour,
        markersize=2.2 if small else 3.5,
        zorder=5,
        clip_on=False,
        markeredgecolor="white",
        markeredgewidth=0.3 if small else 0.5,
    )
    axes.set_ylim(0, 100)
    heights = (0, 50, 100) if small else (0, 25, 50, 75, 100)
    axes.set_yticks(heights, [f"{each}%" if each == 100 else str(each) for each in heights], size=frame.small_size)
    axes.set_xlim(series.steps[0], series.steps[-1])
    axes.locator_params(axis="x", nbins=3 if small else 8)
    axes.tick_params(axis="x", labelsize=frame.small_size)
    axes.xaxis.set_major_formatter(_step_text)
    name = readable(curve.name) if curve.name else "all episodes"
    axes.set_title(name, pad=4, size=frame.name_size)
    axes.set_title(_count(curve), pad=4, size=frame.small_size, loc="right", color=QUIET, weight="normal")


def _labels(curve: Curve) -> list[tuple[float, str, str]]:
    """Height, text and colour of what stands at the right of a panel's lines."""
    rates = [cell.rate for cell in curve.cells if cell is not None and cell.rate is not None]
    found = [(100 * rates[-1], percent(rates[-1]), POLICY_COLOURS[0])] if rates else []
    return found + [
        (100 * cell.rate, f"{label} {percent(cell.rate)}", QUIET)
        for label, cell in curve.beside.items()
        if cell.rate is not None
    ]


def _write_labels(axes: Any, labels: Sequence[tuple[float, str, str]], frame: Frame, panel: float) -> None:
    """Write the lines' names where they end, moved apart so that none lies on another or below the axis."""
    gap = LEAST_LABEL_GAP * frame.small_size / POINTS_PER_INCH / panel * 100
    at = float("-inf")
    places = []
    for height, _, _ in sorted(labels):
        at = max(height, at + gap)
        places.append(at)
    moved = sum(place - height for place, (height, _, _) in zip(places, sorted(labels), strict=True)) / len(labels)
    moved = min(moved, places[0] - gap / 4)
    for place, (_, name, colour) in zip(places, sorted(labels), strict=True):
        axes.annotate(
            name,
            (1, place - moved),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center_baseline",
            size=frame.small_size,
            weight="bold" if colour != QUIET else "normal",
            color=INK if colour == QUIET else colour,
            annotation_clip=False,
        )


def _count(curve: Curve) -> str:
    """`n=96`, or `n=90–96` where checkpoints differ."""
    numbers = [0 if cell is None else cell.n for cell in curve.cells]
    low, high = min(numbers), max(numbers)
    return f"n={low}" if low == high else f"n={low}–{high}"


def _step_text(value: float, _: int) -> str:
    for factor, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:g}{letter}"
    return f"{value:g}"


def _foot(results: SuiteResults, series: CheckpointSeries) -> str:
    names = ", ".join(policy.label for policy in beside(results, series))
    return FOOT.format(interval=results.interval_name, references=REFERENCES.format(names=names) if names else "")
