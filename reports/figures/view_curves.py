"""Success against how different the views are, measure by measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from evalsuite.reports.drawing import new_figure, save_figure, write_below
from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.figures.bars import MARKERS
from evalsuite.reports.figures.figure_request import FigureRequest, figure_slug
from evalsuite.reports.figures.frame import BOLD_SHARE, EDGE_INCHES, LEGEND_LINE_INCHES, Frame
from evalsuite.reports.style import INK, POLICY_COLOURS, QUIET
from evalsuite.reports.tables.view_difficulty import ViewStratum, view_strata
from evalsuite.reports.wording import in_order_of_reading, title
from evalsuite.statistics.cells import Cell, CellKey, counted
from evalsuite.statistics.results import SuiteResults

KIND = "view-difficulty"
MOST_ACROSS = 2
MOST_PANELS = 4
"""In a figure; the measures beyond go on in further ones."""

MOST_POLICIES = 4
"""Of more policies under test than this, the first and the last ones are drawn."""

FOOT = "Points: success rate in each bin ({bins}). Whiskers: {interval}. Below: n, the episodes scored."
PANEL_INCHES = {True: 1.35, False: 1.9}
UNDER_INCHES = 0.38
SMALL_SHARE = 0.75
"""How wide the letters of a panel's small print are beside those of its heading."""

DODGE = 0.12
DASHES = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1.2, 1, 1.2)))


def make(evaluation: Evaluation) -> Iterator[FigureRequest]:
    """For each suite whose records tell how different the views are, as many as hold all measures."""
    for results in evaluation.results:
        chosen = chosen_policies(results)
        strata = view_strata(evaluation, results)
        binnings = list(dict.fromkeys(each.binning for each in strata))
        parts = [binnings[at : at + MOST_PANELS] for at in range(0, len(binnings), MOST_PANELS)]
        for number, part in enumerate(parts if chosen else (), start=1):
            yield FigureRequest(
                slug=figure_slug(KIND, evaluation, results, str(number) if number > 1 else ""),
                title=f"Success by view difficulty on {title(results)}"
                + (f", part {number} of {len(parts)}" if len(parts) > 1 else ""),
                caption=_foot(evaluation, results),
                draw=partial(
                    draw, results, [each for each in strata if each.binning in part], chosen, _foot(evaluation, results)
                ),
            )


def chosen_policies(results: SuiteResults) -> list[int]:
    """Places, in the order of reading, of the policies under test that are drawn."""
    policies = in_order_of_reading(results)
    tested = [place for place, policy in enumerate(policies) if policy.role == "policy"]
    return tested if len(tested) <= MOST_POLICIES else [tested[0], *tested[1 - MOST_POLICIES :]]


