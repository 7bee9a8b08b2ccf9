"""Interaction by difficulty as a map of squares, with the numbers in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.reports.drawing import new_figure, save_figure
from evalsuite.reports.figures.frame import LINE_SHARE, POINTS_PER_INCH, Frame
from evalsuite.reports.style import INK
from evalsuite.reports.wording import POOLED, readable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EMPTY = "#F2F2F2"
GAP = 0.03
MARGIN_GAP = 0.12
"""By how much margins are set off from the cells that they pool."""


@dataclass(frozen=True)
class Square:
    """One cell of a map.

    Args:
        shade: in [0, 1], a place on the colour map; None for an empty square.
        text: the number.
        small: what stands below it, line by line.
        sign: what is said of it in words at the bottom; empty for nothing.
        frame: of its edge: `solid`, `dashed` or none.
    """

    row: int
    column: int
    shade: float | None
    text: str
    small: tuple[str, ...] = ()
    sign: str = ""
    frame: str = ""


def draw_squares(
    squares: Sequence[Square],
    rows: Sequence[str | None],
    columns: Sequence[str | None],
    frame: Frame,
    colours: str,
    path: Path,
) -> Path:
    """Draw the map into `path`; rows are interactions and columns difficulties, None for all of them."""
    left = 0.72 if frame.narrow else 1.05
    line = frame.name_size / POINTS_PER_INCH
    square = (
        (0.56 if frame.narrow else 0.66) if any(each.sign for each in squares) else (0.40 if frame.narrow else 0.48)
    )
    head, foot = frame.head_inches + 1.6 * line, frame.foot_inches
    inside = square * (len(rows) + MARGIN_GAP)
    height = head + inside + foot + 0.04
    with new_figure(frame.width, height) as figure:
        box = (left / frame.width, (foot + 0.04) / height, 1 - (left + 0.06) / frame.width, inside / height)
        axes: Any = figure.add_axes(box)
        axes.set_xlim(0, len(columns) + MARGIN_GAP)
        axes.set_ylim(len(rows) + MARGIN_GAP, 0)
        axes.axis("off")
        for place, name in enumerate(rows):
            middle = _start(place, rows) + 0.5
            axes.text(-0.06, middle, readable(name or POOLED), ha="right", va="center", size=frame.name_size, color=INK)
        for place, name in enumerate(columns):
            middle = _start(place, columns) + 0.5
            axes.text(middle, -0.08, name or POOLED, ha="center", va="bottom", size=frame.name_size, color=INK)
        for each in squares:
            _draw(axes, each, _start(each.column, columns), _start(each.row, rows), square, frame, colours)
        frame.write(figure)
        return save_figure(figure, path)


def _start(place: int, names: Sequence[str | None]) -> float:
    return place + (MARGIN_GAP if names[place] is None and len(names) > 1 else 0.0)


def _draw(axes: Axes, square: Square, left: float, top: float, inches: float, frame: Frame, colours: str) -> None:
    """Draw the square whose upper left corner is at (left, top) and whose height is `inches`."""
    import matplotlib
    from matplotlib.patches import Rectangle

    colour = EMPTY if square.shade is None else matplotlib.colormaps[colours](square.shade)
    size = 1 - 2 * GAP
    axes.add_patch(Rectangle((left + GAP, top + GAP), size, size, facecolor=colour, edgecolor="none"))
    if square.frame:
        style = "-" if square.frame == "solid" else (0, (2, 1.5))
        inset = 2.2 * GAP
        corner, edge = (left + inset, top + inset), 1 - 2 * inset
        for drawn, width in (("white", 2.6), (INK, 1.1)):
            axes.add_patch(
                Rectangle(
                    corner,
                    edge,
                    edge,
                    facecolor="none",
                    edgecolor=drawn,
                    linewidth=width,
                    linestyle="-" if drawn == "white" else style,
                )
            )
    ink = INK if square.shade is None else max((INK, "white"), key=lambda each: _contrast(each, colour))
    lines = [
        (square.text, frame.name_size + 1.0, "bold"),
        *((text, frame.small_size, "normal") for text in square.small),
    ]
    if square.sign:
        lines.append((square.sign, frame.small_size, "bold"))
    heights = [LINE_SHARE * points / POINTS_PER_INCH / inches for _, points, _ in lines]
    at = top + 0.5 - sum(heights) / 2
    for (text, points, weight), height in zip(lines, heights, strict=True):
        axes.text(left + 0.5, at + height / 2, text, ha="center", va="center", size=points, weight=weight, color=ink)
        at += height


def _contrast(one: Any, other: Any) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.1, "contrast ratio")."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Any) -> float:
    """Relative luminance in [0, 1] (WCAG 2.1)."""
    from matplotlib.colors import to_rgb

    red, green, blue = ((c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in to_rgb(colour))
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)
