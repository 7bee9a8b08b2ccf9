"""Which suites of a suite of suites are meant, and whether each is played for real or rehearsed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalsuite.commands.main import SUITE_HELP
from evalsuite.errors import UsageError
from evalsuite.runner.interpreters import pythons_of
from evalsuite.runner.suite_worlds import attended_worlds, check_worlds, has_stand_in
from evalsuite.suite.mistakes import close_to
from evalsuite.suite.scenario import Suite
from evalsuite.suite.suite_of_suites import Member, SuiteOfSuites

SUITES_HELP = f"{SUITE_HELP}; or a suite of suites, such as zero-shot"


@dataclass(frozen=True)
class Choice:
    """A suite that is to be played.

    Args:
        rehearse: whether stand-ins play its worlds.
        attended: whether a person sets up its episodes, or a script in the rehearsal.
    """

    suite: Suite
    path: Path
    rehearse: bool
    attended: bool

    @property
    def name(self) -> str:
        return self.suite.suite

    @property
    def title(self) -> str:
        """Such as "robot-ball (rehearsal)"."""
        return self.name + " (rehearsal)" * self.rehearse


def add_members(parser: argparse.ArgumentParser) -> None:
    """Let `parser` choose among the suites of a suite of suites."""
    parser.add_argument(
        "--rehearse-missing",
        action="store_true",
        help="of a suite of suites such as zero-shot: play for real what can be here, and rehearse the others; "
        "--rehearse there means every world that has a stand-in",
    )
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument(
        "--only",
        metavar="NAMES",
        type=names,
        action="extend",
        default=[],
        help="of a suite of suites: comma-separated, the suites to play, or their worlds; a world that a person sets "
        "up, such as a real robot, is played for real only when it is named here, and then first",
    )
    chosen.add_argument(
        "--without",
        metavar="NAMES",
        type=names,
        action="extend",
        default=[],
        help="of a suite of suites: the suites to leave out, or their worlds",
    )


def names(text: str) -> list[str]:
    """Such as ["doom", "robot-ball"] for "doom,robot-ball", for argparse."""
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found:
        raise argparse.ArgumentTypeError("it is empty; name suites or worlds")
    return found


def refuse_for_one_suite(arguments: argparse.Namespace, suite: Suite) -> None:
    """Raise `UsageError` for what is only meant for a suite of suites."""
    for option, given in (
        ("--only", arguments.only),
        ("--without", arguments.without),
        ("--rehearse-missing", arguments.rehearse_missing),
    ):
        if given:
            raise UsageError(f"{option} is for a suite of suites such as zero-shot; {suite.suite} is a single suite")


def asked_rehearsal(arguments: argparse.Namespace, suite: Suite) -> bool:
    """Whether a single suite is rehearsed: one whose worlds have no stand-in is played for real, which is told."""
    if arguments.rehearse and not has_stand_in(suite):
        worlds = ", ".join(suite.worlds)
        print(f"note: {worlds} has no stand-in: {suite.suite} is played for real, whatever --rehearse", file=sys.stderr)
        return False
    return bool(arguments.rehearse)


def member_words(arguments: argparse.Namespace) -> list[str]:
    """The same options again, for the command that goes on with a run."""
    words = ["--rehearse-missing"] * arguments.rehearse_missing
    words += ["--only", ",".join(arguments.only)] if arguments.only else []
    return words + (["--without", ",".join(arguments.without)] if arguments.without else [])


def choose(
    every: SuiteOfSuites, arguments: argparse.Namespace, *, elsewhere: bool, pythons: Mapping[str, str]
) -> list[Choice]:
    """The suites to play, what a person sets up first: they need not wait for the others.

    Args:
        elsewhere: whether they are played on a cluster, all but what a person sets up here.
        pythons: world -> its interpreter, where that is not this one.

    Raises `UsageError` that names every suite which can't be played as it was asked for, and what helps.
    """
    if arguments.rehearse and arguments.rehearse_missing:
        raise UsageError("--rehearse rehearses more than --rehearse-missing does; leave one of them out")
    chosen: list[Choice] = []
    impossible: dict[str, str] = {}
    only_rehearsed: list[str] = []
    unattended: list[str] = []
    for member in _named(every, arguments):
        attended = bool(attended_worlds(member.suite))
        real = "" if arguments.rehearse else _complaint(member, pythons, rehearse=False, elsewhere=elsewhere)
        by_surprise = attended and not _is_named(member, arguments.only)
        rehearse = has_stand_in(member.suite) and (
            arguments.rehearse or (arguments.rehearse_missing and (by_surprise or bool(real)))
        )
        if rehearse or real or arguments.rehearse:
            said = _complaint(member, pythons, rehearse=True, elsewhere=elsewhere)
        else:
            said = ""
        if said:
            impossible[member.name] = said
        elif real and not rehearse:
            only_rehearsed.append(member.name)
        elif by_surprise and not rehearse:
            unattended.append(member.name)
        else:
            chosen.append(Choice(member.suite, member.path, rehearse, attended))
    refused = [*impossible, *only_rehearsed, *unattended]
    if refused:
        raise UsageError("; ".join(_refusal(chosen, impossible, only_rehearsed, unattended)))
    return sorted(chosen, key=lambda each: not (each.attended and not each.rehearse))


def _complaint(member: Member, pythons: Mapping[str, str], *, rehearse: bool, elsewhere: bool) -> str:
    """Why a suite can't be played; empty when it can."""
    try:
        check_worlds(
            member.suite,
            rehearse=rehearse,
            file=member.path,
            elsewhere=elsewhere and not attended_worlds(member.suite),
            pythons=pythons_of(member.suite.worlds, pythons),
        )
    except UsageError as error:
        return str(error)
    return ""


def _refusal(
    chosen: Sequence[Choice], impossible: Mapping[str, str], only_rehearsed: Sequence[str], unattended: Sequence[str]
) -> Iterator[str]:
    yield from (f"{name}: {said}" for name, said in impossible.items())
    if only_rehearsed:
        yield (
            f"{', '.join(only_rehearsed)} can only be rehearsed here (`evalsuite worlds` says what it takes): add "
            "--rehearse-missing"
        )
    if unattended:
        yield (
            f"{', '.join(unattended)}: a person sets up each episode: name it with --only when somebody is there, or "
            "add --rehearse-missing"
        )
    if chosen:
        refused = [*impossible, *only_rehearsed, *unattended]
        few = [each.name for each in chosen]
        option = f"--without {','.join(refused)}" if len(refused) <= len(few) else f"--only {','.join(few)}"
        yield f"or leave out what can't be played: {option}"


def _named(every: SuiteOfSuites, arguments: argparse.Namespace) -> list[Member]:
    given: Sequence[str] = arguments.only or arguments.without
    known = {name for member in every.members for name in (member.name, *member.suite.worlds)}
    for name in given:
        if name not in known:
            option = "--only" if arguments.only else "--without"
            there = close_to(name, known, most=len(known))
            raise UsageError(f"{option} {name}: {every.suite} has no such suite or world{there}")
    if arguments.only:
        return [member for member in every.members if _is_named(member, arguments.only)]
    left = [member for member in every.members if not _is_named(member, arguments.without)]
    if not left:
        raise UsageError(f"--without {','.join(given)} leaves nothing of {every.suite}")
    return left


def _is_named(member: Member, given: Sequence[str]) -> bool:
    return any(name in given for name in (member.name, *member.suite.worlds))
