"""`evalsuite synthesize`: a new suite from a world's own generator."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import evalsuite
from evalsuite.commands.main import EXIT_INTERRUPTED
from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.records.provenance import available_cores
from evalsuite.runner.scratch import Scratch
from evalsuite.suite.files import SUITE_ENDINGS, lock_file, save_locked, save_locked_lines
from evalsuite.suite.scenario import Scenario, Suite
from evalsuite.synthesis.journal import Journal, journal_file
from evalsuite.synthesis.plan import Plan
from evalsuite.synthesis.production import Production
from evalsuite.synthesis.sampler import check_complete
from evalsuite.synthesis.summary import refusal_table, summary, unfilled
from evalsuite.synthesis.worker import find_source
from evalsuite.whole_files import write_whole
from evalsuite.worlds import StandInSampledWorld, find_world

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
    parser.add_argument(
        "--workers",
        metavar="N",
        type=int,
        help="processes at once; default: the number of cores; the suite is the same",
    )
    parser.add_argument("--force", action="store_true", help="overwrite a suite that is there")


def execute(arguments: argparse.Namespace) -> int:
    out: Path = arguments.out
    name: str = arguments.name or out.stem
    if out.suffix not in SUITE_ENDINGS:
        raise UsageError(f"--out {out}: a suite's file ends in {', '.join(SUITE_ENDINGS)}")
    if arguments.count < 1 or not 0 <= arguments.seed < 2**31:
        raise UsageError("--count is at least 1, and --seed lies in 0 to 2147483647")
    if arguments.workers is not None and arguments.workers < 1:
        raise UsageError(f"{arguments.workers} workers can't do anything; at least 1")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,79}", name) or not re.fullmatch(r"\d+(\.\d+)*", arguments.version):
        raise UsageError(
            f"a suite's name is like doom-quick and its version like 1.0, not {name!r} {arguments.version!r}"
        )
    for there in (out, lock_file(out)):
        if there.exists() and not arguments.force:
            raise UsageError(f"{there} exists; name another file, or overwrite it with --force")
    _try_to_write_beside(out)
    try:
        plan, sha256 = _make(arguments, name)
    except KeyboardInterrupt:
        print(f"interrupted; the same command goes on with {journal_file(out)}", file=sys.stderr)
        return EXIT_INTERRUPTED
    except OSError as error:
        where = f" at {error.filename}" if error.filename else ""
        raise UsageError(f"the scenarios can't be made: {error.strerror or error}{where}; mend that first") from error
    content = summary(plan, seed=arguments.seed)
    write_whole(summary_file(out), json.dumps(content, indent=1).encode() + b"\n")
    print(f"{plan.count} scenario{'s' * (plan.count != 1)} in {out}, locked to {sha256[:12]}")
    for line in unfilled(content):
        print(line)
    if content["refused"]:
        Console().print(refusal_table(content))
    return 0


def summary_file(out: Path) -> Path:
    """Where it says what became of the draws for the suite `out`."""
    return out.with_name(out.name + ".synthesis.json")


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


def _make(arguments: argparse.Namespace, name: str) -> tuple[Plan, str]:
    """Make what is not there yet, and write the suite; returns its sha256."""
    out: Path = arguments.out
    world = find_world(arguments.world)
    readiness = world.readiness()
    if readiness.state == "missing":
        raise UsageError(f"the world {world.name!r} can't run here: {readiness.detail}; {readiness.advice}")
    if isinstance(world, StandInSampledWorld) and (why := world.stand_in_measures()):
        print(f"note: the views are measured on the stand-in's pictures: {why}", file=sys.stderr)
    prefix = f"{name}/"
    order = {
        "type": "make",
        "world": arguments.world,
        "seed": arguments.seed,
        "count": arguments.count,
        "prefix": prefix,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    with Scratch() as scratch:
        with scratch.here("rules") as folder:
            source = find_source(arguments.world, folder)
            plan = Plan(source.rules, arguments.count)
            source.close()
        head = {**order, "dice": plan.rules.dice, "evalsuite": evalsuite.__version__}
        with (
            Journal(journal_file(out), head, plan, discard_other=arguments.force) as journal,
            _progress(arguments.count) as progress,
        ):
            if journal.found:
                print(f"going on with {journal.path}: {journal.found} are there", file=sys.stderr)
            workers = min(arguments.workers or available_cores(), plan.rules.most_workers or arguments.count)
            production = Production(scratch, plan, journal, order, workers=workers, progress=progress)
            try:
                production.run()
            except SimulatorFault as fault:
                raise UsageError(f"the world {world.name!r} broke down while making scenarios: {fault}") from fault
            check_complete(plan)
            sha256 = _save(plan, journal, name, arguments.version, out)
    journal_file(out).unlink()
    return plan, sha256


def _save(plan: Plan, journal: Journal, name: str, version: str, out: Path) -> str:
    numbers = sorted(range(plan.count), key=lambda number: plan.ask(number).identity)
    if out.suffix == ".jsonl":
        return save_locked_lines(name, version, plan.count, lambda: journal.lines(numbers), out)
    scenarios = tuple(Scenario.model_validate_json(line) for line in journal.lines(numbers))
    suite = Suite(suite=name, version=version, scenarios=scenarios)
    save_locked(suite, out)
    return suite.sha256()


@contextmanager
def _progress(count: int) -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    columns = TextColumn("scenarios"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as shown:
        task = shown.add_task("", total=count)
        yield lambda made: shown.update(task, completed=made)
