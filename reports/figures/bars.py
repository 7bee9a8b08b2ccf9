"""The picture of a table: one panel an interaction, difficulty across, a bar a policy with its interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.reports.drawing import new_figure, save_figure, write_below
from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.figures.figure_request import FigureRequest, figure_slug
from evalsuite.reports.figures.frame import LEGEND_LINE_INCHES, Frame
from evalsuite.reports.figures.legend import draw_legend
from evalsuite.reports.style import (
    COLUMN_WIDTH_INCHES,
    CONTROL_COLOUR,
    INK,
    ORACLE_COLOUR,
    PAGE_WIDTH_INCHES,
    POLICY_COLOURS,
    QUIET,
)
from evalsuite.reports.wording import POOLED, facts, in_order_of_reading, readable, strata, title
from evalsuite.statistics.cells import Cell, CellKey
from evalsuite.statistics.intervals import Interval
from evalsuite.statistics.results import PolicyResults, SuiteResults

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KIND = "success"
MOST_POLICIES = 16
"""Bars of more policies than that are too thin to be told apart; the tables hold them all."""

HEAD_GAP_INCHES = 0.30
UNDER_INCHES = 0.36
"""What stands below the lowest panels."""

GROUP_SHARE = 0.84
"""Of the way from one difficulty to the next, what its group of bars takes up."""

HALO = 13.0
"""Points of white around a whisker, per unit of a bar's width, so that it can be read on a dark bar."""

HATCHES = ("", "////", "....", "xxxx")
CONTROL_HATCHES = ("//////", "......")
MARKERS = ("o", "s", "^", "D", "v")
"""As many as are coprime to the hatches: colour, hatch and marker together begin again only after 100 policies."""

FOOTNOTE = "Bars: successes / episodes scored (n). Whiskers: {interval}."


@dataclass(frozen=True)
class Look:
    """How a policy's bars are drawn: filled, hatched in white, or, with an `outline`, hollow; and a marker on top.

    The marker is all that is to be seen of a bar of 0%.
    """

    policy: PolicyResults
    colour: str
    hatch: str
    marker: str
    outline: str = ""

    @property
    def patch(self) -> dict[str, Any]:
        """What matplotlib calls it."""
        edge = {"edgecolor": self.outline or "white", "linewidth": 0.7 if self.outline else 0.0}
        return {"facecolor": self.colour, "hatch": self.hatch, **edge}

    @property
    def point(self) -> dict[str, Any]:
        """The marker, as matplotlib calls it."""
        face = {"markerfacecolor": self.colour, "markeredgecolor": INK, "markeredgewidth": 0.6}
        return {"marker": self.marker, "markersize": 3.0, "linestyle": "none", **face}


def make(evaluation: Evaluation) -> Iterator[FigureRequest]:
    """One a suite, unless it has more policies than bars can show."""
    for results in evaluation.results:
        if len(results.policies) <= MOST_POLICIES:
            yield FigureRequest(
                slug=figure_slug(KIND, evaluation, results),
                title=f"Success rate on {title(results)}",
                caption=f"{FOOTNOTE.format(interval=results.interval_name)} {facts(results)}.",
                draw=partial(draw, results),
            )


