"""`evalsuite run` of a suite of suites: one after the other, each into a run folder of its own.

Every one of them is an ordinary run: what resumes, reports, replays and gates it does so here too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path

from evalsuite.commands.budgets import asked_budget
from evalsuite.commands.executors import asked_executor
from evalsuite.commands.interpreters import asked_pythons
from evalsuite.commands.main import EXIT_INTERRUPTED, EXIT_USAGE
from evalsuite.commands.members import Choice, choose
from evalsuite.commands.one_suite import asked_videos, exit_code, hidden, play, same_command, tell
from evalsuite.commands.run_words import as_json
from evalsuite.errors import UsageError
from evalsuite.policies.references import PolicyReference
from evalsuite.records.folder import check_out
from evalsuite.records.suites_folder import (
    begin_suites_folder,
    check_suites_out,
    forget_suites_folder,
    member_folder,
    scored_run_folders,
    suites_header,
)
from evalsuite.runner.budget import Budget
from evalsuite.runner.budget_shares import episode_shares, time_share
from evalsuite.runner.interpreters import pythons_of
from evalsuite.runner.interruption import on_ending_signals
from evalsuite.runner.run import RunResult, policy_entries
from evalsuite.suite.suite_of_suites import SuiteOfSuites


@dataclass
class Progress:
    """What came of the suites so far.

    Args:
        results: name -> what was played.
        failures: name -> why nothing was, once it was its turn.
        interrupted: whether the person stopped it.
    """

    results: dict[str, RunResult] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """As of one suite, and the worst of them: interrupted, a mistake, nothing scored or given up, done."""
        if self.interrupted:
            return EXIT_INTERRUPTED
        return max((EXIT_USAGE if self.failures else 0, *map(exit_code, self.results.values())))


def run_in_turn(every: SuiteOfSuites, references: Sequence[PolicyReference], arguments: argparse.Namespace) -> int:
    """Play the suites that the command line names, and show them in one table; returns the exit code.

    What can't be played is told before anything starts. A world that is given up, or a suite that can't go on, does
    not stop the others.

    Raises `UsageError`.
    """
    if arguments.compare_to:
        raise UsageError(
            "--compare-to is for one suite: play the suites, then compare the run folders of each: "
            f"evalsuite compare {arguments.compare_to}/SUITE DIR/SUITE"
        )
    ray, pythons = asked_executor(arguments), asked_pythons(arguments, every.worlds, every.suite)
    chosen = choose(every, arguments, elsewhere=ray is not None, pythons=pythons)
    _check_series(chosen, references)
    budget = asked_budget(arguments, len(references))
    seeds = len(set(arguments.seed or [0]))
    places = [len(each.suite.scenarios) * seeds for each in chosen]
    shares = episode_shares(budget, places, len(references)) if budget is not None and budget.episodes else []
    out: Path = arguments.out or Path("runs") / f"{every.suite}-{time.strftime('%Y%m%d-%H%M%S')}"
    header = suites_header(every)
    _check_folders(out, chosen, references)
    check_suites_out(out, header)
    videos = asked_videos(arguments)
    for line in _notes(every, chosen):
        print(f"note: {line}", file=sys.stderr)
    begin_suites_folder(out, header)
    so_far, begun = Progress(), time.monotonic()

    def play_one(number: int, each: Choice) -> RunResult:
        return play(
            each.suite,
            references,
            arguments,
            suite_file=each.path,
            out=member_folder(out, each.name, rehearsal=each.rehearse),
            rehearse=each.rehearse,
            videos=videos,
            budget=shares[number] if shares else _time_share(budget, begun, len(chosen) - number),
            workers=None if each.attended else arguments.workers,
            ray=None if each.attended else ray,
            pythons=pythons_of(each.suite.worlds, pythons),
        )

    try:
        _play_all(chosen, play_one, so_far)
    except UsageError:
        forget_suites_folder(out)
        raise
    _show(every, chosen, so_far, out, arguments)
    return so_far.exit_code


def _play_all(chosen: Sequence[Choice], play_one: Callable[[int, Choice], RunResult], so_far: Progress) -> None:
    """Play each, and keep in `so_far` what came of it.

    Raises `UsageError` when the first one can't be played: then the others hardly can.
    """
    try:
        with _interrupted_by_signals():
            for number, each in enumerate(chosen):
                print(f"[{number + 1} of {len(chosen)}] {each.title}", file=sys.stderr)
                try:
                    result = play_one(number, each)
                except UsageError as error:
                    if number == 0:
                        raise
                    so_far.failures[each.name] = str(error)
                    print(f"{each.name}: {error}", file=sys.stderr)
                    continue
                so_far.results[each.name] = result
                tell(each.suite, result)
                if result.interrupted:
                    so_far.interrupted = True
                    return
    except KeyboardInterrupt:
        so_far.interrupted = True


def _check_series(chosen: Sequence[Choice], references: Sequence[PolicyReference]) -> None:
    attended = ",".join(each.name for each in chosen if each.attended)
    if attended and any(each.step is not None for each in references):
        raise UsageError(
            f"{attended}: who sets up its episodes must not know which checkpoint is playing, and a series plays in "
            f"order: leave it out with --without {attended}, or leave out --policy-series"
        )


def _check_folders(out: Path, chosen: Sequence[Choice], references: Sequence[PolicyReference]) -> None:
    """Raise `UsageError` unless every run folder can be begun or continued, before any of them is."""
    entries = policy_entries(references)
    for each in chosen:
        folder = member_folder(out, each.name, rehearsal=each.rehearse)
        check_out(folder, each.suite, entries, rehearsal=each.rehearse)


def _notes(every: SuiteOfSuites, chosen: Sequence[Choice]) -> Iterator[str]:
    if not every.locked:
        yield f"{every.path} has no lock; `evalsuite validate {every.path} --write-lock` makes one"
    left_out = [member.name for member in every.members if member.name not in {each.name for each in chosen}]
    if left_out:
        yield f"left out: {', '.join(left_out)}"
    rehearsed = [each.name for each in chosen if each.rehearse]
    if rehearsed and len(rehearsed) < len(chosen):
        real = [each.name for each in chosen if not each.rehearse]
        yield f"for real: {', '.join(real)}; in rehearsal: {', '.join(rehearsed)}"


def _time_share(budget: Budget | None, begun: float, suites_left: int) -> Budget | None:
    return None if budget is None else time_share(budget, time.monotonic() - begun, suites_left)


@contextlib.contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Within the block every signal that ends it raises `KeyboardInterrupt`, as SIGINT does.

    While a suite is played the runner heeds them itself; this is for the moments between two.
    """

    def interrupt() -> None:
        raise KeyboardInterrupt

    with on_ending_signals(interrupt):
        yield


