"""`evalsuite run`: policies on a suite."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path

from evalsuite.commands.main import EXIT_INTERRUPTED
from evalsuite.policies.references import parse_reference
from evalsuite.runner.progress import RunProgress
from evalsuite.runner.run import RunResult, run_suite
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.files import lock_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("suite", metavar="SUITE", help="a shipped name, a file or a folder")
    parser.add_argument(
        "--policy",
        metavar="[LABEL=]REF",
        action="append",
        required=True,
        help="noop, random, oracle, package.module:factory, torchscript:FILE or export:FILE.pt2; may be repeated",
    )
    parser.add_argument("--seed", metavar="N", type=int, action="append", help="may be repeated; default: 0")
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="the run folder; one with a part of this run is resumed"
    )
    parser.add_argument("--workers", metavar="N", type=int, help="simulators at once; default: the number of cores")
    parser.add_argument("--rehearse", action="store_true", help="let stand-ins play the simulators' part")
    parser.add_argument("--trust-checkpoint", action="store_true", help="allow a checkpoint to run code on loading")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def execute(arguments: argparse.Namespace) -> int:
    references = [parse_reference(text) for text in arguments.policy]
    suite, path = find_suite(arguments.suite)
    if not lock_file(path).exists():
        print(f"note: {path} has no lock; `evalsuite validate {path} --write-lock` makes one", file=sys.stderr)
    out: Path = arguments.out or Path("runs") / f"{suite.suite}-{time.strftime('%Y%m%d-%H%M%S')}"
    with RunProgress() as progress:
        result = run_suite(
            suite,
            references,
            seeds=arguments.seed or [0],
            out=out,
            workers=arguments.workers,
            rehearse=arguments.rehearse,
            trust_checkpoint=arguments.trust_checkpoint,
            progress=progress,
        )
    if arguments.json:
        print(json.dumps(as_json(result)))
    elif result.episodes:
        show_table(result)
    if result.interrupted:
        print(_how_to_go_on(arguments, result), file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


def as_json(result: RunResult) -> dict[str, object]:
    """The object that `--json` prints."""
    return {
        "out": str(result.out),
        "suite": result.suite,
        "suite_sha256": result.suite_sha256,
        "episodes": result.episodes,
        "outcomes": result.outcomes,
        "policies": {label: dict(outcomes) for label, outcomes in result.policies.items()},
        "steps": result.steps,
        "seconds": round(result.seconds, 3),
        "interrupted": result.interrupted,
    }


def show_table(result: RunResult) -> None:
    """Print the run's table in the report format `terminal`, and where the run lies."""
    (writer,) = entry_points(group="evalsuite.report_formats", name="terminal")
    writer.load()([result.out], None)
    print(f"{result.episodes} of {result.total} episodes in {result.out}")


def _how_to_go_on(arguments: argparse.Namespace, result: RunResult) -> str:
    command = ["evalsuite", "run", arguments.suite]
    command += [word for text in arguments.policy for word in ("--policy", text)]
    command += [word for seed in arguments.seed or () for word in ("--seed", str(seed))]
    command += ["--workers", str(arguments.workers)] if arguments.workers else []
    command += ["--rehearse"] * arguments.rehearse + ["--trust-checkpoint"] * arguments.trust_checkpoint
    done = f"interrupted with {result.episodes} of {result.total} episodes settled"
    return f"{done}; go on with: {shlex.join([*command, '--out', str(result.out)])}"
