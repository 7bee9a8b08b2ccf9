"""This package's runner: `python -m ... SUITE MODEL STARTED WORKERS PROCESSES`, 0 for what it chooses by itself."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records
from evalsuite.runner.run import run_suite
from evalsuite.runner.status import RunStatus
from evalsuite.suite.files import load_suite
from tests.benchmarks.harnesses.clock import Clock
from tests.benchmarks.harnesses.ledger import LEDGER, overhead
from tests.benchmarks.harnesses.measured_policy import MODEL

MEASURED = "tests.benchmarks.harnesses.measured_policy:measured"


def main(suite_file: Path, model: Path, started: float, workers: int, processes: int) -> None:
    clock, suite = Clock(started), load_suite(suite_file)
    os.environ[MODEL] = str(model)
    seen = [0]
    team: dict[str, int] = {}
    driver = {"first": 0.0, "last": 0.0}

    def watch(status: RunStatus) -> None:
        clock.count(status.steps - seen[0])
        seen[0] = status.steps
        for kind in ("worker", "policy"):
            team[kind] = max(team.get(kind, 0), len(list(Path(tempfile.gettempdir()).glob(f"evalsuite-*/{kind}-*"))))
        if status.steps:
            usage = resource.getrusage(resource.RUSAGE_SELF)
            driver["last"] = usage.ru_utime + usage.ru_stime
            driver["first"] = driver["first"] or driver["last"]
            driver["at"] = time.time()

    with tempfile.TemporaryDirectory() as folder:
        result = run_suite(
            suite,
            [parse_reference(MEASURED if LEDGER in os.environ else f"torchscript:{model}")],
            out=Path(folder) / "run",
            workers=workers or None,
            policy_processes=processes or None,
            progress=watch,
        )
        frames = {record.scenario: record.final_frame_sha256 for record in read_records(Path(folder) / "run")}
    clock.frames = {name: frame or "" for name, frame in frames.items()}
    clock.tell_at(driver["at"], outcomes=result.outcomes, team=team, overhead=overhead(driver, result.steps))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
