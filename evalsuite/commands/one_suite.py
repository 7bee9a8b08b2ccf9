"""One suite, played and told of as the command line of `evalsuite run` asks."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from evalsuite.commands.executors import executor_words
from evalsuite.commands.main import EXIT_INTERRUPTED, EXIT_NOTHING_SCORED
from evalsuite.commands.members import member_words
from evalsuite.commands.policy_series import asked_series, policy_series_words
from evalsuite.commands.run_words import error_lines, given_up_lines, retry_lines, time_lines, video_lines
from evalsuite.commands.time_limits import run_limits
from evalsuite.commands.worker_memory import size_words
from evalsuite.policies.references import PolicyReference, parse_reference
from evalsuite.runner.budget import Budget
from evalsuite.runner.early_stop import EarlyStopper
from evalsuite.runner.filming import VideoMode
from evalsuite.runner.on_ray.cluster import RayOptions
from evalsuite.runner.progress import RunProgress
from evalsuite.runner.run import RunResult, run_suite
from evalsuite.runner.series import run_series
from evalsuite.runner.suite_worlds import attended_worlds
from evalsuite.suite.scenario import Suite
from evalsuite.video import REMEDY, check_videos_can_be_made, missing_for_videos

CONTROLS = ("noop", "random")


def asked_policies(arguments: argparse.Namespace) -> list[PolicyReference]:
    """The policies of this command line, with the controls where they are asked for. Raises `UsageError`."""
    references = [*map(parse_reference, arguments.policy or ()), *asked_series(arguments)]
    if arguments.controls:
        references += [parse_reference(text) for text in _missing_controls(references)]
    return references


def play(
    suite: Suite,
    references: Sequence[PolicyReference],
    arguments: argparse.Namespace,
    *,
    suite_file: Path,
    out: Path,
    rehearse: bool,
    videos: VideoMode,
    budget: Budget | None,
    workers: int | None,
    ray: RayOptions | None,
    pythons: Mapping[str, str],
    stopper: EarlyStopper | None = None,
) -> RunResult:
    """Play `suite` into `out`; what is not given here is as `arguments` have it. Raises `UsageError`."""
    seeds = arguments.seed or [0]

    def together(references: Sequence[PolicyReference], budget: Budget | None) -> RunResult:
        with RunProgress(out, blinded=bool(attended_worlds(suite))) as progress:
            return run_suite(
                suite,
                references,
                seeds=seeds,
                out=out,
                workers=workers,
                policy_processes=arguments.policy_processes,
                rehearse=rehearse,
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
                suite_file=suite_file,
            )

    if all(each.step is None for each in references):
        return together(references, budget)
    return run_series(
        suite,
        references,
        seeds=seeds,
        out=out,
        rehearse=rehearse,
        retry_errors=arguments.retry_errors,
        budget=budget,
        play=together,
    )


def hidden(suite: Suite, result: RunResult) -> bool:
    """Whether the result must not be seen yet, by the person who sets up what is still to be played."""
    return bool(attended_worlds(suite)) and (result.interrupted or bool(result.given_up))


def tell(suite: Suite, result: RunResult) -> None:
    """Say on standard error where the time went and what went wrong."""
    unblinded = () if hidden(suite, result) else error_lines(result)
    told = (*time_lines(result), *video_lines(result), *retry_lines(result), *unblinded, *given_up_lines(result))
    for line in told:
        print(line, file=sys.stderr)


def exit_code(result: RunResult) -> int:
    """Of `evalsuite run`, by what came of a suite."""
    if result.interrupted:
        return EXIT_INTERRUPTED
    nothing_scored = any(
        sum(each.values()) and sum(each.values()) == each["error"] for each in result.policies.values()
    )
    return EXIT_NOTHING_SCORED if result.given_up or result.refused or nothing_scored else 0


def asked_videos(arguments: argparse.Namespace) -> VideoMode:
    """What videos to make: by default those of failures, as far as that can be done here. Raises `UsageError`."""
    asked: VideoMode | None = arguments.video
    if asked in ("failures", "all"):
        check_videos_can_be_made(f"--video {asked}")
    if asked is None and missing_for_videos():
        missing = missing_for_videos()
        are = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'}"
        print(f"note: no videos of failures are made, since {are} missing: {REMEDY}", file=sys.stderr)
        return "none"
    return asked or "failures"


def same_command(arguments: argparse.Namespace, out: Path) -> str:
    """The command line that goes on with what is in `out`."""
    command = ["evalsuite", "run", arguments.suite]
    command += [word for text in arguments.policy or () for word in ("--policy", text)]
    command += policy_series_words(arguments)
    command += [word for seed in arguments.seed or () for word in ("--seed", str(seed))]
    command += ["--workers", str(arguments.workers)] if arguments.workers else []
    command += ["--policy-processes", str(arguments.policy_processes)] if arguments.policy_processes else []
    command += executor_words(arguments) + member_words(arguments)
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
    command += ["--worker-memory", size_words(arguments.worker_memory)] if arguments.worker_memory else []
    command += [word for world, python in arguments.python for word in ("--python", f"{world}={python}")]
    return shlex.join([*command, "--out", str(out)])


def _missing_controls(references: Sequence[PolicyReference]) -> list[str]:
    present = {each.reference for each in references}
    return [name for name in CONTROLS if name not in present]
