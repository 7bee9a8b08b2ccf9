"""Reports on disk: a reader finds the old file or the new one, never half of either."""

from __future__ import annotations

import contextlib
import json
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


def replace_earlier(folder: Path, kind: str, written: Sequence[Path]) -> list[Path]:
    """Delete what an earlier report of this `kind` left in `folder` and this one has no more; returns `written`.

    The names are kept in the file `.KIND.json`, so that nothing is deleted but what a report has written: an old figure
    beside new ones would be taken for one of them.
    """
    listed = folder / f".{kind}.json"
    names = sorted(path.name for path in written)
    for name in _names_in(listed):
        if name not in names and Path(name).name == name:
            with contextlib.suppress(OSError):
                (folder / name).unlink()
    write_whole(listed, json.dumps(names).encode())
    return list(written)


def _names_in(listed: Path) -> list[str]:
    try:
        names = json.loads(listed.read_bytes())
    except (OSError, ValueError):
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
