"""Files that are there whole or not at all: a reader finds the old one or the new one, never half of either."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

Content: TypeAlias = bytes | Iterable[bytes]


def write_whole(path: Path, content: bytes) -> Path:
    """Write `content` to `path`, making its folder, so that it survives a loss of power; returns `path`.

    Raises `OSError`; then nothing has changed but, perhaps, the folder being there.
    """
    with _beside(path, content) as unfinished:
        os.replace(unfinished, path)
    sync_folder(path.parent)
    return path


def write_both_whole(first: Path, first_content: bytes, second: Path, second_content: Content) -> None:
    """Write two files of one folder, neither before both are on the disk; raises `OSError`, and then neither changes.

    Killed between the two, it leaves the new `first` beside the old `second`.
    """
    old = first.read_bytes() if first.is_file() else None
    with _beside(first, first_content) as unfinished, _beside(second, second_content) as other:
        os.replace(unfinished, first)
        try:
            os.replace(other, second)
        except BaseException:
            if old is None:
                first.unlink()
            else:
                write_whole(first, old)
            raise
    sync_folder(first.parent)


@contextlib.contextmanager
def _beside(path: Path, content: Content) -> Iterator[str]:
    """A file of `content` on the disk, to be renamed to `path`; what is not renamed does not stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines([content] if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(unfinished, 0o644)
        yield unfinished
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(unfinished)


def sync_folder(path: Path) -> None:
    """Make what was created or renamed in the folder survive a loss of power."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
