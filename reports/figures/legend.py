"""A legend above the panels, as many names in a line as fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evalsuite.reports.figures.frame import EDGE_INCHES, LEGEND_LINE_INCHES, Frame


def draw_legend(
    figure: Any,
    frame: Frame,
    handles: Sequence[Any],
    names: Sequence[str],
    rows: Sequence[Sequence[int]],
    length: float,
) -> None:
    """Draw it below the frame's head.

    Args:
        handles: matplotlib's, one a name.
        rows: the places of the names that stand in a line, as `Frame.legend_rows` gives them.
        length: of a handle, in letters.
    """
    height = figure.get_figheight()
    for number, row in enumerate(rows):
        figure.legend(
            handles=[handles[place] for place in row],
            labels=[names[place] for place in row],
            loc="upper left",
            bbox_to_anchor=(EDGE_INCHES / frame.width, 1 - (frame.head_inches + number * LEGEND_LINE_INCHES) / height),
            fontsize=frame.name_size,
            ncols=len(row),
            borderpad=0.0,
            borderaxespad=0.0,
            handlelength=length,
            handleheight=1.0,
            handletextpad=0.5,
            columnspacing=1.6,
        )
