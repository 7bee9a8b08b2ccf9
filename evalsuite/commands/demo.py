"""`evalsuite demo`: the main job on the embedded world, from scenarios to a table and pictures."""

from __future__ import annotations

import argparse
import importlib.util
import json
import shlex
import sys
import time
from pathlib import Path

from evalsuite.commands.main import EXIT_INTERRUPTED
from evalsuite.commands.report import write_reports
from evalsuite.commands.run import folder
from evalsuite.commands.run_words import as_json
from evalsuite.errors import UsageError
from evalsuite.extras import install_command
from evalsuite.policies.references import parse_reference
from evalsuite.runner.progress import RunProgress
from evalsuite.runner.run import run_suite
from evalsuite.suite.catalogue import find_suite

SUITE = "doom-quick"
POLICIES = ("doom-pretrained", "doom-finetuned", "oracle", "random")
NEEDED = {"vizdoom": "doom", "torch": "torch", "matplotlib": "reports", "jinja2": "reports"}
"""Package -> the extra that brings it."""

FILES = ("html", "markdown", "csv", "png", "views")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `evalsuite demo` takes."""
    parser.add_argument("--out", metavar="DIR", type=folder, help="the run folder (default: runs/demo-<date>-<time>)")
    parser.add_argument("--workers", metavar="N", type=int, help="simulators at once; default: the number of cores")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def execute(arguments: argparse.Namespace) -> int:
    """Score two trained checkpoints, the oracle and the random control on doom-quick, and show it."""
    check_extras()
    suite, path = find_suite(SUITE)
    out: Path = arguments.out or Path("runs") / f"demo-{time.strftime('%Y%m%d-%H%M%S')}"
    with RunProgress() as progress:
        references = [parse_reference(text) for text in POLICIES]
        result = run_suite(suite, references, out=out, workers=arguments.workers, progress=progress, suite_file=path)
    if result.interrupted:
        done = f"interrupted with {result.episodes} of {result.total} episodes settled"
        print(f"{done}; go on with: {_again(arguments, out)}", file=sys.stderr)
        return EXIT_INTERRUPTED
    for each in result.given_up:
        raise UsageError(
            f"Doom keeps failing here; mend that, then go on with: {_again(arguments, out)} ({each.reason})"
        )
    if not arguments.json:
        write_reports([out], ["terminal"], None)
    written = write_reports([out], FILES, None)
    if arguments.json:
        print(json.dumps({**as_json(result), "reports": [str(path) for path in written]}))
        return 0
    print(f"{result.episodes} episodes in {result.seconds:.0f} s, one line each: {out / 'episodes'}")
    print(f"table and pictures: {', '.join(path.name for path in written)} in {written[0].parent}")
    print("next, your own checkpoint: evalsuite run doom-standard --policy torchscript:FILE --policy random")
    return 0


def check_extras() -> None:
    """Raise `UsageError` with the command that brings what the demo needs and isn't installed."""
    missing = [package for package in NEEDED if importlib.util.find_spec(package) is None]
    if missing:
        extras = dict.fromkeys(NEEDED[package] for package in missing)
        raise UsageError(f"the demo needs {' and '.join(missing)}: {install_command(*extras)}")


def _again(arguments: argparse.Namespace, out: Path) -> str:
    workers = ["--workers", str(arguments.workers)] if arguments.workers else []
    return shlex.join(["evalsuite", "demo", "--out", str(out), *workers])
