"""`evalsuite validate`: that a suite is sound, proven by running it.

Every scenario is brought up and left alone for as many steps as the slowest success rule has to be held: its
goal view must show the target, and it must not be a success. Of a row of goals each is brought up as if it were the
only one: its view must show its target too. With `--oracle` it must be solvable as well.
What depends on the real world's picture a rehearsal can't judge.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalsuite.commands.interpreters import add_python, asked_pythons
from evalsuite.commands.main import EXIT_INTERRUPTED, REHEARSE_HELP
from evalsuite.commands.members import SUITES_HELP, add_members, asked_rehearsal, choose, refuse_for_one_suite
from evalsuite.commands.time_limits import add_time_limit, run_limits
from evalsuite.crossview.difficulty import measure_view_difficulty
from evalsuite.crossview.success import SUCCESS_RULES
from evalsuite.errors import MissingHere, UsageError
from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records, settled
from evalsuite.records.record import Record
from evalsuite.runner.interpreters import pythons_of
from evalsuite.runner.progress import RunProgress
from evalsuite.runner.run import run_suite
from evalsuite.runner.suite_worlds import attended_worlds, check_worlds
from evalsuite.suite.catalogue import suite_path
from evalsuite.suite.files import load_suite, lock_file, names_suites, read_suite, write_lock
from evalsuite.suite.scenario import Scenario, Suite
from evalsuite.suite.suite_of_suites import load_suite_of_suites, read_suite_of_suites, write_suites_lock

EXIT_UNSOUND = 1
GEOMETRY = (
    "manhattan_m",
    "straight_m",
    "view_angle_deg",
    "goal_camera_height_m",
    "goal_camera_pitch_deg",
    "goal_camera_distance_m",
)
IDLE_STEPS = 1 + max(rule.held_steps for rule in SUCCESS_RULES.values())


class Interrupted(Exception):
    """The person stopped it before every scenario had been looked at."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("suite", metavar="SUITE", help=SUITES_HELP)
    parser.add_argument("--oracle", action="store_true", help="also prove that the oracle solves every scenario")
    parser.add_argument(
        "--seed", metavar="N", type=int, default=0, help="what the episodes' chance is drawn from; default: 0"
    )
    parser.add_argument("--workers", metavar="N", type=int, help="simulators at once; default: the number of cores")
    parser.add_argument("--rehearse", action="store_true", help=REHEARSE_HELP)
    add_members(parser)
    add_time_limit(parser)
    add_python(parser)
    parser.add_argument("--write-lock", action="store_true", help="lock the suite to its content once it is sound")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")


def execute(arguments: argparse.Namespace) -> int:
    path = suite_path(arguments.suite)
    try:
        if names_suites(path):
            return _validate_each(path, arguments)
        suite = read_suite(path) if arguments.write_lock else load_suite(path)
        refuse_for_one_suite(arguments, suite)
        pythons = asked_pythons(arguments, suite.worlds)
        rehearse = asked_rehearsal(arguments, suite)
        check_worlds(suite, rehearse=rehearse, file=path, pythons=pythons, every_scenario=True)
        return _validate(suite, path, arguments, rehearse=rehearse, pythons=pythons)
    except Interrupted:
        print("interrupted: nothing is proven", file=sys.stderr)
        return EXIT_INTERRUPTED


def _validate(
    suite: Suite, path: Path, arguments: argparse.Namespace, *, rehearse: bool, pythons: Mapping[str, str]
) -> int:
    found = _judged(suite, arguments, rehearse, pythons)
    if arguments.write_lock and found.proven:
        write_lock(suite, path)
    locked = lock_file(path).exists() and (found.proven or not arguments.write_lock)
    if arguments.json:
        print(json.dumps(_as_json(suite, found, locked=locked, rehearse=rehearse)))
    else:
        _tell(suite, path, found, locked=locked, rehearse=rehearse)
    return EXIT_UNSOUND if found.unsound or (arguments.write_lock and not locked) else 0


