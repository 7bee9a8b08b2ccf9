"""`evalsuite run`: policies on a suite."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

from evalsuite.commands.budgets import add_budget, asked_budget
from evalsuite.commands.compare import show_comparison
from evalsuite.commands.executors import add_executor, asked_executor, executor_words
from evalsuite.commands.interpreters import add_python, asked_pythons
from evalsuite.commands.main import EXIT_INTERRUPTED, EXIT_NOTHING_SCORED, REHEARSE_HELP, SUITE_HELP
from evalsuite.commands.time_limits import add_time_limit, run_limits
from evalsuite.commands.worker_memory import add_worker_memory
from evalsuite.errors import UsageError
from evalsuite.gate.sources import read_source
from evalsuite.policies.references import PolicyReference, parse_reference
from evalsuite.records.covered import covered
from evalsuite.runner.budget import Budget, affordable, in_even_order
from evalsuite.runner.early_stop import EarlyStopper
from evalsuite.runner.filming import VIDEO_MODES, VideoMode
from evalsuite.runner.progress import RunProgress
from evalsuite.runner.run import RunResult, run_suite
from evalsuite.runner.suite_worlds import attended_worlds, check_worlds
from evalsuite.runner.time_spent import in_words
from evalsuite.statistics.early_stopping import outcomes_by_place
from evalsuite.statistics.matching import match_policies
from evalsuite.statistics.results import planned
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.files import lock_file
from evalsuite.suite.scenario import Suite
from evalsuite.video import REMEDY, check_videos_can_be_made, missing_for_videos

CONTROLS = ("noop", "random")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "exit code: 0 every episode is settled, or as many as the budget allows; 1 some policy's episodes are all "
        "errors, or a world was given up since its simulators kept failing; 2 a mistake; 130 interrupted"
    )
    parser.add_argument("suite", metavar="SUITE", help=SUITE_HELP)
    parser.add_argument(
        "--policy",
        metavar="[LABEL=]REF",
        action="append",
        required=True,
        help="noop, random, oracle, package.module:factory, torchscript:FILE, export:FILE.pt2, rocket2:PATH, "
        "rocket3:PATH or ws://HOST:PORT; may be repeated",
    )
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
        help="the run folder; one with a part of this run is resumed; default: runs/<suite>-<date>-<time>",
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
    references = [parse_reference(text) for text in arguments.policy]
    if arguments.controls:
        references += [parse_reference(text) for text in _missing_controls(references)]
    if arguments.stop and not arguments.compare_to:
        raise UsageError("--stop ends a comparison early; name what to compare to with --compare-to BASE")
    if arguments.video in ("failures", "all"):
        check_videos_can_be_made(f"--video {arguments.video}")
    suite, path = find_suite(arguments.suite)
    ray = asked_executor(arguments)
    pythons = asked_pythons(arguments)
    check_worlds(suite, rehearse=arguments.rehearse, file=path, elsewhere=ray is not None, pythons=pythons)
    if not lock_file(path).exists():
        print(f"note: {path} has no lock; `evalsuite validate {path} --write-lock` makes one", file=sys.stderr)
    videos = _videos(arguments.video)
    out: Path = arguments.out or Path("runs") / f"{suite.suite}-{time.strftime('%Y%m%d-%H%M%S')}"
    budget = asked_budget(arguments, len(references))
    stopper = _stopper(arguments, suite, references, budget) if arguments.compare_to else None
    attended = bool(attended_worlds(suite))
    with RunProgress(out, blinded=attended) as progress:
        result = run_suite(
            suite,
            references,
            seeds=arguments.seed or [0],
            out=out,
            workers=arguments.workers,
            policy_processes=arguments.policy_processes,
            rehearse=arguments.rehearse,
            trust_checkpoint=arguments.trust_checkpoint,
            limits=replace(run_limits(arguments.time_limit), worker_memory=arguments.worker_memory),
            progress=progress,
            stopper=stopper,
            videos=videos,
            unfilmed=[] if arguments.video else [each.label for each in references if each.reference in CONTROLS],
            budget=budget,
            ray=ray,
            retry_errors=arguments.retry_errors,
            pythons=pythons,
        )
    if arguments.json:
        print(json.dumps(as_json(result)))
    elif attended and (result.interrupted or result.given_up):
        print("results stay hidden until every episode is settled: who watches must not know them", file=sys.stderr)
    elif result.episodes:
        show_table(result)
        if arguments.compare_to:
            show_comparison(arguments.compare_to, result.out)
    unblinded = error_lines(result) if not (attended and (result.interrupted or result.given_up)) else ()
    told = (*time_lines(result), *video_lines(result), *retry_lines(result), *unblinded, *given_up_lines(result))
    for line in told:
        print(line, file=sys.stderr)
    if result.interrupted:
        done = f"interrupted with {result.episodes} of {result.total} episodes settled"
        print(f"{done}; go on with: {_same_command(arguments, result.out)}", file=sys.stderr)
        return EXIT_INTERRUPTED
    if result.given_up:
        print(f"mend that, then go on with: {_same_command(arguments, result.out)}", file=sys.stderr)
        return EXIT_NOTHING_SCORED
    nothing_scored = any(
        sum(each.values()) and sum(each.values()) == each["error"] for each in result.policies.values()
    )
    return EXIT_NOTHING_SCORED if nothing_scored else 0


def as_json(result: RunResult) -> dict[str, object]:
    """The object that `--json` prints."""
    return {
        "out": str(result.out),
        "suite": result.suite,
        "suite_sha256": result.suite_sha256,
        "episodes": result.episodes,
        "outcomes": result.outcomes,
        "policies": {label: dict(outcomes) for label, outcomes in result.policies.items()},
        "errors": {
            label: {
                "count": sum(reasons.values()),
                "most_common": _most_common(reasons),
                "log": result.logs.get(max(reasons, key=lambda reason: reasons[reason]), ""),
            }
            for label, reasons in result.errors.items()
        },
        "given_up": {
            each.world: {"reason": each.reason, "episodes_left": each.episodes_left} for each in result.given_up
        },
        "retried": {"count": len(result.retried), "most_common": _most_common(Counter(result.retried.values()))},
        "steps": result.steps,
        "seconds": round(result.seconds, 3),
        "worker_seconds": {part: round(seconds, 3) for part, seconds in result.time_spent.items()},
        "interrupted": result.interrupted,
        "videos": {"made": result.videos, "left": result.videos_left, "faults": dict(result.video_faults)},
        "stops": [stop.model_dump() for stop in result.stops],
        "budget": {
            "spent": bool(result.cuts),
            "words": covered(result.cuts) if result.cuts else "",
            "policies": [cut.model_dump() for cut in result.cuts],
        },
    }


def show_table(result: RunResult) -> None:
    """Print the run's table in the report format `terminal`, and where the run lies."""
    (writer,) = entry_points(group="evalsuite.report_formats", name="terminal")
    writer.load()([result.out], None)
    print(last_line(result))


