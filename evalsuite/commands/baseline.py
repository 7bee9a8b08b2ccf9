"""`evalsuite baseline`: a run's outcomes as one small file to be committed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.gate.baseline import ENDING, write_baseline
from evalsuite.statistics.results import combine, read_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `evalsuite baseline` takes."""
    parser.add_argument("run", metavar="DIR", type=Path, help="a run folder")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help=f"the file to write, FILE{ENDING}")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")


def execute(arguments: argparse.Namespace) -> int:
    """Write the file and say what is in it."""
    if arguments.out.suffix != ENDING:
        raise UsageError(f"--out {arguments.out}: a baseline's name ends in {ENDING}")
    if arguments.run.is_file():
        raise UsageError(f"{arguments.run} is a file: a baseline is made of a run folder")
    run = read_run(arguments.run)
    (results,) = combine([run])
    size = write_baseline(run, arguments.out)
    if arguments.json:
        content = {"out": str(arguments.out), "bytes": size, "episodes": len(run.episodes), "suite": results.suite}
        policies = {"policies": [policy.label for policy in results.policies]}
        print(json.dumps({**content, "suite_sha256": results.suite_sha256, **policies, "notes": list(results.notes)}))
        return 0
    labels = ", ".join(policy.label for policy in results.policies)
    what = f"{len(run.episodes):,} episodes of {labels} on {results.suite} {results.version}"
    print(f"{arguments.out}: {what}, {size:,} bytes")
    for note in results.notes:
        print(f"note: {note}")
    return 0
