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
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

MARK = "EVALSUITE_FAMILY"
"""Environment variable that every process of a family inherits."""

_PROC = Path("/proc")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

Key = TypeVar("Key", bound=Hashable)


def start_time(pid: int) -> str:
    """When `pid` was started, in the kernel's clock ticks; empty when there is no such process or no /proc."""
    fields = _stat(pid)
    return fields[19] if fields else ""


@dataclass(frozen=True)
class Family:
    """A process that leads a session of its own, and all that it started.

    Args:
        mark: what their `EVALSUITE_FAMILY` begins with.
        leader: its process number, with its start time in `started`.
    """

    mark: str
    leader: int
    started: str


def members_of(families: Mapping[Key, Family]) -> dict[Key, list[int]]:
    """The living processes of each family, in one look at all processes; without /proc there are none to be seen."""
    members: dict[Key, list[int]] = {key: [] for key in families}
    by_leader = {each.leader: key for key, each in families.items() if start_time(each.leader) == each.started}
    by_mark = {f"{MARK}={each.mark}".encode(): key for key, each in families.items()}
    for entry in _PROC.iterdir() if _PROC.is_dir() else ():
        if not entry.name.isdigit() or not (fields := _stat(int(entry.name))) or fields[0] in ("Z", "X"):
            continue
        key = by_leader.get(int(fields[3]))
        if key is None:
            with contextlib.suppress(OSError):
                own = (entry / "environ").read_bytes().split(b"\0")
                marked = (key for begin, key in by_mark.items() if any(each.startswith(begin) for each in own))
                key = next(marked, None)
        if key is not None:
            members[key].append(int(entry.name))
    return members


def memory_of(pids: Iterable[int], enough: int) -> int:
    """Bytes that these processes hold together, shared pages counted once; counted so only where it may be `enough`."""
    pids = list(pids)
    resident = sum(_resident(pid) for pid in pids)
    return resident if resident <= enough else sum(_proportional(pid) for pid in pids)


def gibibytes(count: int) -> str:
    """Such as "4.2 GiB"."""
    return f"{count / 2**30:.3g} GiB"


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


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, IndexError):
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE_BYTES
    return 0


def _proportional(pid: int) -> int:
    """Its share of what it maps; all that is resident where the kernel does not tell."""
    with contextlib.suppress(OSError):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return _resident(pid)


def _stat(pid: int) -> list[str]:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()