def _validate_each(path: Path, arguments: argparse.Namespace) -> int:
    """The suites of a suite of suites, one after the other; its lock is written once all of them are sound."""
    every = read_suite_of_suites(path) if arguments.write_lock else load_suite_of_suites(path)
    pythons = asked_pythons(arguments, every.worlds, every.suite)
    chosen = choose(every, arguments, elsewhere=False, pythons=pythons)
    judged: dict[str, dict[str, object]] = {}
    unsound = unproven = False
    for each in chosen:
        found = _judged(each.suite, arguments, each.rehearse, pythons_of(each.suite.worlds, pythons))
        locked = lock_file(each.path).exists()
        if not arguments.json:
            _tell(each.suite, each.path, found, locked=locked, rehearse=each.rehearse)
        judged[each.name] = _as_json(each.suite, found, locked=locked, rehearse=each.rehearse)
        unsound, unproven = unsound or bool(found.unsound), unproven or not found.proven
    whole = len(chosen) == len(every.members) and not unproven
    if arguments.write_lock and whole:
        write_suites_lock(every)
    locked = every.locked and (whole or not arguments.write_lock)
    if arguments.json:
        head = {"suite": every.suite, "version": every.version, "suite_sha256": every.sha256(), "locked": locked}
        print(json.dumps({**head, "suites": judged}))
    else:
        judged_of = f"{len(chosen)} of {len(every.members)} suites"
        verdict = "unsound" if unsound else "not all judged" if unproven else "all sound"
        print(f"{every.suite} {every.version}: {judged_of}, {verdict}; {'locked' if locked else 'not locked'}")
    return EXIT_UNSOUND if unsound or (arguments.write_lock and not locked) else 0


def _as_json(suite: Suite, found: Findings, *, locked: bool, rehearse: bool) -> dict[str, object]:
    content = {"suite": suite.suite, "version": suite.version, "suite_sha256": suite.sha256(), "locked": locked}
    return {**content, "rehearsal": rehearse, "scenarios": len(suite.scenarios), **dataclasses.asdict(found)}


def _tell(suite: Suite, path: Path, found: Findings, *, locked: bool, rehearse: bool) -> None:
    for scenario, remark in (*found.unsound.items(), *found.not_judged.items(), *found.stand_in_differs.items()):
        print(f"{scenario}: {remark}")
    how_locked = "locked" if locked else "not locked"
    if found.proven and not locked:
        how_locked += f" (`evalsuite validate {path} --write-lock` locks it)"
    print(f"{suite.suite} {suite.version}: {_counted(suite)}, {_verdict(found, rehearse)}; {how_locked}")


@dataclass
class Findings:
    """Scenario id -> what was found.

    Args:
        unsound: what is wrong with it.
        not_judged: what it takes that this machine lacks.
        stand_in_differs: what a rehearsal showed otherwise than the suite has it, and a stand-in can't decide.
    """

    unsound: dict[str, str] = field(default_factory=dict)
    not_judged: dict[str, str] = field(default_factory=dict)
    stand_in_differs: dict[str, str] = field(default_factory=dict)

    @property
    def proven(self) -> bool:
        """Whether every scenario was judged and is sound."""
        return not (self.unsound or self.not_judged)


def _verdict(found: Findings, rehearse: bool) -> str:
    parts = [f"{len(found.unsound)} unsound"] if found.unsound else []
    parts += [f"{len(found.not_judged)} that can't be judged here"] if found.not_judged else []
    verdict = ", ".join(parts) or "all sound"
    return f"{verdict}; judged in rehearsal, by a stand-in" if rehearse else verdict


def _counted(suite: Suite) -> str:
    count = len(suite.scenarios)
    return f"{count} scenario{'s' * (count != 1)}"


