"""A report on fifty runs of 480 episodes: seconds and memory of all formats, as one command.

    python -m tests.benchmarks.fifty_runs [--runs 50] [--to FORMATS] [--folder DIR]

Each run holds one checkpoint of a series on `doom-standard`. The goal is 60 s of CPU time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.reports.detailed_runs import detailed_run

GOAL_SECONDS = 60.0


def write_runs(folder: Path, count: int) -> list[Path]:
    """A series of checkpoints that learn, with the references in the first run."""
    runs = []
    for number in range(count):
        run = folder / f"run-{number:03}"
        if not run.exists():
            skills = {f"step-{1000 * (number + 1):06}": 1.5 * (number / max(1, count - 1)) ** 0.6}
            detailed_run(run, {**skills, **({"oracle": 0.0, "random": 0.0} if number == 0 else {})})
        runs.append(run)
    return runs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--to", help="formats, as evalsuite report takes them; default: its own default")
    parser.add_argument("--folder", type=Path, help="where the runs are written; kept, and used again if there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        runs = write_runs(folder, arguments.runs)
        words = ["report", *map(str, runs), "--out", str(folder / "report")]
        words += ["--to", arguments.to] if arguments.to else []
        begun = time.monotonic()
        process = subprocess.Popen([sys.executable, "-m", "evalsuite", *words], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall, cpu = time.monotonic() - begun, usage.ru_utime + usage.ru_stime
        written = [path for path in (folder / "report").rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in written) / 2**20
    reached = process.returncode == 0 and cpu < GOAL_SECONDS
    print(f"{len(runs)} runs: {wall:.1f} s, {cpu:.1f} s of CPU, {usage.ru_maxrss / 2**20:.2f} GiB")
    verdict = "reached" if reached else "MISSED"
    print(
        f"exit {process.returncode}, {len(written)} files of {size:.1f} MiB; goal {GOAL_SECONDS:g} s of CPU: {verdict}"
    )
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(main())
