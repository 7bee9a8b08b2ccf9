"""What filming costs a run in steps per second: `python -m tests.benchmarks.video_overhead`.

Within one run, the process that films is stopped (SIGSTOP) and let go on by turns, a second and a half each, and the
steps per second of every turn are compared with those of the turn before: what else the machine does hits both alike.
The run is the worst case: Doom with a policy that costs nothing, every episode filmed, as many workers as cores.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import statistics
import tempfile
import threading
import time
from pathlib import Path

from evalsuite.policies.references import parse_reference
from evalsuite.runner.run import run_suite
from evalsuite.runner.status import RunStatus
from evalsuite.suite import find_suite

SETTLING_SECONDS, TURN_SECONDS = 0.3, 1.5
WARM_UP_SECONDS = 4.0


class Turns:
    """Stops and continues the filming process, and keeps (filming, steps per second) of every turn."""

    def __init__(self, wanted: int) -> None:
        self.rates: list[tuple[bool, float]] = []
        self._wanted = wanted
        self._latest = (0.0, 0)

    def watch(self, status: RunStatus) -> None:
        self._latest = (time.monotonic(), status.steps)

    def take(self) -> None:
        """Until there are as many as wanted; then the run is interrupted."""
        while not filming():
            time.sleep(0.1)
        time.sleep(WARM_UP_SECONDS)
        running = True
        while len(self.rates) < self._wanted and (processes := filming()):
            tell(processes, signal.SIGCONT if running else signal.SIGSTOP)
            time.sleep(SETTLING_SECONDS)
            before = self._latest
            time.sleep(TURN_SECONDS)
            after = self._latest
            if after[0] > before[0]:
                self.rates.append((running, (after[1] - before[1]) / (after[0] - before[0])))
            running = not running
        tell(filming(), signal.SIGCONT)
        os.kill(os.getpid(), signal.SIGINT)


def filming() -> list[int]:
    """The process of ours that films while episodes are played, and its engine."""
    parents: dict[int, int] = {}
    films = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
                parents[int(process.name)] = parent
                if parent == os.getpid() and b"--idle" in (process / "cmdline").read_bytes():
                    films.append(int(process.name))
    return films + [pid for pid, parent in parents.items() if parent in films]


def tell(processes: list[int], number: signal.Signals) -> None:
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--workers", type=int)
    arguments = parser.parse_args()
    suite, _ = find_suite("doom-quick")
    turns = Turns(arguments.turns)
    threading.Thread(target=turns.take, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="video-overhead-") as folder:
        run_suite(
            suite,
            [parse_reference("random")],
            seeds=range(20),
            out=Path(folder) / "run",
            workers=arguments.workers,
            videos="all",
            progress=turns.watch,
        )
    ratios = [
        this[1] / other[1] if this[0] else other[1] / this[1]
        for this, other in zip(turns.rates, turns.rates[1:], strict=False)
    ]
    for name, running in (("while it films", True), ("while it is stopped", False)):
        rates = [rate for each, rate in turns.rates if each == running]
        print(f"{name}: median {statistics.median(rates):.0f} steps/s over {len(rates)} turns")
    print(f"median ratio of neighbouring turns: {statistics.median(ratios):.3f}")


if __name__ == "__main__":
    main()
