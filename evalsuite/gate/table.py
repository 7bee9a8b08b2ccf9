"""A comparison as a table of text: base, candidate, change with its interval, and the pairs that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalsuite.statistics.comparison import TIERS, Comparison, Tier, UnpairedDifference
from evalsuite.statistics.holm import holm
from evalsuite.statistics.tango import DifferenceInterval

COLUMNS = ("", "n", "base", "new", "change [95%]", "lost", "gain", "p")
LEGEND = "n pairs; change in points with Tango's 95% interval; p two-sided, mid-P McNemar, Holm within each block"
CLUSTERED_LEGEND = (
    "n pairs; change in points with Tango's 95% interval at the effective pairs; p two-sided, clustered McNemar "
    "(Durkalski), Holm within each block"
)
LEAST_NEEDED = ("base", "new", "p", "n", "lost", "gain")
"""The columns that a narrow terminal does without, in the order in which they are dropped."""

UNPAIRED_COLUMNS = ("", "base", "new", "change [95%]", "p")
UNPAIRED_LEGEND = "change in points with Newcombe's 95% interval; p two-sided, score test, Holm within each block"
NOTHING = "-"


@dataclass(frozen=True)
class ComparisonTable:
    """`blocks` hold the rows of a tier each, one text a column."""

    columns: tuple[str, ...]
    blocks: tuple[tuple[tuple[str, ...], ...], ...]
    legend: str

    def lines(self, width: int | None = None) -> list[str]:
        """For a terminal: numbers right, names left, an empty line between tiers.

        Args:
            width: in characters; columns that others can be judged without are dropped until it is kept.
        """
        every = [self.columns, *(row for block in self.blocks for row in block)]
        widths = [max(len(row[place]) for row in every) for place in range(len(self.columns))]
        shown = list(range(len(self.columns)))
        for name in LEAST_NEEDED:
            if width is not None and sum(widths[place] + 2 for place in shown) - 2 > width:
                shown = [place for place in shown if self.columns[place] != name]

        def line(row: Sequence[str]) -> str:
            first, *rest = shown
            texts = [row[first].ljust(widths[first]), *(row[place].rjust(widths[place]) for place in rest)]
            return "  ".join(texts).rstrip()

        lines = [line(self.columns)]
        for block in self.blocks:
            lines += ["", *map(line, block)]
        return lines

    def markdown(self) -> list[str]:
        """For GitHub."""
        lines = [_markdown_row(self.columns), _markdown_row(["---", *["---:"] * (len(self.columns) - 1)])]
        return lines + [_markdown_row(row) for block in self.blocks for row in block]


def comparison_table(comparison: Comparison, tiers: Sequence[Tier] = TIERS) -> ComparisonTable:
    """The strata of each tier, everything first."""
    blocks = []
    for tier in tiers:
        adjusted = comparison.adjusted(tier, one_sided=False)
        blocks.append(
            tuple(
                (
                    each.stratum.name,
                    f"{each.n:,}",
                    _percent(each.base_rate),
                    _percent(each.candidate_rate),
                    _change(each.value, each.interval()),
                    f"{each.lost:,}",
                    f"{each.gained:,}",
                    p_text(p),
                )
                for each, p in zip(comparison.pairs[tier], adjusted, strict=True)
            )
        )
    return ComparisonTable(COLUMNS, tuple(blocks), CLUSTERED_LEGEND if comparison.clustered else LEGEND)


def unpaired_table(differences: dict[Tier, tuple[UnpairedDifference, ...]]) -> ComparisonTable:
    """The strata that both runs have."""
    blocks = []
    for every in differences.values():
        adjusted = holm([each.p_changed for each in every])
        blocks.append(
            tuple(
                (
                    each.stratum.name,
                    _of(each.base),
                    _of(each.candidate),
                    _change(each.value, each.interval()),
                    p_text(p),
                )
                for each, p in zip(every, adjusted, strict=True)
            )
        )
    return ComparisonTable(UNPAIRED_COLUMNS, tuple(blocks), UNPAIRED_LEGEND)


def p_text(p: float) -> str:
    """A p-value to two digits; `<.0001` below that."""
    return "<.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def _change(value: float | None, interval: DifferenceInterval) -> str:
    if value is None:
        return NOTHING
    return f"{100 * value:+.1f} [{100 * interval.low:+.1f}, {100 * interval.high:+.1f}]"


def _percent(rate: float | None) -> str:
    return NOTHING if rate is None else f"{100 * rate:.1f}%"


def _of(count: tuple[int, int]) -> str:
    return f"{_percent(count[0] / count[1] if count[1] else None)} n={count[1]:,}"


def _markdown_row(texts: Sequence[str]) -> str:
    return f"| {' | '.join(text.replace('|', chr(92) + '|').replace('_', chr(92) + '_') for text in texts)} |"
