"""Success rates as a `model-index`, the block of a Hugging Face model card that holds evaluation results.

The format is that of the Hub's model card specification (hub-docs, modelcard.md). Each policy gets a Markdown file
that is a model card of nothing but this block: its YAML is copied to the head of the checkpoint's own README.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from evalsuite import __version__
from evalsuite.crossview.spaces import INTERACTIONS
from evalsuite.errors import UsageError
from evalsuite.exports.options import ExportOptions, check_not_mixed
from evalsuite.statistics.cells import Cell, CellKey
from evalsuite.statistics.results import PolicyResults, SuiteResults, incomplete_notes, read_results
from evalsuite.whole_files import write_whole

FOLDER = "model-index"
TASK = {"type": "reinforcement-learning", "name": "Cross-view goal reaching, zero-shot"}


def write(runs: Sequence[Path], out: Path, options: ExportOptions) -> list[Path]:
    """Write `model-index/<policy>.md` for every policy."""
    check_not_mixed(runs)
    if options.worlds or options.outcomes:
        raise UsageError(
            "--to hf is of whole runs: a success rate of chosen outcomes says nothing; leave the choice out"
        )
    written = []
    suites = read_results(runs)
    unfinished = [f"{suite.suite} {suite.version}" for suite in suites if incomplete_notes(suite.runs)]
    labels = dict.fromkeys(policy.label for suite in suites for policy in suite.policies)
    for label in labels:
        if options.policies and label not in options.policies:
            continue
        results = [
            each
            for suite in suites
            for policy in suite.policies
            if policy.label == label
            for each in policy_results(suite, policy)
        ]
        path = out / FOLDER / f"{label}.md"
        try:
            written.append(write_whole(path, card(label, results, unfinished).encode()))
        except OSError as error:
            raise UsageError(f"can't write {path}: {error.strerror or error}; choose another --out") from error
    if not written:
        raise UsageError(f"no policy of that name; there are: {', '.join(labels)}")
    return written


def policy_results(suite: SuiteResults, policy: PolicyResults) -> Iterator[dict[str, Any]]:
    """A result for all interactions together, and one for each; cells in which nothing was scored are left out."""
    for interaction in (None, *INTERACTIONS):
        cell = policy.cells.get(CellKey(interaction, None))
        if cell is not None and cell.n:
            yield _result(suite, interaction, cell)


def _result(suite: SuiteResults, interaction: str | None, cell: Cell) -> dict[str, Any]:
    mark = " (REHEARSAL on a stand-in, no result of the simulator itself)" if suite.rehearsal else ""
    about = interaction.replace("_", " ") if interaction else "all interactions"
    interval = cell.interval
    return {
        "task": dict(TASK),
        "dataset": {
            "type": f"{suite.suite}-rehearsal" if suite.rehearsal else suite.suite,
            "name": f"evalsuite {suite.suite} {suite.version}{mark}",
            "config": interaction or "all",
            "split": "test",
            "revision": suite.suite_sha256,
        },
        "metrics": [
            {
                "type": "success_rate",
                "name": f"Success rate, {about}",
                "value": round(cell.successes / cell.n, 6),
                "args": {
                    "successes": cell.successes,
                    "episodes": cell.n,
                    "errors": cell.errors,
                    "interval_95": [round(interval.low, 6), round(interval.high, 6)],
                    "rehearsal": suite.rehearsal,
                },
            }
        ],
    }


def card(label: str, results: Sequence[dict[str, Any]], unfinished: Sequence[str] = ()) -> str:
    """A model card with the results of one policy.

    Args:
        unfinished: names of the suites of which not every episode has been played.
    """
    head = yaml.safe_dump(
        {"library_name": "evalsuite", "model-index": [{"name": label, "results": list(results)}]},
        sort_keys=False,
        allow_unicode=True,
        width=120,
    )
    lacking = f" Not every episode of the run is in it: {', '.join(unfinished)}." if unfinished else ""
    return f"---\n{head}---\n\nMeasured with evalsuite {__version__}.{lacking}\n"
