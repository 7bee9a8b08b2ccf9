"""What processes have used of this machine, and what is left of it. Where there is no /proc, nothing is known."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

_PROC = Path("/proc")
_CGROUP = Path("/sys/fs/cgroup")
_TICK = os.sysconf("SC_CLK_TCK")


def process_sessions(leaders: Collection[int]) -> dict[int, float]:
    """Leader of a session -> processor seconds that its living processes have used."""
    used = dict.fromkeys(leaders, 0.0)
    for fields in _stats():
        session = int(fields[3])
        if session in used:
            used[session] += (int(fields[11]) + int(fields[12])) / _TICK
    return used


def resident_bytes(leaders: Collection[int]) -> int:
    """Memory that the sessions' processes have to themselves, and their shares of what they share."""
    total = 0
    for entry in _PROC.iterdir() if _PROC.is_dir() else ():
        fields = _stat(entry) if entry.name.isdigit() else []
        if fields and int(fields[3]) in leaders:
            total += _proportional_bytes(entry)
    return total


def available_memory() -> float:
    """Bytes that new processes can have: of the machine, or of the control group where that is less."""
    free = float("inf")
    try:
        for line in (_PROC / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                free = 1024.0 * int(line.split()[1])
        limit = (_CGROUP / "memory.max").read_text().strip()
        if limit != "max":
            free = min(free, float(limit) - float((_CGROUP / "memory.current").read_text()))
    except (OSError, ValueError):
        return free
    return free


def _stats() -> list[list[str]]:
    entries = _PROC.iterdir() if _PROC.is_dir() else ()
    return [fields for entry in entries if entry.name.isdigit() and (fields := _stat(entry))]


def _stat(entry: Path) -> list[str]:
    try:
        text = (entry / "stat").read_text()
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()


def _proportional_bytes(entry: Path) -> int:
    try:
        lines = (entry / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
