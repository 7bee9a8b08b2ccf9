"""Success over a series of checkpoints, with the band of its intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from evalsuite.reports.drawing import new_figure, save_figure
from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.figures.bars import MARKERS
from evalsuite.reports.figures.figure_request import FigureRequest, figure_slug
from evalsuite.reports.figures.frame import EDGE_INCHES, LETTER_SHARE, POINTS_PER_INCH, Frame
from evalsuite.reports.style import INK, POLICY_COLOURS, QUIET
from evalsuite.reports.wording import readable, strata, title
from evalsuite.statistics.cells import Cell, CellKey
from evalsuite.statistics.checkpoint_series import CheckpointSeries, checkpoint_series
from evalsuite.statistics.results import PolicyResults, SuiteResults

KIND = "learning-curve"
FOOT = "Thick: all episodes, band: {interval} of each checkpoint. Thin: by interaction. n: {n} episodes a checkpoint."
PANEL_INCHES = {True: 1.9, False: 2.9}
LEAST_LABEL_GAP = 1.25
"""Between the names at the right, in lines."""


def make(evaluation: Evaluation) -> Iterator[FigureRequest]:
    """One for each series of at least three checkpoints on a suite."""
    for results in evaluation.results:
        tested = {policy.label: policy for policy in results.policies if policy.role == "policy"}
        every = checkpoint_series(list(tested))
        for series in every:
            more = series.name.replace("#", "") if len(every) > 1 else ""
            policies = [tested[label] for label in series.labels]
            yield FigureRequest(
                slug=figure_slug(KIND, evaluation, results, more),
                title=f"Success over checkpoints {series.name.replace('#', '…')} on {title(results)}",
                caption=_foot(results, policies),
                draw=partial(draw, results, series, policies),
            )


def draw(
    results: SuiteResults, series: CheckpointSeries, policies: Sequence[PolicyResults], path: Path, width: float
) -> Path:
    """Draw the curve into `path`, `width` inches wide."""
    subtitle = f"{series.name.replace('#', '…')} on {title(results)}"
    frame = Frame(width, "Success over checkpoints", subtitle, _foot(results, policies))
    interactions = strata(results)[0]
    names = [readable(each) for each in interactions]
    right = LETTER_SHARE * frame.small_size / POINTS_PER_INCH * (max(map(len, (*names, "all"))) + 2)
    panel, left, below = PANEL_INCHES[frame.narrow], 0.40 if frame.narrow else 0.46, 0.34
    height = frame.head_inches + panel + below + frame.foot_inches
    with new_figure(width, height) as figure:
        box = (
            left / width,
            (frame.foot_inches + below) / height,
            1 - (left + right + EDGE_INCHES) / width,
            (panel - 0.06) / height,
        )
        axes: Any = figure.add_axes(box)
        axes.set_ylim(0, 100)
        axes.set_yticks((0, 25, 50, 75, 100), ("0", "25", "50", "75", "100%"), size=frame.small_size)
        axes.tick_params(axis="x", labelsize=frame.small_size)
        axes.set_xlim(series.steps[0], series.steps[-1])
        axes.xaxis.set_major_formatter(_step_text)
        axes.set_xlabel(series.name.replace("#", "").strip("-_ @/") or "checkpoint", size=frame.name_size, labelpad=2)
        labels = []
        if len(interactions) > 1:
            for place, interaction in enumerate(interactions):
                points = _points(series, [policy.cells.get(CellKey(interaction, None)) for policy in policies])
                style = _thin(place)
                axes.plot(
                    [x for x, _ in points], [100 * cell.rate for _, cell in points if cell.rate is not None], **style
                )
                if points:
                    labels.append((100 * (points[-1][1].rate or 0.0), readable(interaction), QUIET))
        points = _points(series, [policy.cells.get(CellKey(None, None)) for policy in policies])
        steps = [x for x, _ in points]
        low, high = ([100 * end for end in ends] for ends in zip(*_ends(points), strict=True))
        colour = POLICY_COLOURS[0]
        axes.fill_between(steps, low, high, color=colour, alpha=0.18, linewidth=0, zorder=3)
        axes.plot(steps, [100 * (cell.rate or 0.0) for _, cell in points], color=colour, linewidth=2, zorder=4)
        axes.plot(
            steps,
            [100 * (cell.rate or 0.0) for _, cell in points],
            "o",
            color=colour,
            markersize=3.5,
            zorder=5,
            clip_on=False,
            markeredgecolor="white",
            markeredgewidth=0.5,
        )
        labels.append((100 * (points[-1][1].rate or 0.0), "all", colour))
        _write_labels(axes, labels, frame, panel)
        frame.write(figure)
        return save_figure(figure, path)


def _points(series: CheckpointSeries, cells: Sequence[Cell | None]) -> list[tuple[float, Cell]]:
    steps = zip(series.steps, cells, strict=True)
    return [(step, cell) for step, cell in steps if cell is not None and cell.rate is not None]


def _ends(points: Sequence[tuple[float, Cell]]) -> list[tuple[float, float]]:
    return [(cell.interval.low, cell.interval.high) for _, cell in points]


def _thin(place: int) -> dict[str, Any]:
    dashes = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1.2, 1, 1.2)), (0, (7, 2)))
    return {
        "color": QUIET,
        "linewidth": 0.8,
        "linestyle": dashes[place % len(dashes)],
        "marker": MARKERS[place % len(MARKERS)],
        "markersize": 2.2,
        "zorder": 2,
        "clip_on": False,
    }


def _write_labels(axes: Any, labels: Sequence[tuple[float, str, str]], frame: Frame, panel: float) -> None:
    """Write the curves' names where they end, moved apart so that none lies on another."""
    gap = LEAST_LABEL_GAP * frame.small_size / POINTS_PER_INCH / panel * 100
    at = float("-inf")
    places = []
    for height, _, _ in sorted(labels):
        at = max(height, at + gap)
        places.append(at)
    moved = sum(place - height for place, (height, _, _) in zip(places, sorted(labels), strict=True)) / len(labels)
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


def _step_text(value: float, _: int) -> str:
    for factor, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:g}{letter}"
    return f"{value:g}"


def _foot(results: SuiteResults, policies: Sequence[PolicyResults]) -> str:
    numbers = [policy.cells[CellKey(None, None)].n for policy in policies]
    n = f"{min(numbers)}" if min(numbers) == max(numbers) else f"{min(numbers)}–{max(numbers)}"
    return FOOT.format(interval=results.interval_name, n=n)
