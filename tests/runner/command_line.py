"""A run as a real command line, and waiting for what it records."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from evalsuite.records.reading import read_records

LOOK_SECONDS = 0.01


def start(command: Sequence[str], environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Run `command` as a shell in the foreground would, even where pytest itself was started deaf to SIGINT."""
    return subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for_records(out: Path, count: int, *, seconds: float) -> None:
    """Until the run folder `out` holds `count` records; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (out / "run.json").exists() and len(read_records(out)) >= count:
            return
        time.sleep(LOOK_SECONDS)
    raise AssertionError(f"no {count} records within {seconds:g} s")