def last_line(result: RunResult) -> str:
    """How much of the run there is, and where."""
    if result.cuts:
        return f"{covered(result.cuts)}, in {result.out}"
    return f"{result.episodes} of {result.total} episode{'s' * (result.total != 1)} in {result.out}"


def time_lines(result: RunResult) -> Iterator[str]:
    """One line on where this session's time went, if it played something."""
    if result.steps:
        yield f"the workers' time: {in_words(result.time_spent)}"


def retry_lines(result: RunResult) -> Iterator[str]:
    """One line if episodes took more than one attempt: how many, and mostly why."""
    if result.retried:
        count, reasons = len(result.retried), Counter(result.retried.values())
        episodes = f"{count} episode{'s' * (count != 1)}"
        yield f"{episodes} needed more than one attempt, most often: {_most_common(reasons)}"


def error_lines(result: RunResult) -> Iterator[str]:
    """One line for each policy that has errors: how many, what most of them were, and where more of that was said."""
    for label, reasons in result.errors.items():
        total, errors = sum(result.policies[label].values()), sum(reasons.values())
        episodes = f"{total} episode{'s' * (total != 1)} {'is an error' if errors == 1 else 'are errors'}"
        log = result.logs.get(max(reasons, key=lambda reason: reasons[reason]), "")
        see = f" (log: {result.out / log})" if log else ""
        yield f"{label}: {errors} of {episodes}, most often: {_most_common(reasons)}{see}"


