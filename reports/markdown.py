"""The table as GitHub Markdown, with what has to be known to make it again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from evalsuite.reports.files import report_folder, write_whole
from evalsuite.reports.table import Table, success_table
from evalsuite.statistics.results import RunEpisodes, SuiteResults, read_results

FILE_NAME = "table.md"
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def write(runs: Sequence[Path], out: Path | None) -> list[Path]:
    """Write `table.md`, a section for each suite (rehearsed episodes in a section of their own)."""
    sections = ["\n".join(_section(results)) for results in read_results(runs)]
    text = "\n\n".join(sections) + "\n"
    return [write_whole(report_folder(runs, out) / FILE_NAME, text.encode())]


def markdown(table: Table) -> str:
    """`table` as a Markdown table; the policy stands in the first column of each block's first row."""
    lines = [_line(["policy", "interaction", *table.columns]), _line(["---", "---", *["---:" for _ in table.columns]])]
    for block in table.blocks:
        for place, row in enumerate(block.rows):
            name = f"**{escaped(block.policy)}**" if place == 0 else ""
            if place == 0 and block.remark:
                name += f" ({escaped(block.remark)})"
            lines.append(_line([name, escaped(row.name), *(entry.text for entry in row.entries)]))
    return "\n".join(lines)


def escaped(text: str) -> str:
    """`text` so that Markdown shows it as it is, on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _section(results: SuiteResults) -> Iterator[str]:
    table = success_table(results)
    yield f"## {escaped(table.title)}"
    yield ""
    yield f"{escaped(table.facts)}  "
    yield f"Each cell: success rate, {table.interval} in percent, episodes scored (n)."
    yield ""
    yield markdown(table)
    yield ""
    for note in table.notes:
        yield f"- {escaped(note)}"
    for run in results.runs:
        yield f"- {escaped(_provenance(run))}"


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
