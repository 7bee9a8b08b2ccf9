"""A table as data: what stands where, how it is shown, and which episodes are behind it. Writers only lay it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from evalsuite.statistics.cells import EpisodeReference

Kind = Literal["rate", "difference", "number", "published", "nothing"]
"""rate: a share of episodes; difference: of two rates, in points; number: of anything else, in the column's unit;
published: quoted from a source, not measured here; nothing: no episode, so no value."""

Selection = tuple[tuple[str, str], ...]
"""(column, value) pairs: the rows of `episodes.csv` in which each of the columns holds that value."""

NOTHING = "–"


def no_episodes() -> tuple[EpisodeReference, ...]:
    """Behind what was not measured."""
    return ()


@dataclass(frozen=True, eq=False)
class Entry:
    """One place in a table.

    Args:
        value: a rate in [0, 1], a difference in [-1, 1], or a number in the column's unit; None where there is none.
        text: the value as it is shown, such as `62%`, `+9.4` or `41.2`.
        ends: of the interval, in the unit of `value`; None without one.
        ends_text: both as they are shown, in percent or points without a sign of the unit, such as ("41", "79").
        n: episodes, or pairs of episodes, that the value is of; None where it is of none.
        marks: `!` more than 5% of the cell's episodes are errors; `*` not above chance.
        bold: the best of its column, and provably so (`best.py`).
        selection: which rows of `episodes.csv` are behind it.
    """

    kind: Kind
    value: float | None
    text: str
    ends: tuple[float, float] | None = None
    ends_text: tuple[str, str] | None = None
    n: int | None = None
    marks: str = ""
    bold: bool = False
    selection: Selection = ()
    _find: Callable[[], tuple[EpisodeReference, ...]] = field(default=no_episodes, repr=False)

    @property
    def episodes(self) -> tuple[EpisodeReference, ...]:
        """Every episode behind the value, errors and invalid ones included."""
        return self._find()

    @property
    def plain(self) -> str:
        """All of it in a line, such as `62% [41, 79] n=16 *`."""
        parts = [self.text]
        if self.ends_text is not None:
            parts.append(f"[{self.ends_text[0]}, {self.ends_text[1]}]")
        if self.n is not None:
            parts.append(f"n={self.n}")
        return " ".join([*parts, self.marks] if self.marks else parts)


ABSENT = Entry("nothing", None, NOTHING)


@dataclass(frozen=True)
class Column:
    """What the entries below it hold.

    Args:
        unit: of its numbers, such as `ms`; empty for rates and differences.
        measured: whether its entries have an interval and a number of episodes.
    """

    heading: str
    unit: str = ""
    measured: bool = True

    @property
    def title(self) -> str:
        """`latency p50 (ms)`."""
        return f"{self.heading} ({self.unit})" if self.unit else self.heading


@dataclass(frozen=True)
class ColumnGroup:
    """Columns under a common heading; an empty heading for columns that stand by themselves.

    Args:
        rehearsal: whether stand-ins played the simulators' part in these, beside columns in which they did not.
    """

    heading: str
    columns: tuple[Column, ...]
    rehearsal: bool = False


@dataclass(frozen=True)
class Row:
    """One line; `entries` are as many as the table has columns."""

    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class RowGroup:
    """Rows under a common name.

    Args:
        name: stands in the first stub column; empty in a table with a single stub column.
        remark: what else must be known of them, such as `reference: the ceiling, privileged`; mostly empty.
        published: whether every row is quoted from a source: to be set apart, and never computed with.
    """

    name: str
    rows: tuple[Row, ...]
    remark: str = ""
    published: bool = False


@dataclass(frozen=True)
class Table:
    """One table of the report.

    Args:
        slug: what it is called in file names and links, unique in a report: `success-doom-standard`.
        kind: the part of the slug that says which table of the registry it is: `success`.
        title: a line that can stand above it alone.
        suite: name and version, or several joined by `, `.
        rehearsal: whether stand-ins played the simulators' part in all of it; where they did in some of the columns,
            the groups of those say so.
        facts: hash, seeds and counts in a line.
        legend: what a cell holds, the kind of its interval included.
        stub: the headings of the columns that name rows: one, or two (row group and row).
        notes: a sentence each on what a reader of the numbers must know.
        sources: of the published rows, a sentence each with its caveat.
    """

    slug: str
    kind: str
    title: str
    suite: str
    rehearsal: bool
    facts: str
    legend: str
    stub: tuple[str, ...]
    groups: tuple[ColumnGroup, ...]
    rows: tuple[RowGroup, ...]
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """All of them, from left to right."""
        return tuple(column for group in self.groups for column in group.columns)

    @property
    def lines(self) -> Iterator[tuple[RowGroup, Row]]:
        """All rows from top to bottom, with their groups."""
        return ((group, row) for group in self.rows for row in group.rows)

    @property
    def entries(self) -> Iterator[Entry]:
        """All entries, row by row."""
        return (entry for _, row in self.lines for entry in row.entries)
