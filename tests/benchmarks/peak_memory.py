"""How much memory a process and all that it started take together at their worst."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PERIOD_SECONDS = 0.25


@contextmanager
def peak_memory() -> Iterator[list[float]]:
    """A list whose one number becomes the largest sum of proportional set sizes of this process's tree, in MB."""
    peak = [0.0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(PERIOD_SECONDS):
            peak[0] = max(peak[0], sum(map(_proportional_megabytes, _tree(os.getpid()))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _tree(root: int) -> set[int]:
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, border = {root}, {root}
    while border := {child for child, parent in parents.items() if parent in border} - found:
        found |= border
    return found


def _proportional_megabytes(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
