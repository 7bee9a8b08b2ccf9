"""Which processes are ours, and how all of them are ended: those we started and those that they started.

A process belongs to a family when its environment carries the family's mark or when it sits in the session
of a process that we started. Both are read from /proc; a process number that was given anew is told by its
start time. Where there is no /proc, process groups have to do.

Standard library only: the guard process loads this and must stay small.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

MARK = "EVALSUITE_FAMILY"
"""Environment variable that every process of a family inherits."""

_PROC = Path("/proc")


def start_time(pid: int) -> str:
    """When `pid` was started, in the kernel's clock ticks; empty when there is no such process or no /proc."""
    fields = _stat(pid)
    return fields[19] if fields else ""


def family(mark: str, leaders: Mapping[int, str]) -> Iterator[int]:
    """The living processes of the family.

    Args:
        mark: what their `EVALSUITE_FAMILY` begins with.
        leaders: process number -> start time of those that lead a session of their own.
    """
    wanted = f"{MARK}={mark}".encode()
    for entry in _PROC.iterdir() if _PROC.is_dir() else ():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        pid = int(entry.name)
        fields = _stat(pid)
        if not fields or fields[0] in ("Z", "X"):
            continue
        session = int(fields[3])
        if session in leaders and start_time(session) in ("", leaders[session]):
            yield pid
            continue
        with contextlib.suppress(OSError):
            if any(each.startswith(wanted) for each in (entry / "environ").read_bytes().split(b"\0")):
                yield pid


def end_family(mark: str, leaders: Mapping[int, str], *, limit: float = 5.0) -> None:
    """Kill the family, again until nobody is left (they may be starting others) or `limit` seconds are over.

    A leader that is our own child must not have been waited for before: that keeps its number ours.
    """
    deadline = time.monotonic() + limit
    if not _PROC.is_dir():
        for leader in leaders:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(leader, signal.SIGKILL)
        return
    while members := list(family(mark, leaders)):
        for pid in members:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return
        time.sleep(0.01)


def _stat(pid: int) -> list[str]:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()
