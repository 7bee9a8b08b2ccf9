"""What may be held against what: a run folder or a baseline file, read alike."""

from __future__ import annotations

from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.gate.baseline import ENDING, read_baseline
from evalsuite.statistics.results import SuiteResults, combine, read_run


def read_source(path: Path, role: str) -> SuiteResults:
    """The episodes in a run folder or a baseline file (`.parquet`).

    Args:
        role: `base` or `candidate`, for messages.

    Raises:
        UsageError: there is nothing, it can't be read, or it holds more than one suite.
    """
    if path.suffix == ENDING:
        run = read_baseline(path)
    elif path.is_file():
        raise UsageError(f"the {role} {path} is a file, but no baseline ({ENDING}): name a run folder or such a file")
    elif path.exists():
        run = read_run(path)
    else:
        raise UsageError(f"there is no {role} {path}: name a run folder, or a file made by `evalsuite baseline`")
    results = combine([run])
    if len(results) != 1:
        raise UsageError(
            f"the {role} {path} holds several suites, or a rehearsal beside the real thing: not comparable"
        )
    return results[0]
