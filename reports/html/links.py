"""Links into the episode browser: from a number to the episodes behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.tables.table import Entry, Selection, Table

FILTERS = frozenset({"policy", "interaction", "difficulty", "world", "outcome"})
"""Besides the bins of view difficulty."""

CHANGES = ("lost", "gained")
"""Columns of a table of changes whose numbers are of such pairs alone."""


def address(filters: Iterable[tuple[str, str]]) -> str:
    """The page's address under which the episode browser shows the episodes that fit `filters`."""
    return "#" + "&".join(f"{name}={quote(value, safe='/:@')}" for name, value in filters)


class EntryLinks:
    """A table's entries -> addresses.

    Args:
        evaluation: whose suites the browser names by `Evaluation.name`.
        table: whose entries are linked.
    """

    def __init__(self, evaluation: Evaluation, table: Table) -> None:
        self._suites: Mapping[tuple[str, str], str] = {
            (results.suite_sha256, str(results.rehearsal).lower()): evaluation.name(results)
            for results in evaluation.results
        }
        self._known = FILTERS | {binning.column for binning in evaluation.view_bins.binnings}
        headings = [column.heading for column in table.columns]
        self._changes = {
            id(entry): heading
            for _, row in table.lines
            for entry, heading in zip(row.entries, headings, strict=True)
            if heading in CHANGES
        }

    def __call__(self, entry: Entry) -> str | None:
        """Where the episodes behind `entry` are shown; None when there are none, or the browser has no such filter."""
        filters = self._filters(entry.selection)
        if not filters:
            return None
        change = self._changes.get(id(entry))
        return address([*filters, ("change", change)] if change else filters)

    def _filters(self, selection: Selection) -> list[tuple[str, str]]:
        known = dict(selection)
        if sum(name == "suite_sha256" for name, _ in selection) > 1:
            return []
        suite = self._suites.get((known.pop("suite_sha256", ""), known.pop("rehearsal", "")))
        if suite is None or not self._known.issuperset(known):
            return []
        policies = [value for name, value in selection if name == "policy"]
        against = [("against", policies[0])] if len(policies) > 1 else []
        return [("suite", suite), *known.items(), *against]
