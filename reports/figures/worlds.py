"""Every policy in every world, one below the other: what holds where it was not learnt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from evalsuite.reports.drawing import new_figure, save_figure
from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.figures.bars import MOST_POLICIES, Look, looks_of, name_in_legend
from evalsuite.reports.figures.figure_request import FigureRequest
from evalsuite.reports.figures.frame import EDGE_INCHES, LEGEND_LINE_INCHES, LETTER_SHARE, POINTS_PER_INCH, Frame
from evalsuite.reports.figures.legend import draw_legend
from evalsuite.reports.style import INK, QUIET, RULE
from evalsuite.reports.suite_of_suites import suites_of
from evalsuite.reports.wording import REHEARSAL_MARK, file_name, suite_name
from evalsuite.reports.worlds import PolicyKey, Scope, policies_of, scopes_of
from evalsuite.statistics.results import SuiteResults

KIND = "worlds"
TITLE = "Success rate by world"
FOOT = "Points: success rate. Lines: {interval}. n: episodes scored.{rehearsed}"
REHEARSED = " (REHEARSAL): against a stand-in, so nothing is known of the world itself."
LINE_INCHES = {True: 0.085, False: 0.105}
"""From a policy to the next, by whether it is laid out for one column of two."""

BETWEEN_INCHES = 0.13
SCALE_INCHES = 0.24


def make(evaluation: Evaluation) -> Iterator[FigureRequest]:
    """One of all worlds, where there are several and points can still tell the policies apart."""
    scopes = scopes_of(evaluation.results)
    if len(scopes) > 1 and len(policies_of(evaluation.results)) <= MOST_POLICIES:
        rehearsed = [scope.rehearsal for scope in scopes]
        header = suites_of(evaluation)
        subtitle = f"{header.suite} {header.version}" if header is not None else ""
        yield FigureRequest(
            slug=file_name(KIND, "rehearsal" if all(rehearsed) else ""),
            title=f"{TITLE}, {subtitle}" if subtitle else TITLE,
            caption=_foot(evaluation.results),
            draw=partial(draw, evaluation.results, subtitle),
        )


def draw(every: Sequence[SuiteResults], subtitle: str, path: Path, width: float) -> Path:
    """Draw the rates into `path`, `width` inches wide: worlds left, episodes scored right, intervals between."""
    scopes, policies = scopes_of(every), policies_of(every)
    looks = dict(zip(policies, looks_of(list(policies.values())), strict=True))
    frame = Frame(width, TITLE, subtitle, _foot(every))
    names = [name_in_legend(look.policy) for look in looks.values()]
    rows = frame.legend_rows(names)
    world = LINE_INCHES[frame.narrow] * len(looks) + BETWEEN_INCHES
    inside = world * len(scopes)
    head = frame.head_inches + len(rows) * LEGEND_LINE_INCHES + 0.06
    height = head + inside + SCALE_INCHES + frame.foot_inches
    letter = LETTER_SHARE * frame.small_size / POINTS_PER_INCH
    left = min(letter * (max(len(_below(scope)) for scope in scopes) + 1), 0.45 * width) + 2 * EDGE_INCHES
    right = letter * 8
    with new_figure(width, height) as figure:
        axes: Any = figure.add_axes(
            (left / width, (frame.foot_inches + SCALE_INCHES) / height, 1 - (left + right) / width, inside / height)
        )
        axes.set_xlim(0, 100)
        axes.set_ylim(inside, 0)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x", color=RULE)
        axes.set_yticks([])
        axes.set_xticks((0, 25, 50, 75, 100), ("0", "25", "50", "75", "100%"), size=frame.small_size)
        axes.spines["bottom"].set_visible(False)
        for place, scope in enumerate(scopes):
            if place:
                axes.axhline(place * world, color=RULE, linewidth=0.6, xmin=-left / width, clip_on=False)
            _draw_world(axes, scope, looks, place * world, frame)
        draw_legend(figure, frame, [_handle(look) for look in looks.values()], names, rows, 1.6)
        frame.write(figure)
        return save_figure(figure, path)


def _draw_world(axes: Any, scope: Scope, looks: Mapping[PolicyKey, Look], top: float, frame: Frame) -> None:
    step = LINE_INCHES[frame.narrow]
    middle = top + (step * len(looks) + BETWEEN_INCHES) / 2
    beside = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "annotation_clip": False}
    left = {**beside, "ha": "right", "color": INK}
    axes.annotate(scope.world, (0, middle), xytext=(-8, 1), va="bottom", size=frame.name_size, weight="bold", **left)
    axes.annotate(_below(scope), (0, middle), xytext=(-8, -1), va="top", size=frame.small_size, **left)
    numbers = []
    for place, (key, look) in enumerate(looks.items()):
        cell = scope.cell(key)
        if cell is None or cell.rate is None:
            continue
        numbers.append(cell.n)
        height = top + BETWEEN_INCHES / 2 + (place + 0.5) * step
        colour = look.outline or look.colour
        low, high = 100 * cell.interval.low, 100 * cell.interval.high
        axes.hlines(height, low, high, color=colour, linewidth=1.1, zorder=3, clip_on=False)
        axes.plot(100 * cell.rate, height, **look.point, zorder=4, clip_on=False)
    if numbers:
        few, many = min(numbers), max(numbers)
        counts = f"n={few}" if few == many else f"n={few}–{many}"
        axes.annotate(
            counts, (1, middle), xytext=(6, 0), va="center_baseline", size=frame.small_size, color=QUIET, **beside
        )


def _handle(look: Look) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], **{**look.point, "linestyle": "-"}, color=look.outline or look.colour)


def _below(scope: Scope) -> str:
    return suite_name(scope.results) + (REHEARSAL_MARK if scope.rehearsal else "")


def _foot(every: Sequence[SuiteResults]) -> str:
    intervals = " or ".join(dict.fromkeys(results.interval_name for results in every))
    rehearsed = REHEARSED if any(results.rehearsal for results in every) else ""
    return FOOT.format(interval=intervals, rehearsed=rehearsed)
