"""The gate's files: what can't be written is told in a line."""

from __future__ import annotations

from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.whole_files import write_whole


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8. Raises `UsageError`."""
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise UsageError(f"can't write {path}: {error.strerror or error}") from error


def append_text(path: Path, text: str) -> None:
    """Append `text` as UTF-8. Raises `UsageError`."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"can't write {path}: {error.strerror or error}") from error
