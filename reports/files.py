"""Reports on disk: a reader finds the old file or the new one, never half of either."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evalsuite import whole_files
from evalsuite.errors import UsageError


def write_whole(path: Path, content: bytes) -> Path:
    """Write `content` to `path`, making its folder, whole or not at all; returns `path`.

    Raises `UsageError` when it can't be written.
    """
    try:
        return whole_files.write_whole(path, content)
    except OSError as error:
        raise UsageError(f"can't write {path}: {error.strerror or error}; choose another --out") from error


def report_folder(runs: Sequence[Path], out: Path | None) -> Path:
    """Where a report goes: `out`, or else `report/` in the run folder named first."""
    return runs[0] / "report" if out is None else out