def _judged(suite: Suite, arguments: argparse.Namespace, rehearse: bool, pythons: Mapping[str, str]) -> Findings:
    short = [scenario.model_copy(update={"max_steps": IDLE_STEPS}) for scenario in suite.scenarios]

    def played(suite: Suite, policy: str) -> dict[str, Record]:
        return _played(suite, policy, arguments, rehearse, pythons)

    idle = played(suite.model_copy(update={"scenarios": tuple(short)}), "noop")
    later = _later_goals(short, suite, played)
    solved = played(suite, "oracle") if arguments.oracle else {}
    found = Findings()
    for scenario in suite.scenarios:
        record = idle[scenario.id]
        if record.outcome == "error" and record.reason.startswith(MissingHere.BEGINNING):
            found.not_judged[scenario.id] = f"can't be judged here: {record.reason.removeprefix(MissingHere.BEGINNING)}"
            continue
        complaint = idle_complaint(record) or view_complaint(scenario, record) or later.get(scenario.id, "")
        if not complaint and arguments.oracle and solved[scenario.id].outcome != "success":
            complaint = f"the oracle does not solve it: {solved[scenario.id].reason}"
        if complaint:
            found.unsound[scenario.id] = complaint
        elif record.rehearsal and (seen := visibility_complaint(scenario, record)):
            found.stand_in_differs[scenario.id] = f"{seen} in the stand-in's picture; that says nothing about the world"
    return found


def _later_goals(
    scenarios: Sequence[Scenario], suite: Suite, played: Callable[[Suite, str], Mapping[str, Record]]
) -> dict[str, str]:
    """Scenario id -> what is wrong with the first of its goals, after the first one, that can't be brought up alone."""
    wrong: dict[str, str] = {}
    for place in range(1, max(len(scenario.goals) for scenario in scenarios)):
        rows = [each for each in scenarios if len(each.goals) > place and each.id not in wrong]
        alone = tuple(each.model_copy(update={"goals": (each.goals[place],)}) for each in rows)
        if not alone:
            break
        records = played(suite.model_copy(update={"scenarios": alone}), "noop")
        for row in rows:
            if records[row.id].outcome == "error":
                wrong[row.id] = f"goal {place + 1} of {len(row.goals)}: {records[row.id].reason}"
    return wrong


def idle_complaint(record: Record) -> str:
    """What is wrong with a scenario of which this came when nothing was done; empty for a sound one."""
    if record.outcome == "error":
        return record.reason
    if record.success_at_reset:
        return "a success at reset"
    if record.outcome == "success":
        return f"a success without doing anything, after {record.steps} steps"
    return ""


def view_complaint(scenario: Scenario, record: Record) -> str:
    """Where the scenario's measured view difficulty is not what measuring it again gives; empty where it is."""
    stated = scenario.view
    again = measure_view_difficulty(scenario.start, scenario.goals[0])
    for name in GEOMETRY:
        if abs(getattr(stated, name) - getattr(again, name)) > 0.01:
            return f"view.{name} says {getattr(stated, name):g}, but it is {getattr(again, name):g}"
    pixels = stated.goal_target_pixels
    if pixels is not None and pixels != record.goal_mask_pixels and not record.rehearsal:
        return f"view.goal_target_pixels says {pixels}, but the goal view shows {record.goal_mask_pixels}"
    return "" if record.rehearsal else visibility_complaint(scenario, record)


def visibility_complaint(scenario: Scenario, record: Record) -> str:
    """Where the target is said to be seen at the start and is not, or the other way round; empty where it agrees."""
    stated, seen = scenario.view.target_visible_at_start, record.first_seen_step == 0
    return "" if stated in (None, seen) else f"view.target_visible_at_start says {stated}, but it is {seen}"


def _played(
    suite: Suite, policy: str, arguments: argparse.Namespace, rehearse: bool, pythons: Mapping[str, str]
) -> dict[str, Record]:
    with tempfile.TemporaryDirectory(prefix="evalsuite-validate-") as folder, RunProgress() as progress:
        out = Path(folder) / policy
        result = run_suite(
            suite,
            [parse_reference(policy)],
            seeds=[arguments.seed],
            out=out,
            workers=None if attended_worlds(suite) else arguments.workers,
            rehearse=rehearse,
            limits=run_limits(arguments.time_limit),
            pythons=pythons,
            progress=progress,
        )
        if result.interrupted:
            raise Interrupted
        for each in result.given_up:
            raise UsageError(f"the world {each.world!r} keeps failing here, so nothing can be said: {each.reason}")
        records = {record.scenario: record for record in settled(read_records(out)).values()}
    missing = {scenario.id for scenario in suite.scenarios} - set(records)
    if missing:
        raise UsageError(f"{sorted(missing)[0]} was not played; run it again")
    return records
