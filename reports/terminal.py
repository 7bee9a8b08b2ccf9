"""The tables in a terminal: aligned, complete at 80 columns, and understood without colour."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from evalsuite.reports.evaluation import read_evaluation
from evalsuite.reports.suite_of_suites import suites_of
from evalsuite.reports.tables import interactions, overview, score
from evalsuite.reports.tables.table import Column, ColumnGroup, Entry, Row, RowGroup, Table
from evalsuite.statistics.intervals import IntervalKind

GAP = "  "
INDENT = "  "
PLAIN_SIGNS = str.maketrans({"–": "-", "·": "|", "−": "-", "≤": "<=", "°": " deg"})


def write(
    runs: Sequence[Path], out: Path | None, *, interval: IntervalKind = "wilson", view_bins: str | None = None
) -> list[Path]:
    """Print the tables of `runs` on standard output: every suite's, and first all of them when there are several.

    A suite with rows of goals has one of its scores beside that of its successes. Of a suite of suites the one table of
    all is printed alone.

    Leaves no file; the other formats hold the tables that a terminal has no room for.
    """
    evaluation = read_evaluation(runs, interval, view_bins)
    if len(evaluation.results) > 1:
        for table in overview.make(evaluation):
            show(table, sys.stdout)
    if suites_of(evaluation) is None or len(evaluation.results) == 1:
        for table in (*interactions.make(evaluation), *score.make(evaluation)):
            show(table, sys.stdout)
    return []


def show(table: Table, file: TextIO, width: int | None = None) -> None:
    """Print `table` into `file`, `width` columns wide or as wide as the terminal is.

    With room a cell reads `62% [41,  79] n=16`, otherwise `62% 41–79 16`. A terminal too narrow even for that gets
    each row as a line of its name and a line an entry: no number is ever cut off, and no line is wrapped.
    """
    console = Console(file=file, width=width, highlight=False, markup=False, emoji=False)
    lines = _laid_out(table, console.width)
    head = [Text(table.title, "bold"), Text(table.facts, "dim"), Text(f"each cell: {table.legend}", "dim"), Text("")]
    notes = [Text(f"note: {note}") for note in (*table.notes, *table.sources)]
    for line in [Text(""), *head, *lines, Text(""), *notes]:
        line.plain = "".join(sign if sign.isprintable() else "?" for sign in line.plain)
        if console.options.ascii_only:
            line.plain = line.plain.translate(PLAIN_SIGNS).encode("ascii", "replace").decode()
        console.print(line, soft_wrap=line in lines)


def _laid_out(table: Table, width: int) -> list[Text]:
    """The roomiest layout that fits, or the one that needs the least room."""
    for turned in (table, _turned(table)) if len(table.stub) == 1 else (table,):
        for gap, roomy in ((GAP, True), (GAP, False), (" ", False)):
            lines = list(_lines(turned, gap, roomy=roomy))
            if _widest(lines) <= width:
                return lines
    return list(_stacked(table))


def _turned(table: Table) -> Table:
    """A table with a single stub column, its columns as rows: for one that is wider than it is high."""
    across = tuple(
        ColumnGroup(group.name or group.remark.partition(":")[0], tuple(Column(row.name) for row in group.rows))
        for group in table.rows
    )
    entries = iter(zip(*(row.entries for _, row in table.lines), strict=True))
    down = tuple(
        RowGroup(group.heading, tuple(Row(column.title, next(entries)) for column in group.columns))
        for group in table.groups
    )
    return replace(table, groups=across, rows=down)


def _widest(lines: Sequence[Text]) -> int:
    return max(cell_len(line.plain) for line in lines)


def _lines(table: Table, gap: str, *, roomy: bool) -> Iterator[Text]:
    rows = [row for _, row in table.lines]
    columns = [[row.entries[place] for row in rows] for place in range(len(table.columns))]
    titles = [column.title for column in table.columns]
    shown = [_column(entries, roomy=roomy) for entries in columns]
    widths = [max(map(cell_len, (title, *texts))) for title, texts in zip(titles, shown, strict=True)]
    names = max(cell_len(INDENT + row.name) for row in rows)
    if any(group.heading for group in table.groups):
        yield Text(_group_headings(table, names, widths, gap), "dim")
    yield Text((_padded("", names) + gap + gap.join(map(_padded, titles, widths))).rstrip(), "dim")
    position = 0
    for group in table.rows:
        yield Text("")
        yield from _heading(group)
        for row in group.rows:
            texts = [texts[position] for texts in shown]
            line = Text(_padded(INDENT + row.name, names))
            for entry, text, width in zip(row.entries, texts, widths, strict=True):
                line.append(gap)
                line.append(_padded(text, width), "bold" if entry.bold else None)
            line.rstrip()
            yield line
            position += 1


def _group_headings(table: Table, names: int, widths: Sequence[int], gap: str) -> str:
    line, place = _padded("", names), 0
    for group in table.groups:
        mine = widths[place : place + len(group.columns)]
        line += gap + _padded(group.heading, sum(mine) + len(gap) * (len(mine) - 1))
        place += len(group.columns)
    return line.rstrip()


def _heading(group: RowGroup) -> Iterator[Text]:
    if group.name:
        heading = Text(group.name, "bold")
        heading.append(f"  ({group.remark})" if group.remark else "", "not bold")
        yield heading
    elif group.remark:
        yield Text(f"({group.remark})")


def _stacked(table: Table) -> Iterator[Text]:
    """One entry a line: for a terminal too narrow for columns."""
    titles = [
        f"{group.heading} {column.title}".strip() if group.heading else column.title
        for group in table.groups
        for column in group.columns
    ]
    names = max(map(cell_len, titles))
    for number, group in enumerate(table.rows):
        if number:
            yield Text("")
        yield from _heading(group)
        for row in group.rows:
            yield Text(INDENT + row.name)
            texts = _column(row.entries, roomy=False)
            for title, text, entry in zip(titles, texts, row.entries, strict=True):
                yield Text(2 * INDENT + _padded(title, names) + GAP + text, "bold" if entry.bold else "")


def _column(entries: Sequence[Entry], *, roomy: bool) -> list[str]:
    values = max(4, *(cell_len(entry.text) for entry in entries))
    lows, highs = (
        max([least, *(cell_len(entry.ends_text[end]) for entry in entries if entry.ends_text)])
        for end, least in ((0, 2), (1, 3))
    )
    digits = max((len(str(entry.n)) for entry in entries if entry.n is not None), default=0)
    if not any(entry.ends_text for entry in entries) and not digits:
        return [" " * (values - cell_len(entry.text)) + entry.text for entry in entries]
    return [_text(entry, values, lows, highs, digits, roomy=roomy) for entry in entries]


def _text(entry: Entry, values: int, lows: int, highs: int, digits: int, *, roomy: bool) -> str:
    interval = " " * (lows + highs + (4 if roomy else 1))
    if entry.ends_text is not None:
        low, high = entry.ends_text
        interval = f"[{low:>{lows}}, {high:>{highs}}]" if roomy else f"{low:>{lows}}–{high:<{highs}}"
    number = ("n=" if roomy else "") + f"{entry.n:{'<' if roomy else '>'}{digits}}" if entry.n is not None else ""
    marks = (" " if roomy else "") + entry.marks if entry.marks else ""
    return f"{entry.text:>{values}} {interval} {number}{marks}".rstrip()


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
