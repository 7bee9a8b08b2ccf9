"""`evalsuite synthesize`: a new suite from a world's own generator."""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.progress import track

from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.runner.scratch import Scratch
from evalsuite.suite.files import SUITE_ENDINGS, lock_file, save_locked
from evalsuite.suite.scenario import Scenario, Suite
from evalsuite.worlds import find_world

TRIAL_BYTES = 4096
"""Written and taken back, to see that there is room: less than any suite of some scenarios takes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("world", metavar="WORLD", help="whose scenarios to make: a name that `evalsuite worlds` lists")
    parser.add_argument("--count", metavar="N", type=int, required=True, help="how many scenarios")
    parser.add_argument(
        "--seed", metavar="S", type=int, required=True, help="what chance is drawn from: the same gives the same suite"
    )
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="ends in .yaml or .jsonl")
    parser.add_argument("--name", help="of the suite; default: the file's")
    parser.add_argument("--version", default="1", help="of the suite; default: 1")
    parser.add_argument("--force", action="store_true", help="overwrite a suite that is there")


def execute(arguments: argparse.Namespace) -> int:
    out: Path = arguments.out
    name: str = arguments.name or out.stem
    if out.suffix not in SUITE_ENDINGS:
        raise UsageError(f"--out {out}: a suite's file ends in {', '.join(SUITE_ENDINGS)}")
    if arguments.count < 1 or not 0 <= arguments.seed < 2**31:
        raise UsageError("--count is at least 1, and --seed lies in 0 to 2147483647")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,79}", name) or not re.fullmatch(r"\d+(\.\d+)*", arguments.version):
        raise UsageError(
            f"a suite's name is like doom-quick and its version like 1.0, not {name!r} {arguments.version!r}"
        )
    for there in (out, lock_file(out)):
        if there.exists() and not arguments.force:
            raise UsageError(f"{there} exists; name another file, or overwrite it with --force")
    _try_to_write_beside(out)
    try:
        scenarios = _made(arguments, name)
    except OSError as error:
        where = f" at {error.filename}" if error.filename else ""
        raise UsageError(f"the scenarios can't be made: {error.strerror or error}{where}; mend that first") from error
    try:
        suite = Suite(suite=name, version=arguments.version, scenarios=tuple(scenarios))
    except ValidationError as error:
        raise UsageError(f"the world {arguments.world!r} made no sound suite: {error.errors()[0]['msg']}") from error
    save_locked(suite, out)
    count = len(suite.scenarios)
    print(f"{count} scenario{'s' * (count != 1)} in {out}, locked to {suite.sha256()[:12]}")
    return 0


def _try_to_write_beside(out: Path) -> None:
    """Raise `UsageError` where a suite could not be written, rather than after it has been made."""
    for there in (out, lock_file(out)):
        if there.is_dir():
            raise UsageError(f"{there} is a folder; name a file")
    above = out.absolute().parent
    while not above.exists() and above != above.parent:
        above = above.parent
    try:
        with tempfile.TemporaryFile(dir=above) as file:
            file.write(bytes(TRIAL_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UsageError(f"--out {out} can't be written: {error.strerror or error}; name another place") from error


def _made(arguments: argparse.Namespace, name: str) -> list[Scenario]:
    world = find_world(arguments.world)
    readiness = world.readiness()
    if readiness.state == "missing":
        raise UsageError(f"the world {world.name!r} can't run here: {readiness.detail}; {readiness.advice}")
    with Scratch() as scratch, scratch.here("synthesis") as folder:
        made = world.synthesize(arguments.count, arguments.seed, folder=folder)
        console = Console(stderr=True)
        shown = track(
            made, "scenarios", total=arguments.count, console=console, disable=not console.is_terminal, transient=True
        )
        try:
            return [scenario.model_copy(update={"id": f"{name}/{scenario.id}"}) for scenario in shown]
        except SimulatorFault as fault:
            raise UsageError(f"the world {world.name!r} broke down while making scenarios: {fault}") from fault
