"""The picture of a table: one panel an interaction, difficulty across, a bar a policy with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.reports.drawing import new_figure, save_figure
from evalsuite.reports.files import report_folder
from evalsuite.reports.style import CONTROL_COLOUR, INK, ORACLE_COLOUR, PAGE_WIDTH_INCHES, POLICY_COLOURS, QUIET
from evalsuite.reports.table import POOLED, facts, in_order_of_reading, interval_name, strata, title
from evalsuite.statistics.cells import Cell, CellKey
from evalsuite.statistics.intervals import Interval
from evalsuite.statistics.results import PolicyResults, SuiteResults, read_results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS_ACROSS = 3
PANEL_INCHES = 1.2
PANEL_GAP_INCHES = 0.58
TITLE_INCHES = 0.30
LEGEND_LINE_INCHES = 0.17
HEAD_GAP_INCHES = 0.30
FOOT_INCHES = 0.56
LETTER_INCHES = 0.066
"""Roughly what a letter of the legend takes up."""

LEFT = 0.008
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


def write(runs: Sequence[Path], out: Path | None) -> list[Path]:
    """Write `success.png`; with several suites, or a rehearsal beside the real thing, one for each."""
    return _write(runs, out, ".png")


def write_pdf(runs: Sequence[Path], out: Path | None) -> list[Path]:
    """Like `write`, as vectors: `success.pdf`."""
    return _write(runs, out, ".pdf")


def _write(runs: Sequence[Path], out: Path | None, ending: str) -> list[Path]:
    every = read_results(runs)
    written = []
    for results in every:
        name = "success" if len(every) == 1 else f"success-{results.suite}-{results.suite_sha256[:8]}"
        rehearsal = "-rehearsal" if results.rehearsal else ""
        written.append(draw(results, report_folder(runs, out) / f"{name}{rehearsal}{ending}"))
    return written


def draw(results: SuiteResults, path: Path) -> Path:
    """Draw success rates with their 95% intervals into `path`, whose ending names the format."""
    interactions, difficulties = strata(results)
    panels: tuple[str | None, ...] = (*interactions, None) if len(interactions) > 1 else interactions
    across = min(PANELS_ACROSS, len(panels))
    down = -(-len(panels) // across)
    looks = looks_of(in_order_of_reading(results))
    legend_rows = _legend_rows([_name(look.policy) for look in looks])
    head = TITLE_INCHES + len(legend_rows) * LEGEND_LINE_INCHES + HEAD_GAP_INCHES
    height = head + down * PANEL_INCHES + (down - 1) * PANEL_GAP_INCHES + FOOT_INCHES
    with new_figure(PAGE_WIDTH_INCHES, height) as figure:
        grid: Any = figure.subplots(
            down,
            across,
            sharey=True,
            squeeze=False,
            gridspec_kw={
                "left": 0.052,
                "right": 0.995,
                "top": 1 - head / height,
                "bottom": FOOT_INCHES / height,
                "wspace": 0.08,
                "hspace": PANEL_GAP_INCHES / PANEL_INCHES,
            },
        )
        axes = list(grid.flat)
        for place, interaction in enumerate(panels):
            _draw_panel(axes[place], interaction, difficulties, looks)
        for unused in axes[len(panels) :]:
            unused.set_visible(False)
        figure.text(LEFT, 1 - 0.08 / height, f"Success rate on {title(results)}", va="top", size=10, weight="bold")
        _draw_legend(figure, looks, legend_rows)
        figure.text(
            LEFT,
            0.07 / height,
            f"{FOOTNOTE.format(interval=interval_name(results))} {facts(results)}.",
            size=6,
            color=QUIET,
        )
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


def _draw_panel(axes: Axes, interaction: str | None, difficulties: Sequence[str], looks: Sequence[Look]) -> None:
    axes.set_title("all interactions" if interaction is None else interaction.replace("_", " "), pad=5)
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
        _write_below(axes, group, -9.5, difficulty or POOLED, color=INK, size=7.5)
        _write_below(axes, group, -17.5, _counts(cells), color=QUIET, size=6)
    if len(groups) > len(difficulties):
        axes.axvline(len(difficulties) - 0.5, color=QUIET, linewidth=0.6, linestyle=(0, (1, 2)))
    axes.set_xlim(-0.5, len(groups) - 0.5)
    axes.set_xticks([])
    axes.set_ylim(0, 100)
    axes.set_yticks((0, 25, 50, 75, 100), ("0", "25", "50", "75", "100%"))


def _draw_bar(axes: Axes, middle: float, width: float, rate: float, interval: Interval, look: Look) -> None:
    axes.bar(middle, 100 * rate, 0.88 * width, **look.patch)
    for colour, thickness in (("white", min(2.0, HALO * width)), (INK, 0.8)):
        axes.vlines(
            middle, 100 * interval.low, 100 * interval.high, color=colour, linewidth=thickness, zorder=3, clip_on=False
        )
    axes.plot(middle, 100 * rate, **look.point, zorder=4, clip_on=False)


def _write_below(axes: Axes, place: float, points: float, text: str, **style: Any) -> None:
    axes.annotate(
        text,
        (place, 0.0),
        xytext=(0.0, points),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="center",
        va="baseline",
        annotation_clip=False,
        **style,
    )


def _counts(cells: Sequence[Cell | None]) -> str:
    """How many episodes were scored: `n=32`, or `n=30–32` where policies differ."""
    numbers = [cell.n for cell in cells if cell is not None] or [0]
    low, high = min(numbers), max(numbers)
    return f"n={low}" if low == high else f"n={low}–{high}"


def _legend_rows(names: Sequence[str]) -> list[list[int]]:
    """Which names stand in which line of the legend, as many in a line as fit."""
    rows: list[list[int]] = [[]]
    used = 0.0
    for place, name in enumerate(names):
        needed = (len(name) + 6) * LETTER_INCHES
        if rows[-1] and used + needed > PAGE_WIDTH_INCHES:
            rows.append([])
            used = 0.0
        rows[-1].append(place)
        used += needed
    return rows


def _draw_legend(figure: Figure, looks: Sequence[Look], rows: Sequence[Sequence[int]]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    height = figure.get_figheight()
    for number, row in enumerate(rows):
        entries = [(Patch(**looks[place].patch), Line2D([], [], **looks[place].point)) for place in row]
        figure.legend(
            handles=entries,
            labels=[_name(looks[place].policy) for place in row],
            loc="upper left",
            bbox_to_anchor=(LEFT, 1 - (TITLE_INCHES + number * LEGEND_LINE_INCHES) / height),
            ncols=len(entries),
            borderpad=0.0,
            borderaxespad=0.0,
            handlelength=1.1,
            handleheight=1.0,
            handletextpad=0.5,
            columnspacing=1.6,
        )


def _name(policy: PolicyResults) -> str:
    return policy.label + {"policy": "", "oracle": " (ceiling)", "control": " (floor)"}[policy.role]