def draw(results: SuiteResults, path: Path, width: float = PAGE_WIDTH_INCHES) -> Path:
    """Draw success rates with their 95% intervals into `path`, whose ending names the format."""
    interactions, difficulties = strata(results)
    panels: tuple[str | None, ...] = (*interactions, None) if len(interactions) > 1 else interactions
    narrow = width <= COLUMN_WIDTH_INCHES
    across = min(2 if narrow else 3, len(panels))
    down = -(-len(panels) // across)
    looks = looks_of(in_order_of_reading(results))
    foot = f"{FOOTNOTE.format(interval=results.interval_name)} {facts(results)}."
    frame = Frame(width, f"Success rate on {title(results)}", "", foot)
    legend_rows = frame.legend_rows([name_in_legend(look.policy) for look in looks])
    head = frame.head_inches + len(legend_rows) * LEGEND_LINE_INCHES + HEAD_GAP_INCHES
    panel, gap = (0.95, 0.52) if narrow else (1.2, 0.58)
    below = UNDER_INCHES + frame.foot_inches
    height = head + down * panel + (down - 1) * gap + below
    with new_figure(width, height) as figure:
        grid: Any = figure.subplots(
            down,
            across,
            sharey=True,
            squeeze=False,
            gridspec_kw={
                "left": (0.30 if narrow else 0.37) / width,
                "right": 1 - 0.036 / width,
                "top": 1 - head / height,
                "bottom": below / height,
                "wspace": 0.08,
                "hspace": gap / panel,
            },
        )
        axes = list(grid.flat)
        for place, interaction in enumerate(panels):
            _draw_panel(axes[place], interaction, difficulties, looks, frame)
        for unused in axes[len(panels) :]:
            unused.set_visible(False)
        frame.write(figure)
        names = [name_in_legend(look.policy) for look in looks]
        draw_legend(figure, frame, [_handle(look) for look in looks], names, legend_rows, 1.1)
        return save_figure(figure, path)


def looks_of(policies: Sequence[PolicyResults]) -> list[Look]:
    """A look for each policy, no two alike: when the colours are used up, hatches and markers tell them apart."""
    drawn = {"policy": 0, "oracle": 0, "control": 0}
    looks = []
    for policy in policies:
        number = drawn[policy.role]
        if policy.role == "policy":
            round_, place = divmod(number, len(POLICY_COLOURS))
            look = Look(policy, POLICY_COLOURS[place], HATCHES[round_ % len(HATCHES)], MARKERS[round_ % len(MARKERS)])
        elif policy.role == "oracle":
            hatch = HATCHES[number % len(HATCHES)]
            look = Look(policy, ORACLE_COLOUR, hatch, MARKERS[number % len(MARKERS)], outline=QUIET)
        else:
            hatch = CONTROL_HATCHES[number % len(CONTROL_HATCHES)]
            look = Look(policy, CONTROL_COLOUR, hatch, MARKERS[number % len(MARKERS)])
        looks.append(look)
        drawn[policy.role] += 1
    return looks


def _draw_panel(
    axes: Axes, interaction: str | None, difficulties: Sequence[str], looks: Sequence[Look], frame: Frame
) -> None:
    name = "all interactions" if interaction is None else readable(interaction)
    axes.set_title(name, pad=5, size=frame.name_size + 0.5)
    groups: list[str | None] = [*difficulties, None] if len(difficulties) > 1 else list(difficulties)
    bar = GROUP_SHARE / len(looks)
    for group, difficulty in enumerate(groups):
        cells = [look.policy.cells.get(CellKey(interaction, difficulty)) for look in looks]
        for place, (look, cell) in enumerate(zip(looks, cells, strict=True)):
            middle = group + (place + 0.5) * bar - GROUP_SHARE / 2
            if cell is not None and cell.rate is not None:
                _draw_bar(axes, middle, bar, cell.rate, cell.interval, look)
            elif cell is not None and cell.errors:
                size = max(4.0, min(5.5, 80 * bar))
                axes.text(middle, 3, "errors", rotation=90, ha="center", va="bottom", color=INK, size=size, zorder=5)
        lowered = frame.name_size + 1.5
        write_below(axes, group, -lowered, difficulty or POOLED, color=INK, size=frame.name_size - 0.5)
        write_below(
            axes,
            group,
            -lowered - frame.small_size - 1.5,
            _counts(cells, brief=frame.narrow),
            color=QUIET,
            size=frame.small_size - 0.5,
        )
    if len(groups) > len(difficulties):
        axes.axvline(len(difficulties) - 0.5, color=QUIET, linewidth=0.6, linestyle=(0, (1, 2)))
    axes.set_xlim(-0.5, len(groups) - 0.5)
    axes.set_xticks([])
    axes.set_ylim(0, 100)
    axes.set_yticks((0, 25, 50, 75, 100), ("0", "25", "50", "75", "100%"), size=frame.name_size - 1)


def _draw_bar(axes: Axes, middle: float, width: float, rate: float, interval: Interval, look: Look) -> None:
    axes.bar(middle, 100 * rate, 0.88 * width, **look.patch)
    for colour, thickness in (("white", min(2.0, HALO * width)), (INK, 0.8)):
        axes.vlines(
            middle, 100 * interval.low, 100 * interval.high, color=colour, linewidth=thickness, zorder=3, clip_on=False
        )
    axes.plot(middle, 100 * rate, **look.point, zorder=4, clip_on=False)


def _counts(cells: Sequence[Cell | None], *, brief: bool) -> str:
    """How many episodes were scored: `n=32`, or `n=30–32` where policies differ, in brief `n≥30`."""
    numbers = [cell.n for cell in cells if cell is not None] or [0]
    low, high = min(numbers), max(numbers)
    if low == high:
        return f"n={low}"
    return f"n≥{low}" if brief else f"n={low}–{high}"


def _handle(look: Look) -> Any:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return Patch(**look.patch), Line2D([], [], **look.point)


def name_in_legend(policy: PolicyResults) -> str:
    """Its label, and what it is there for when it is not under test."""
    return policy.label + {"policy": "", "oracle": " (ceiling)", "control": " (floor)"}[policy.role]
