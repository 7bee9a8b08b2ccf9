"""Published rows beside measured ones: as entries of a table, set apart and never computed with."""

from __future__ import annotations

from collections.abc import Sequence

from evalsuite.reports.references.published import REMARK, PublishedRow
from evalsuite.reports.tables.table import ABSENT, Entry, Row, RowGroup


def published_entry(row: PublishedRow, interaction: str | None, difficulty: str | None) -> Entry:
    """What `row` says of this stratum, as it was published; an empty entry where it says nothing."""
    value = row.value(interaction, difficulty)
    return ABSENT if value is None else Entry("published", value.rate, value.text, n=value.n)


def published_group(name: str, rows: Sequence[Row]) -> RowGroup:
    """The rows, marked for what they are."""
    return RowGroup(name, tuple(rows), REMARK, published=True)


def sources(rows: Sequence[PublishedRow]) -> tuple[str, ...]:
    """A sentence each on where the rows come from and what to beware of."""
    return tuple(dict.fromkeys(row.sentence for row in rows))
