"""Progress on standard error: a bar in a terminal, an occasional line anywhere else."""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from evalsuite.runner.status import RunStatus

LINE_SECONDS = 20.0
MISSING_SECONDS = 3.0
"""A policy whose process went is back by itself within that, unless what it needs is not there."""

WIDE_ENOUGH = 80
"""Columns of a terminal below which only the count, the time left and what else fits are shown."""


class RunProgress:
    """A watcher for `run_suite`: episodes settled, success so far by policy, errors, steps per second, ETA.

    Args:
        out: the run folder, named when a part of the run is there already.
        blinded: show no policy's name and no bar, for a person who sets up the episodes in the same terminal.
    """

    def __init__(self, out: Path | None = None, *, blinded: bool = False) -> None:
        self._out = out
        self._blinded = blinded
        self._console = Console(stderr=True)
        whatever_is_left = Column(no_wrap=True, overflow="ellipsis", ratio=1)
        success = TextColumn("{task.fields[success]}", table_column=whatever_is_left)
        count, left = MofNCompleteColumn(), TextColumn("{task.fields[left]}")
        wide: list[ProgressColumn] = [
            TextColumn("episodes"),
            BarColumn(bar_width=max(10, min(40, self._console.width // 8))),
            count,
            left,
            TimeElapsedColumn(),
            TextColumn("{task.fields[rate]}"),
            success,
        ]
        self._bar = Progress(
            *(wide if self._console.width >= WIDE_ENOUGH else [count, left, success]),
            console=self._console,
            expand=True,
            disable=blinded or not self._console.is_terminal,
        )
        self._task: TaskID | None = None
        self._said = time.monotonic()
        self._finished = False
        self._settled = 0
        self._missing_since: dict[str, float] = {}
        self._missing_told: set[str] = set()

    def __enter__(self) -> RunProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, status: RunStatus) -> None:
        success = "policies hidden" if self._blinded else success_so_far(status)
        rate = f"{status.steps / max(status.seconds, 1e-9):.0f} steps/s"
        films = status.settled >= status.total and status.videos_left > 0
        left = "making videos" if films else f"ETA {time_left(status)}"
        if self._task is None:
            if status.resumed and self._out is not None:
                self._print(already_there(status, self._out))
            self._task = self._bar.add_task(
                "", total=status.total, completed=status.settled, success=success, rate=rate, left=left
            )
        else:
            self._bar.update(
                self._task, total=status.total, completed=status.settled, success=success, rate=rate, left=left
            )
        now = time.monotonic()
        if not self._blinded:
            self._tell_who_is_missing(status.missing_policies, now)
        finished = status.settled >= status.total and not self._finished
        # A person who sets up episodes reads something else in the same terminal: a line an episode, not by the clock.
        due = status.settled > self._settled if self._blinded else now - self._said >= LINE_SECONDS
        if self._bar.disable and (due or finished):
            self._settled = status.settled
            self._said, self._finished = now, self._finished or finished
            print(f"{status.settled}/{status.total} episodes, {left}, {success}, {rate}", file=sys.stderr, flush=True)

    def _tell_who_is_missing(self, missing: Mapping[str, str], now: float) -> None:
        """A line when a policy has not been there for some seconds, and another when it is back."""
        for label in [label for label in self._missing_since if label not in missing]:
            del self._missing_since[label]
            if label in self._missing_told:
                self._missing_told.remove(label)
                self._print(f"note: {label} is back")
        for label, reason in missing.items():
            since = self._missing_since.setdefault(label, now)
            if now - since >= MISSING_SECONDS and label not in self._missing_told:
                self._missing_told.add(label)
                self._print(f"note: {label} is waited for: {reason}")

    def _print(self, line: str) -> None:
        self._console.print(line, soft_wrap=True, highlight=False, markup=False)


def already_there(status: RunStatus, out: Path) -> str:
    """Such as "30 of 480 episodes were already in runs/one"."""
    episodes = f"{status.total} episode{'s' * (status.total != 1)}"
    return f"{status.resumed} of {episodes} {'was' if status.resumed == 1 else 'were'} already in {out}"


def time_left(status: RunStatus) -> str:
    """Hours, minutes and seconds, such as "0:03:10", at this session's pace; "-:--:--" before its first episode."""
    return hours(status.eta_seconds)


def hours(seconds: float | None) -> str:
    """Such as "0:03:10"; "-:--:--" for what is not known."""
    return "-:--:--" if seconds is None else str(datetime.timedelta(seconds=round(seconds)))


def success_so_far(status: RunStatus) -> str:
    """Such as "oracle 96% random 3% (1 error)": successes among the episodes that were no error."""
    parts = []
    for label, outcomes in status.policies.items():
        judged = outcomes["success"] + outcomes["failure"]
        parts.append(f"{label} {100 * outcomes['success'] / judged:.0f}%" if judged else f"{label} -")
    errors = status.outcomes["error"]
    troubles = [f"{errors} error{'s' * (errors > 1)}"] if errors else []
    troubles += [f"{status.retries} retried"] if status.retries else []
    troubles += [f"{status.videos_left} videos to make"] if status.videos_left else []
    return " ".join(parts) + (f" ({', '.join(troubles)})" if troubles else "")
