"""Forest plots: each policy, or each part of the suite, with its interval on one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from evalsuite.reports.drawing import new_figure, save_figure
from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.figures.bars import MOST_POLICIES
from evalsuite.reports.figures.figure_request import FigureRequest, figure_slug
from evalsuite.reports.figures.frame import BOLD_SHARE, EDGE_INCHES, LETTER_SHARE, POINTS_PER_INCH, Frame
from evalsuite.reports.style import INK, POLICY_COLOURS, QUIET, RULE
from evalsuite.reports.wording import MINUS, in_order_of_reading, percent, points, readable, reading_order, title
from evalsuite.statistics.cells import CellKey
from evalsuite.statistics.comparison import Difference, compare
from evalsuite.statistics.results import PolicyResults, SuiteResults

CHANGE = "forest"
RATES = "rates"
MOST_IN_DETAIL = 2
"""With more policies than this to hold against the first, only their pooled changes are shown."""

CHANGE_FOOT = "Squares: change in success rate, in points, their area as n, the pairs. Lines: Tango's 95% interval."
RATES_FOOT = "Squares: success rate. Lines: {interval}. n: episodes scored."
LONGEST_NAME = 30
FIGURE_SPACE = "\u2007"
"""As wide as a digit."""


@dataclass(frozen=True)
class Line:
    """One line of a forest plot: shares or differences of shares; `weight` in [0, 1] is the size of its square."""

    name: str
    value: float
    low: float
    high: float
    text: str
    weight: float
    heading: bool = False


def make(evaluation: Evaluation) -> Iterator[FigureRequest]:
    """Changes where there are policies to hold against a first one, rates where there are too many for bars."""
    for results in evaluation.results:
        tested = [policy for policy in results.policies if policy.role == "policy"]
        lines = change_lines(tested)
        if lines:
            foot = CHANGE_FOOT
            yield FigureRequest(
                slug=figure_slug(CHANGE, evaluation, results),
                title=f"Change from {tested[0].label} on {title(results)}",
                caption=foot,
                draw=partial(draw, lines, f"Change from {tested[0].label}", title(results), foot, change=True),
            )
        if len(results.policies) > MOST_POLICIES:
            foot = RATES_FOOT.format(interval=results.interval_name)
            yield FigureRequest(
                slug=figure_slug(RATES, evaluation, results),
                title=f"Success rate on {title(results)}",
                caption=foot,
                draw=partial(draw, rate_lines(results), "Success rate", title(results), foot, change=False),
            )


def change_lines(tested: Sequence[PolicyResults]) -> list[Line]:
    """The first policy against each of the others; by interaction as well where they are few."""
    lines = []
    others = tested[1:]
    for policy in others:
        comparison = compare(tested[0].episodes, policy.episodes)
        total = comparison.pooled
        if not total.n:
            continue
        detailed = len(others) <= MOST_IN_DETAIL and len(comparison.pairs["interaction"]) > 1
        lines.append(_change(policy.label, total, total.n, heading=detailed))
        if detailed:
            lines += [
                _change(readable(each.stratum.name), each, total.n, heading=False)
                for each in sorted(comparison.pairs["interaction"], key=lambda each: reading_order(each.stratum))
            ]
    return lines


def rate_lines(results: SuiteResults) -> list[Line]:
    """Every policy's rate over all episodes."""
    lines = []
    for policy in in_order_of_reading(results):
        cell = policy.cells[CellKey(None, None)]
        if cell.rate is not None:
            low, high = cell.interval.low, cell.interval.high
            text = f"{percent(cell.rate)} [{100 * low:.0f}, {100 * high:.0f}] n={cell.n}"
            lines.append(Line(policy.label, cell.rate, low, high, text, 1.0))
    return lines


