"""What stands around a figure: its title, what it is of, and the line below; laid out for a page or a column."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalsuite.reports.style import COLUMN_WIDTH_INCHES, INK, QUIET

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EDGE_INCHES = 0.06
LETTER_SHARE = 0.56
"""Of its size, how wide a letter is on average."""

LINE_SHARE = 1.35
POINTS_PER_INCH = 72.0
LEGEND_LINE_INCHES = 0.17
LEGEND_HANDLE_LETTERS = 6
"""What a name's handle and the space around it take up in a legend, in letters."""

BOLD_SHARE = 1.17
"""How much wider bold letters are."""


@dataclass(frozen=True)
class Frame:
    """Sizes in points, for a figure `width` inches wide, and its texts, wrapped to that width."""

    width: float
    title: str
    subtitle: str
    foot: str

    @property
    def narrow(self) -> bool:
        """Whether it is laid out for one column of two."""
        return self.width <= COLUMN_WIDTH_INCHES

    @property
    def title_size(self) -> float:
        return 8.0 if self.narrow else 10.0

    @property
    def name_size(self) -> float:
        return 6.5 if self.narrow else 8.0

    @property
    def small_size(self) -> float:
        return 5.5 if self.narrow else 6.5

    @property
    def head_inches(self) -> float:
        """What title and subtitle take up at the top."""
        heads = self._inches(self.title, self.title_size) + self._inches(self.subtitle, self.small_size)
        return heads + 2.5 * EDGE_INCHES

    @property
    def foot_inches(self) -> float:
        """What the line at the bottom takes up."""
        return self._inches(self.foot, self.small_size) + 2 * EDGE_INCHES

    def write(self, figure: Figure) -> None:
        """Write the texts into `figure`."""
        height = figure.get_figheight()
        left = EDGE_INCHES / self.width
        top = 1 - EDGE_INCHES / height
        title = self._wrapped(self.title, self.title_size)
        figure.text(left, top, title, va="top", size=self.title_size, weight="bold", color=INK, linespacing=1.2)
        top -= self._inches(self.title, self.title_size) / height
        subtitle = self._wrapped(self.subtitle, self.small_size)
        figure.text(left, top, subtitle, va="top", size=self.small_size, color=QUIET, linespacing=1.2)
        foot = self._wrapped(self.foot, self.small_size)
        figure.text(left, EDGE_INCHES / height, foot, va="bottom", size=self.small_size, color=QUIET, linespacing=1.2)

    def letters(self, size: float, width: float | None = None) -> int:
        """How many letters of a size fit into `width` inches, or into the figure."""
        return max(8, int((width or self.width - 2 * EDGE_INCHES) * POINTS_PER_INCH / (LETTER_SHARE * size)))

    def legend_rows(self, names: Sequence[str]) -> list[list[int]]:
        """Which names stand in which line of a legend, as many in a line as fit beside their handles."""
        rows: list[list[int]] = [[]]
        room = self.letters(self.name_size)
        used = 0
        for place, name in enumerate(names):
            needed = len(name) + LEGEND_HANDLE_LETTERS
            if rows[-1] and used + needed > room:
                rows.append([])
                used = 0
            rows[-1].append(place)
            used += needed
        return rows

    def _wrapped(self, text: str, size: float) -> str:
        return textwrap.fill(text, self.letters(size), break_on_hyphens=False)

    def _inches(self, text: str, size: float) -> float:
        lines = self._wrapped(text, size).count("\n") + 1 if text else 0
        return lines * LINE_SHARE * size / POINTS_PER_INCH
