"""The verdict as a GitHub step summary: Markdown that the workflow's page shows."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from pathlib import Path

from evalsuite.gate.files import append_text
from evalsuite.gate.table import comparison_table
from evalsuite.gate.verdict import Verdict

LIMIT_BYTES = 1024 * 1024
"""GitHub refuses a step's summary above 1,024 KiB (workflow commands, "Adding a job summary", step isolation and
limits)."""

SIGNS = {"PASS": "✅", "FAIL": "❌", "INCONCLUSIVE": "⚠️"}
CUT = "\n\n*cut here: the summary would be larger than GitHub takes*\n"


def step_summary(verdict: Verdict) -> str:
    """At most `LIMIT_BYTES` in UTF-8, less what the file at GITHUB_STEP_SUMMARY may hold already."""
    table = comparison_table(verdict.comparison)
    lines = [f"### {SIGNS[verdict.decision]} {_escaped(verdict.headline)}", ""]
    lines += [text for warning in verdict.warnings for text in (f"> **Warning:** {_escaped(warning)}", "")]
    lines += [f"- {_escaped(finding.sentence)}" for finding in verdict.deciding]
    lines += ["", *table.markdown(), "", _escaped(table.legend), ""]
    lines += [f"- {_escaped(note)}" for note in verdict.notes]
    return shortened(lines, LIMIT_BYTES)


def write_step_summary(verdict: Verdict, path: Path) -> None:
    """Append it to `path`, cut so that the whole file stays below the limit. Raises `UsageError`."""
    present = path.stat().st_size if path.exists() else 0
    append_text(path, shortened(step_summary(verdict).splitlines(), LIMIT_BYTES - present))


def summary_path() -> Path | None:
    """Where GitHub wants the summary of this step, inside a workflow."""
    return Path(os.environ["GITHUB_STEP_SUMMARY"]) if os.environ.get("GITHUB_STEP_SUMMARY") else None


def shortened(lines: Sequence[str], limit: int) -> str:
    """As many whole lines as stay below `limit` bytes, and a word when that is not all of them."""
    text = "\n".join(lines) + "\n"
    if len(text.encode()) < limit:
        return text
    room, kept = limit - len(CUT.encode()) - 1, []
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join(kept) + CUT if kept else ""


def _escaped(text: str) -> str:
    return html.escape(" ".join(text.split()), quote=False).replace("_", r"\_").replace("*", r"\*")
