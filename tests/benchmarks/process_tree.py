"""What a process and all that it started take together."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PERIOD_SECONDS = 0.25
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass
class TreeUse:
    """Of this process's tree while it is watched.

    Args:
        peak_megabytes: the largest sum of proportional set sizes.
        seconds_by_process: processor time of each but the one that watches, of those that have ended too.
    """

    peak_megabytes: float = 0.0
    seconds_by_process: dict[int, float] = field(default_factory=dict)

    @property
    def processor_seconds(self) -> float:
        return sum(self.seconds_by_process.values())

    def look(self) -> None:
        """Take down what the tree takes now."""
        processes = _tree(os.getpid())
        self.peak_megabytes = max(self.peak_megabytes, sum(map(_proportional_megabytes, processes)))
        del processes[os.getpid()]
        self.seconds_by_process.update(processes)


@contextmanager
def watched_tree() -> Iterator[TreeUse]:
    """What this process's tree takes, looked at four times a second."""
    use, over = TreeUse(), threading.Event()

    def watch() -> None:
        while not over.wait(PERIOD_SECONDS):
            use.look()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield use
    finally:
        over.set()
        watcher.join()


def _tree(root: int) -> dict[int, float]:
    """The processes below `root`, and itself: number -> processor seconds."""
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        number = int(status.parent.name)
        parents[number] = int(told[1])
        seconds[number] = (int(told[11]) + int(told[12])) / TICKS_A_SECOND
    found, border = {root}, {root}
    while border := {child for child, parent in parents.items() if parent in border} - found:
        found |= border
    return {number: seconds[number] for number in found}


def _proportional_megabytes(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
