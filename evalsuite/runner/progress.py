"""Progress on standard error: a bar in a terminal, an occasional line anywhere else."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from evalsuite.runner.status import RunStatus

LINE_SECONDS = 20.0


class RunProgress:
    """A watcher for `run_suite`: episodes settled, success so far by policy, errors, steps per second, ETA."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[success]}"),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("episodes", total=None, success="", rate="")
        self._said = time.monotonic()
        self._finished = False

    def __enter__(self) -> RunProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, status: RunStatus) -> None:
        success, rate = success_so_far(status), f"{status.steps / max(status.seconds, 1e-9):.0f} steps/s"
        self._bar.update(self._task, total=status.total, completed=status.settled, success=success, rate=rate)
        now = time.monotonic()
        finished = status.settled >= status.total and not self._finished
        if self._bar.disable and (now - self._said >= LINE_SECONDS or finished):
            self._said, self._finished = now, finished
            print(f"{status.settled}/{status.total} episodes, {success}, {rate}", file=sys.stderr, flush=True)


def success_so_far(status: RunStatus) -> str:
    """Such as "oracle 96% random 3% (1 error)": successes among the episodes that were no error."""
    parts = []
    for label, outcomes in status.policies.items():
        judged = outcomes["success"] + outcomes["failure"]
        parts.append(f"{label} {100 * outcomes['success'] / judged:.0f}%" if judged else f"{label} -")
    errors = status.outcomes["error"]
    troubles = [f"{errors} error{'s' * (errors > 1)}"] if errors else []
    troubles += [f"{status.retries} retried"] if status.retries else []
    return " ".join(parts) + (f" ({', '.join(troubles)})" if troubles else "")