def draw(
    results: SuiteResults, strata: Sequence[ViewStratum], chosen: Sequence[int], foot: str, path: Path, width: float
) -> Path:
    """Draw a panel a measure into `path`, `width` inches wide: two side by side on a page, stacked in a column."""
    frame = Frame(width, "Success by view difficulty", title(results), foot)
    binnings = list(dict.fromkeys(each.binning for each in strata))
    across = 1 if frame.narrow else min(MOST_ACROSS, len(binnings))
    down = -(-len(binnings) // across)
    panel, gap = PANEL_INCHES[frame.narrow], UNDER_INCHES + 0.3
    labels = [in_order_of_reading(results)[place].label for place in chosen]
    legend_rows = frame.legend_rows(labels)
    head = frame.head_inches + len(legend_rows) * LEGEND_LINE_INCHES + 0.27
    below = frame.foot_inches + UNDER_INCHES
    height = head + down * panel + (down - 1) * gap + below
    with new_figure(width, height) as figure:
        grid: Any = figure.subplots(
            down,
            across,
            sharey=True,
            squeeze=False,
            gridspec_kw={
                "left": 0.38 / width,
                "right": 1 - EDGE_INCHES / width,
                "top": 1 - head / height,
                "bottom": below / height,
                "wspace": 0.08,
                "hspace": gap / panel,
            },
        )
        for axes, binning in zip(grid.flat, binnings, strict=False):
            bins = [each for each in strata if each.binning is binning]
            _draw_panel(axes, results, bins, chosen, frame)
        for axes in grid.flat[len(binnings) :]:
            axes.set_axis_off()
        _draw_legend(figure, labels, legend_rows, frame)
        frame.write(figure)
        return save_figure(figure, path)


def _draw_panel(
    axes: Any, results: SuiteResults, bins: Sequence[ViewStratum], chosen: Sequence[int], frame: Frame
) -> None:
    policies = in_order_of_reading(results)
    everything = CellKey(None, None)
    for number, place in enumerate(chosen):
        episodes = policies[place].episodes
        cells = [counted(everything, episodes, each.rows[place], results.interval_kind) for each in bins]
        shift = DODGE * (number - (len(chosen) - 1) / 2)
        known = [(at + shift, cell) for at, cell in enumerate(cells) if cell.rate is not None]
        look = _look(number)
        for at, cell in known:
            ends = 100 * cell.interval.low, 100 * cell.interval.high
            axes.vlines(at, *ends, color=look["color"], linewidth=0.9, zorder=3, clip_on=False)
        heights = [100 * (cell.rate or 0.0) for _, cell in known]
        axes.plot([at for at, _ in known], heights, zorder=4, clip_on=False, **look)
        if number == 0:
            first = cells
    binning = bins[0].binning
    heading = f"{binning.heading}, {binning.unit}" if binning.unit else binning.heading
    axes.set_title(heading, pad=5, size=frame.name_size + 0.5)
    wide = axes.get_position().width * frame.width
    if BOLD_SHARE * len(heading) + SMALL_SHARE * len(binning.name) < frame.letters(frame.name_size, wide):
        axes.set_title(binning.name, pad=5, size=frame.small_size - 0.5, loc="right", color=QUIET, weight="normal")
    axes.set_xlim(-0.5, len(bins) - 0.5)
    axes.set_xticks([])
    axes.set_ylim(0, 100)
    axes.set_yticks((0, 25, 50, 75, 100), ("0", "25", "50", "75", "100%"), size=frame.small_size)
    for at, (stratum, cell) in enumerate(zip(bins, first, strict=True)):
        write_below(axes, at, -frame.name_size - 1.5, stratum.bin.short, size=frame.small_size, color=INK)
        write_below(
            axes,
            at,
            -2 * frame.name_size - 2.5,
            _count(results, cell, bins[at], chosen),
            size=frame.small_size - 0.5,
            color=QUIET,
        )


def _foot(evaluation: Evaluation, results: SuiteResults) -> str:
    return FOOT.format(bins=evaluation.view_bins.name, interval=results.interval_name)


def _count(results: SuiteResults, first: Cell, stratum: ViewStratum, chosen: Sequence[int]) -> str:
    """Episodes scored in a bin: of the policy with the fewest."""
    policies = in_order_of_reading(results)
    numbers = [counted(CellKey(None, None), policies[place].episodes, stratum.rows[place]).n for place in chosen]
    return f"n={first.n}" if len(set(numbers)) == 1 else f"n≥{min(numbers)}"


def _look(number: int) -> dict[str, Any]:
    return {
        "color": POLICY_COLOURS[number % len(POLICY_COLOURS)],
        "marker": MARKERS[number % len(MARKERS)],
        "linestyle": DASHES[number % len(DASHES)],
        "markersize": 3.8,
        "markeredgecolor": "white",
        "markeredgewidth": 0.5,
        "linewidth": 1.1,
    }


def _draw_legend(figure: Any, labels: Sequence[str], rows: Sequence[Sequence[int]], frame: Frame) -> None:
    from matplotlib.lines import Line2D

    for number, row in enumerate(rows):
        top = frame.head_inches + number * LEGEND_LINE_INCHES
        figure.legend(
            handles=[Line2D([], [], **_look(place)) for place in row],
            labels=[labels[place] for place in row],
            loc="upper left",
            bbox_to_anchor=(EDGE_INCHES / frame.width, 1 - top / figure.get_figheight()),
            ncols=len(row),
            fontsize=frame.name_size,
            borderpad=0.0,
            borderaxespad=0.0,
            handlelength=2.0,
            handletextpad=0.5,
            columnspacing=1.4,
        )