def given_up_lines(result: RunResult) -> Iterator[str]:
    """One line for each world of which nothing more was played: why, and how much is left."""
    for each in result.given_up:
        left = f"{each.episodes_left} episode{'s' * (each.episodes_left != 1)} left"
        yield f"the world {each.world!r} was given up, {left}: its simulators kept failing, the last: {each.reason}"


def video_lines(result: RunResult) -> Iterator[str]:
    """One line for each reason why videos that were wanted are not there."""
    for reason, count in result.video_faults.items():
        yield f"{count} video{'s' * (count != 1)} could not be made: {reason}"


def _videos(asked: VideoMode | None) -> VideoMode:
    """What videos to make: by default those of failures, as far as that can be done here."""
    if asked is None and missing_for_videos():
        missing = missing_for_videos()
        are = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'}"
        print(f"note: no videos of failures are made, since {are} missing: {REMEDY}", file=sys.stderr)
        return "none"
    return asked or "failures"


def _most_common(reasons: Mapping[str, int]) -> str:
    """The reason that most have; empty when there is none."""
    return max(reasons, key=lambda reason: reasons[reason], default="").removeprefix("policy fault: ")


def _missing_controls(references: Sequence[PolicyReference]) -> list[str]:
    present = {each.reference for each in references}
    return [name for name in CONTROLS if name not in present]


def _stopper(
    arguments: argparse.Namespace, suite: Suite, references: Sequence[PolicyReference], budget: Budget | None
) -> EarlyStopper | None:
    base = read_source(arguments.compare_to, "base")
    if base.suite_sha256 != suite.sha256() or base.rehearsal != arguments.rehearse:
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


def _same_command(arguments: argparse.Namespace, out: Path) -> str:
    command = ["evalsuite", "run", arguments.suite]
    command += [word for text in arguments.policy for word in ("--policy", text)]
    command += [word for seed in arguments.seed or () for word in ("--seed", str(seed))]
    command += ["--workers", str(arguments.workers)] if arguments.workers else []
    command += ["--policy-processes", str(arguments.policy_processes)] if arguments.policy_processes else []
    command += executor_words(arguments)
    command += ["--rehearse"] * arguments.rehearse + ["--trust-checkpoint"] * arguments.trust_checkpoint
    limits = [f"{phase}={seconds:g}" for each in arguments.time_limit for phase, seconds in each.items()]
    command += ["--time-limit", ",".join(limits)] if limits else []
    command += ["--budget", arguments.budget.words] if arguments.budget else []
    command += ["--budget-episodes", str(arguments.budget_episodes)] if arguments.budget_episodes else []
    command += ["--controls"] * arguments.controls
    command += ["--compare-to", str(arguments.compare_to)] if arguments.compare_to else []
    command += ["--stop", arguments.stop] if arguments.stop else []
    command += ["--video", arguments.video] if arguments.video else []
    command += ["--retry-errors"] * arguments.retry_errors
    command += ["--worker-memory", str(arguments.worker_memory)] if arguments.worker_memory else []
    command += [word for world, python in arguments.python for word in ("--python", f"{world}={python}")]
    return shlex.join([*command, "--out", str(out)])
