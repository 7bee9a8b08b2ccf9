"""The tables as GitHub Markdown, with what has to be known to make them again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from evalsuite.reports.evaluation import read_evaluation
from evalsuite.reports.files import report_folder, write_whole
from evalsuite.reports.tables.registry import all_tables
from evalsuite.reports.tables.table import Entry, RowGroup, Table
from evalsuite.statistics.intervals import IntervalKind
from evalsuite.statistics.results import RunEpisodes

FILE_NAME = "table.md"
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")


def write(
    runs: Sequence[Path], out: Path | None, *, interval: IntervalKind = "wilson", view_bins: str | None = None
) -> list[Path]:
    """Write `table.md`: a section for each table, rehearsed episodes in sections of their own, and the runs."""
    evaluation = read_evaluation(runs, interval, view_bins)
    sections = ["\n".join(section(table)) for table in all_tables(evaluation)]
    made_of = {run.header.run: run for results in evaluation.results for run in results.runs}
    sections.append("\n".join(["## Runs", "", *(f"- {escaped(_provenance(run))}" for run in made_of.values())]))
    text = "\n\n".join(sections) + "\n"
    return [write_whole(report_folder(runs, out) / FILE_NAME, text.encode())]


def section(table: Table) -> Iterator[str]:
    """Title, facts, legend, the table, its notes and the sources of what is quoted in it."""
    yield f"## {escaped(table.title)}"
    yield ""
    yield f"{escaped(table.facts)}  "
    yield f"Each cell: {escaped(table.legend)}."
    yield ""
    yield markdown(table)
    notes = [*table.notes, *table.sources]
    if notes:
        yield ""
    for note in notes:
        yield f"- {escaped(note)}"


def markdown(table: Table) -> str:
    """`table` as a Markdown table; a group's name stands in its first row, a group heading before each column's."""
    headings = [
        f"{group.heading}: {column.title}" if group.heading else column.title
        for group in table.groups
        for column in group.columns
    ]
    names = ["---" for _ in table.stub]
    lines = [_line([*map(escaped, (*table.stub, *headings))]), _line([*names, *["---:" for _ in headings]])]
    for group in table.rows:
        for place, row in enumerate(group.rows):
            lines.append(_line([*_stub(table, group, place), *map(_cell, row.entries)]))
    return "\n".join(lines)


def escaped(text: str) -> str:
    """`text` so that Markdown shows it as it is, on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _stub(table: Table, group: RowGroup, place: int) -> list[str]:
    name = escaped(group.rows[place].name)
    remark = f" ({escaped(group.remark)})" if group.remark else ""
    if len(table.stub) == 1:
        return [name + remark]
    return [f"**{escaped(group.name)}**{remark}" if place == 0 else "", name]


def _cell(entry: Entry) -> str:
    """Nothing in it is the user's; only `*` has a meaning of its own, `[` has none without a `(` behind it."""
    marks = f" {escaped(entry.marks)}" if entry.marks else ""
    value = escaped(entry.text)
    interval = f" [{entry.ends_text[0]}, {entry.ends_text[1]}]" if entry.ends_text is not None else ""
    number = f" n={entry.n}" if entry.n is not None else ""
    return (f"**{value}**" if entry.bold else value) + interval + number + marks


def _provenance(run: RunEpisodes) -> str:
    sessions = run.header.sessions
    versions = {f"{name} {version}": None for session in sessions for name, version in session.versions.items()}
    engines = {f"{name} {version}": None for engine in run.header.engines.values() for name, version in engine.items()}
    commits = {
        f"git {str(session.git.get('commit'))[:12]}" + (" with changes" if session.git.get("dirty") else ""): None
        for session in sessions
        if session.git
    }
    started = sessions[0].started[:10] if sessions else "unknown"
    return ", ".join([f"run {run.header.run} of {started}", *{**versions, **engines, **commits}])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
