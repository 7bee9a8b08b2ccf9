"""Where the processor time of this package's runner went: engine, policy, and the harness around them.

The benchmark's simulators and its policy write down, in the folder that `LEDGER` names, what processor time was spent
inside them and what their whole process has used; the difference is the harness.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

LEDGER = "EVALSUITE_BENCHMARK_LEDGER"
WRITE_EVERY = 600
"""Spans."""


class Ledger:
    """One process's account: processor time inside the spans, of all since the first of them, and of its children."""

    def __init__(self, kind: str) -> None:
        folder = os.environ.get(LEDGER)
        self._path = Path(folder) / f"{kind}-{os.getpid()}.json" if folder else None
        self._inside = self._first = self._children = 0.0
        self._spans = 0

    @contextmanager
    def span(self) -> Iterator[None]:
        """Count the block as what the harness is there for."""
        if self._path is None:
            yield
            return
        begun = time.process_time()
        if not self._first:
            self._first, self._children = begun, children_seconds()
        yield
        now = time.process_time()
        self._inside += now - begun
        self._spans += 1
        if self._spans % WRITE_EVERY == 0:
            children = children_seconds() - self._children
            told = {"inside": self._inside, "whole": now - self._first, "children": children}
            self._path.write_text(json.dumps(told))


def children_seconds() -> float:
    """Processor time of this process's living children."""
    seconds, tick = 0.0, os.sysconf("SC_CLK_TCK")
    children = [
        number for task in Path("/proc/self/task").iterdir() for number in (task / "children").read_text().split()
    ]
    for child in children:
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) / tick
    return seconds


def overhead(driver: Mapping[str, float], steps: int) -> dict[str, float]:
    """Milliseconds of processor time a step, by part, and the harness's share of all."""
    folder = os.environ.get(LEDGER)
    if not folder:
        return {}
    parts = {"driver": driver["last"] - driver["first"], "engine": 0.0}
    for kind in ("simulator", "policy"):
        told = [json.loads(file.read_text()) for file in Path(folder).glob(f"{kind}-*.json")]
        parts[kind] = sum(each["inside"] for each in told)
        parts[f"around the {kind}"] = sum(each["whole"] - each["inside"] for each in told)
        parts["engine"] += sum(each["children"] for each in told)
    harness = parts["driver"] + parts["around the simulator"] + parts["around the policy"]
    shares = {name: round(1000.0 * seconds / steps, 4) for name, seconds in parts.items()}
    return {**shares, "harness share": round(harness / sum(parts.values()), 4)}
