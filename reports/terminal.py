"""The table in a terminal: aligned, complete at 80 columns, and understood without colour."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from evalsuite.reports.table import Entry, Table, success_table
from evalsuite.statistics.results import read_results

GAP = "  "
INDENT = "  "
PLAIN_SIGNS = str.maketrans({"–": "-", "·": "|"})
ROOMY_LEGEND = "each cell: success rate [{interval} in %] n=episodes scored"
NARROW_LEGEND = "each cell: success rate, {interval} in %, episodes scored"


def write(runs: Sequence[Path], out: Path | None) -> list[Path]:
    """Print the tables of `runs` on standard output; leaves no file."""
    for results in read_results(runs):
        show(success_table(results), sys.stdout)
    return []


def show(table: Table, file: TextIO, width: int | None = None) -> None:
    """Print `table` into `file`, `width` columns wide or as wide as the terminal is.

    With room a cell reads `62% [41,  79] n=16`, otherwise `62% 41–79 16`. A terminal too narrow even for that
    wraps the lines: no number is ever cut off.
    """
    console = Console(file=file, width=width, highlight=False, markup=False, emoji=False)
    lines, legend = list(_lines(table, roomy=True)), ROOMY_LEGEND
    if max(cell_len(line.plain) for line in lines) > console.width:
        lines, legend = list(_lines(table, roomy=False)), NARROW_LEGEND
    head = [
        Text(table.title, "bold"),
        Text(table.facts, "dim"),
        Text(legend.format(interval=table.interval), "dim"),
        Text(""),
    ]
    notes = [Text(f"note: {note}") for note in table.notes]
    for line in [Text(""), *head, *lines, Text(""), *notes]:
        line.plain = "".join(sign if sign.isprintable() else "?" for sign in line.plain)
        if console.options.ascii_only:
            line.plain = line.plain.translate(PLAIN_SIGNS).encode("ascii", "replace").decode()
        console.print(line, soft_wrap=line in lines)


def _lines(table: Table, *, roomy: bool) -> Iterator[Text]:
    columns = [
        [row.entries[place] for block in table.blocks for row in block.rows] for place in range(len(table.columns))
    ]
    shown = [_column(entries, roomy=roomy) for entries in columns]
    widths = [max(map(cell_len, (heading, *texts))) for heading, texts in zip(table.columns, shown, strict=True)]
    names = max(cell_len(INDENT + row.name) for block in table.blocks for row in block.rows)
    headings = GAP.join(map(_padded, table.columns, widths))
    yield Text(_padded("", names) + GAP + headings.rstrip(), "dim")
    position = 0
    for block in table.blocks:
        yield Text("")
        heading = Text(block.policy, "bold")
        heading.append(f"  ({block.remark})" if block.remark else "", "not bold")
        yield heading
        for row in block.rows:
            texts = (texts[position] for texts in shown)
            yield Text(_padded(INDENT + row.name, names) + GAP + GAP.join(map(_padded, texts, widths)).rstrip())
            position += 1


def _column(entries: Sequence[Entry], *, roomy: bool) -> list[str]:
    digits = max(len(str(entry.n)) for entry in entries)
    return [_roomy(entry, digits) if roomy else _narrow(entry, digits) for entry in entries]


def _roomy(entry: Entry, digits: int) -> str:
    interval = "" if entry.ends is None else "[{:>2}, {:>3}]".format(*entry.ends)
    return f"{entry.rate:>4} {interval:9} n={entry.n:<{digits}}" + (f" {entry.marks}" if entry.marks else "")


def _narrow(entry: Entry, digits: int) -> str:
    interval = "" if entry.ends is None else "{:>2}–{:<3}".format(*entry.ends)
    return f"{entry.rate:>4} {interval:6} {entry.n:>{digits}}" + entry.marks


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