def draw(
    lines: Sequence[Line], heading: str, subtitle: str, foot: str, path: Path, width: float, *, change: bool
) -> Path:
    """Draw the lines into `path`, `width` inches wide: names left, numbers right, intervals between."""
    frame = Frame(width, heading, subtitle, foot)
    letter = LETTER_SHARE * frame.name_size / POINTS_PER_INCH
    numbers = LETTER_SHARE * frame.small_size / POINTS_PER_INCH * (max(len(line.text) for line in lines) + 1)
    bold = any(line.heading for line in lines)
    names = min(letter * (BOLD_SHARE if bold else 1.0) * (max(len(_short(line)) for line in lines) + 1), 0.45 * width)
    step = (0.17 if frame.narrow else 0.2) if len(lines) <= 40 else 0.13
    inside = step * (len(lines) + 0.6)
    scale = 0.24
    height = frame.head_inches + inside + scale + frame.foot_inches + 0.05
    low, high = limits(lines) if change else (0.0, 1.0)
    with new_figure(width, height) as figure:
        box = (
            (names + 2 * EDGE_INCHES) / width,
            (frame.foot_inches + scale) / height,
            1 - (names + numbers + 5 * EDGE_INCHES) / width,
            inside / height,
        )
        axes: Any = figure.add_axes(box)
        axes.set_xlim(100 * low, 100 * high)
        axes.set_ylim(len(lines) - 0.2, -0.8)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x", color=RULE)
        axes.set_yticks([])
        axes.spines["bottom"].set_visible(False)
        ticks = [100 * low, 50 * low, 0, 50 * high, 100 * high] if change else [0, 25, 50, 75, 100]
        axes.set_xticks(ticks, [_tick(tick, change=change) for tick in ticks], size=frame.small_size)
        if change:
            axes.axvline(0, color=QUIET, linewidth=0.8)
        for place, line in enumerate(lines):
            _draw_line(axes, place, line, frame)
        frame.write(figure)
        return save_figure(figure, path)


def limits(lines: Sequence[Line]) -> tuple[float, float]:
    """Of the axis of changes: the same on both sides of zero, in steps of ten points, and no interval cut off."""
    reach = max(max(abs(line.low), abs(line.high)) for line in lines)
    most = next(tenth / 10 for tenth in range(1, 11) if tenth / 10 >= min(1.0, reach))
    return -most, most


def _draw_line(axes: Any, place: int, line: Line, frame: Frame) -> None:
    colour = POLICY_COLOURS[0] if line.heading or line.weight == 1.0 else INK
    thickness = 1.6 if line.heading else 1.0
    axes.hlines(place, 100 * line.low, 100 * line.high, color=colour, linewidth=thickness, zorder=3, clip_on=False)
    size = (2.5 if frame.narrow else 3.0) + 2.5 * line.weight**0.5
    axes.plot(100 * line.value, place, marker="s", markersize=size, color=colour, zorder=4, clip_on=False)
    weight = "bold" if line.heading else "normal"
    beside = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "va": "center_baseline"}
    axes.annotate(
        _short(line), (0, place), xytext=(-6, 0), ha="right", size=frame.name_size, weight=weight, color=INK, **beside
    )
    axes.annotate(line.text, (1, place), xytext=(8, 0), ha="left", size=frame.small_size, color=INK, **beside)


def _change(name: str, difference: Difference, most: int, *, heading: bool) -> Line:
    value = difference.value
    assert value is not None
    interval = difference.interval()
    ends = (points(end).rjust(5, FIGURE_SPACE) for end in (interval.low, interval.high))
    text = f"{points(value).rjust(5, FIGURE_SPACE)} [{', '.join(ends)}] n={difference.n}"
    return Line(name, value, interval.low, interval.high, text, difference.n / most, heading)


def _short(line: Line) -> str:
    name = line.name
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME // 2] + "…" + name[-LONGEST_NAME // 2 + 1 :]


def _tick(value: float, *, change: bool) -> str:
    if not change:
        return "100%" if value == 100 else f"{value:.0f}"
    return f"{value:+g}".replace("-", MINUS) if value else "0"