def _show(
    every: SuiteOfSuites, chosen: Sequence[Choice], so_far: Progress, out: Path, arguments: argparse.Namespace
) -> None:
    """The table of all that lies in `out`, what of each suite there is, and how to go on."""
    blinded = [each for each in chosen if each.name in so_far.results and hidden(each.suite, so_far.results[each.name])]
    secret = {member_folder(out, each.name, rehearsal=each.rehearse) for each in blinded}
    if arguments.json:
        print(json.dumps(_as_json(every, chosen, so_far, out)))
    else:
        runs = [folder for folder in scored_run_folders(out) if folder not in secret]
        if runs:
            (writer,) = entry_points(group="evalsuite.report_formats", name="terminal")
            writer.load()(runs, None)
        for each in chosen:
            if each.name in so_far.results and each not in blinded:
                count = so_far.results[each.name].episodes
                print(f"{each.title}: {count:,} episode{'s' * (count != 1)} in {so_far.results[each.name].out}")
        if runs:
            print(f"all of it as a page, for a paper and as numbers: evalsuite report {out}")
    for line in _last_words(chosen, blinded, so_far, same_command(arguments, out)):
        print(line, file=sys.stderr)


def _last_words(chosen: Sequence[Choice], blinded: Sequence[Choice], so_far: Progress, again: str) -> Iterator[str]:
    """What is hidden, what is not done, and the command that goes on with it."""
    for each in blinded:
        yield f"{each.name}: results stay hidden until every episode is settled: who watches must not know them"
    unfinished = [each.name for each in chosen if not _is_done(so_far, each.name)]
    if so_far.interrupted:
        done = len(chosen) - len(unfinished)
        yield f"interrupted with {done} of {len(chosen)} suites done; go on with: {again}"
    elif unfinished:
        yield f"not done: {', '.join(unfinished)}; mend that, then go on with: {again}"


def _is_done(so_far: Progress, name: str) -> bool:
    result = so_far.results.get(name)
    return result is not None and not result.interrupted and not result.given_up


def _as_json(every: SuiteOfSuites, chosen: Sequence[Choice], so_far: Progress, out: Path) -> Mapping[str, object]:
    return {
        "out": str(out),
        "suite": every.suite,
        "suite_sha256": every.sha256(),
        "interrupted": so_far.interrupted,
        "suites": {
            each.name: {**as_json(so_far.results[each.name]), "rehearsal": each.rehearse}
            for each in chosen
            if each.name in so_far.results
        },
        "failures": so_far.failures,
        "not_begun": [each.name for each in chosen if each.name not in {*so_far.results, *so_far.failures}],
        "left_out": [each.name for each in every.members if each.name not in {one.name for one in chosen}],
    }
