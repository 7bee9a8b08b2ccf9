"""What an engine leaves outside its folder when it is killed, declared beforehand so that it can be swept.

Standard library only: the guard process loads this and must stay small.
"""

from __future__ import annotations

import contextlib
import glob
import os
import tempfile
from pathlib import Path

LEFTOVERS = "EVALSUITE_LEFTOVERS"
"""Environment variable: the file that a worker's declarations go to."""

_SHARED_MEMORY = Path("/dev/shm")
_LITERAL_CHARACTERS = 7
_WILDCARDS = "*?[]"


def declare_leftover(pattern: str) -> None:
    """Say, before it is made, that files matching `pattern` are this worker's and go when it is killed.

    Args:
        pattern: a glob directly under /dev/shm or the temporary folder, with 7 literal characters in its name at least,
            such as "/dev/shm/ViZDoom*".

    Raises:
        ValueError: for any other pattern. Does nothing outside a worker.
    """
    if not _may_be_swept(pattern, [_SHARED_MEMORY, Path(tempfile.gettempdir())]):
        raise ValueError(f"{pattern!r} is too wide or outside /dev/shm and the temporary folder")
    declarations = os.environ.get(LEFTOVERS)
    if declarations:
        fd = os.open(declarations, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(fd, pattern.encode() + b"\n")
        finally:
            os.close(fd)


def sweep_leftovers(declarations: Path) -> list[str]:
    """Remove our own files declared in `declarations` that no process maps any more; returns their paths."""
    try:
        patterns = declarations.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    folders = [_SHARED_MEMORY, Path(tempfile.gettempdir())]
    found = [path for pattern in patterns if _may_be_swept(pattern, folders) for path in glob.glob(pattern)]
    in_use = _mapped_files() if found else set()
    swept = []
    for path in found:
        with contextlib.suppress(OSError):
            if os.path.isfile(path) and path not in in_use and os.stat(path).st_uid == os.getuid():
                os.unlink(path)
                swept.append(path)
    return swept


def _mapped_files() -> set[str]:
    """Files in shared memory that some process still maps, so that a pattern never takes another engine's."""
    mapped = set()
    for maps in glob.glob("/proc/[0-9]*/maps"):
        with contextlib.suppress(OSError), open(maps, encoding="utf-8", errors="replace") as lines:
            mapped |= {line.split(None, 5)[5].rstrip("\n") for line in lines if f" {_SHARED_MEMORY}/" in line}
    return mapped


def _may_be_swept(pattern: str, folders: list[Path]) -> bool:
    name = os.path.basename(pattern)
    literal = sum(character not in _WILDCARDS for character in name)
    return Path(pattern).parent in folders and literal >= _LITERAL_CHARACTERS
