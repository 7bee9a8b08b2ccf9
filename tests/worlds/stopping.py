"""A process that is stopped, as with Ctrl-Z: it lives and does nothing."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

LIMIT_SECONDS = 10.0


def stop(pid: int) -> None:
    """Stop `pid`, and come back when all its threads stand still: until then one of them may still answer."""
    os.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + LIMIT_SECONDS
    while not all(_state(task) in "Tt" for task in Path(f"/proc/{pid}/task").iterdir()):
        assert time.monotonic() < deadline, f"process {pid} does not stop"
        time.sleep(0.005)


def _state(task: Path) -> str:
    return (task / "stat").read_text().rpartition(")")[2].split()[0]
