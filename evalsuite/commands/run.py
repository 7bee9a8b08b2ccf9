"""`evalsuite run`: policies on a suite."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from evalsuite.commands.budgets import add_budget, asked_budget
from evalsuite.commands.compare import show_comparison
from evalsuite.commands.executors import add_executor, asked_executor
from evalsuite.commands.interpreters import add_python, asked_pythons
from evalsuite.commands.main import EXIT_INTERRUPTED, REHEARSE_HELP
from evalsuite.commands.members import SUITES_HELP, add_members, asked_rehearsal, refuse_for_one_suite
from evalsuite.commands.one_suite import asked_policies, asked_videos, exit_code, hidden, play, same_command, tell
from evalsuite.commands.policy_series import add_policy_series
from evalsuite.commands.run_words import as_json, show_table
from evalsuite.commands.suites_in_turn import run_in_turn
from evalsuite.commands.time_limits import add_time_limit
from evalsuite.commands.worker_memory import add_worker_memory
from evalsuite.errors import UsageError
from evalsuite.gate.sources import read_source
from evalsuite.policies.references import PolicyReference
from evalsuite.runner.budget import Budget, affordable, in_even_order
from evalsuite.runner.early_stop import EarlyStopper
from evalsuite.runner.filming import VIDEO_MODES
from evalsuite.statistics.early_stopping import outcomes_by_place
from evalsuite.statistics.matching import match_policies
from evalsuite.statistics.results import planned
from evalsuite.suite.files import lock_file
from evalsuite.suite.scenario import Suite
from evalsuite.suite.suite_of_suites import SuiteOfSuites, find_suites


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "exit code: 0 every episode is settled, or as many as the budget allows; 1 some policy's episodes are all "
        "errors, a checkpoint of a series can't be loaded, or a world was given up since its simulators kept failing; "
        "2 a mistake; 130 interrupted"
    )
    parser.add_argument("suite", metavar="SUITE", help=SUITES_HELP)
    parser.add_argument(
        "--policy",
        metavar="[LABEL=]REF",
        action="append",
        help="noop, random, oracle, doom-pretrained, doom-finetuned, package.module:factory, torchscript:FILE, "
        "export:FILE.pt2, rocket2:PATH, rocket3:PATH or ws://HOST:PORT; may be repeated",
    )
    add_policy_series(parser)
    parser.add_argument(
        "--seed",
        metavar="N",
        type=int,
        action="append",
        help="what the episodes' chance is drawn from; repeat it to play each scenario once a seed; default: 0",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=folder,
        help="the run folder; one with a part of this run is resumed; of a suite of suites, a folder of run folders; "
        "default: runs/<suite>-<date>-<time>",
    )
    parser.add_argument(
        "--retry-errors",
        action="store_true",
        help="play episodes that earlier sessions settled as errors again; what was scored stays",
    )
    parser.add_argument(
        "--workers", metavar="N", type=int, help="simulators at once; default: as many as pay, by what is measured"
    )
    parser.add_argument(
        "--policy-processes", metavar="N", type=int, help="processes of each policy; default: as many as pay"
    )
    add_executor(parser)
    parser.add_argument("--rehearse", action="store_true", help=REHEARSE_HELP)
    add_members(parser)
    add_time_limit(parser)
    add_worker_memory(parser)
    add_python(parser)
    add_budget(parser)
    parser.add_argument("--trust-checkpoint", action="store_true", help="allow a checkpoint to run code on loading")
    parser.add_argument("--controls", action="store_true", help="also run noop and random, to tell skill from chance")
    parser.add_argument("--compare-to", metavar="BASE", type=Path, help="a run folder or baseline file to pair with")
    parser.add_argument(
        "--stop",
        choices=("obf", "evalue", "none"),
        help="when --compare-to may end it: at 4 looks (obf: O'Brien-Fleming; the default), any time (evalue), never",
    )
    parser.add_argument(
        "--video",
        choices=VIDEO_MODES,
        help="of which attempts to keep a video, in the run folder; default: failures (policies' errors too), but not "
        "those of noop and random, which tell nothing",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def folder(text: str) -> Path:
    """The folder that an option names, for argparse."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty; name a folder")
    return Path(text)


def execute(arguments: argparse.Namespace) -> int:
    references = asked_policies(arguments)
    if not references:
        raise UsageError("no policy was named; add --policy REF, or --policy-series DIR")
    if arguments.stop and not arguments.compare_to:
        raise UsageError("--stop ends a comparison early; name what to compare to with --compare-to BASE")
    if arguments.compare_to and arguments.policy_series:
        raise UsageError("--compare-to pairs one policy with its base, and --policy-series has many: leave one out")
    suite, path = find_suites(arguments.suite)
    if isinstance(suite, SuiteOfSuites):
        return run_in_turn(suite, references, arguments)
    refuse_for_one_suite(arguments, suite)
    ray = asked_executor(arguments)
    pythons = asked_pythons(arguments, suite.worlds)
    rehearse = asked_rehearsal(arguments, suite)
    budget, videos = asked_budget(arguments, len(references)), asked_videos(arguments)
    result = play(
        suite,
        references,
        arguments,
        suite_file=path,
        out=arguments.out or Path("runs") / f"{suite.suite}-{time.strftime('%Y%m%d-%H%M%S')}",
        rehearse=rehearse,
        videos=videos,
        budget=budget,
        stopper=_stopper(arguments, suite, references, budget, rehearse=rehearse) if arguments.compare_to else None,
        workers=arguments.workers,
        ray=ray,
        pythons=pythons,
    )
    if not lock_file(path).exists():
        print(f"note: {path} has no lock; `evalsuite validate {path} --write-lock` makes one", file=sys.stderr)
    if arguments.json:
        print(json.dumps(as_json(result)))
    elif hidden(suite, result):
        print("results stay hidden until every episode is settled: who watches must not know them", file=sys.stderr)
    elif result.episodes:
        show_table(result)
        if arguments.compare_to:
            show_comparison(arguments.compare_to, result.out)
    tell(suite, result)
    code = exit_code(result)
    if code == EXIT_INTERRUPTED:
        done = f"interrupted with {result.episodes} of {result.total} episodes settled"
        print(f"{done}; go on with: {same_command(arguments, result.out)}", file=sys.stderr)
    elif result.given_up:
        print(f"mend that, then go on with: {same_command(arguments, result.out)}", file=sys.stderr)
    return code


def _stopper(
    arguments: argparse.Namespace,
    suite: Suite,
    references: Sequence[PolicyReference],
    budget: Budget | None,
    *,
    rehearse: bool,
) -> EarlyStopper | None:
    base = read_source(arguments.compare_to, "base")
    if base.suite_sha256 != suite.sha256() or base.rehearsal != rehearse:
        what = f"{base.suite} {base.version} ({base.suite_sha256[:12]}{', a rehearsal' * base.rehearsal})"
        raise UsageError(f"--compare-to {arguments.compare_to} is of {what}; it can't be paired with this run")
    if arguments.stop == "none":
        return None
    pairs = match_policies(base.policies, [planned(each.label, each.reference, each.sha256) for each in references])
    outcomes = {candidate.label: outcomes_by_place(policy.episodes) for policy, candidate in pairs}
    seeds = arguments.seed or [0]
    order = None
    if budget is not None:
        places = affordable(in_even_order(suite, seeds), len(references), budget)
        order = [(scenario.id, seed) for scenario, seed in places]
    return EarlyStopper(suite, seeds, str(arguments.compare_to), outcomes, arguments.stop or "obf", order)
