"""The `evalsuite` command: finds the subcommand, and says in one line what went wrong.

Exit codes: 0 it is done; 1 it is done and the answer is bad (`run`: a policy's episodes are all errors,
`validate`: a scenario is unsound); 2 a mistake that the one line tells of; 130 interrupted. `gate` has its own.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol, cast

from evalsuite import __version__
from evalsuite.errors import UsageError

EXIT_NOTHING_SCORED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""

EXIT_CODES = (
    "exit code: 0 done; 1 done, but a policy's episodes are all errors or a world kept failing (run), or a "
    "scenario is unsound (validate); 2 a mistake; 130 interrupted; gate has its own"
)
SUITE_HELP = "which scenarios to play: the name of a suite that is shipped, a suite's file, or a folder with one in it"
REHEARSE_HELP = (
    "try it all without the simulators that are hard to install: a stand-in plays their part, its episodes are "
    "marked as a rehearsal and never count as results"
)


@dataclass(frozen=True)
class Command:
    """A subcommand: `module` is imported only when it is asked for."""

    module: str
    help: str


COMMANDS: dict[str, Command] = {
    "worlds": Command("evalsuite.commands.worlds", "which worlds are ready here, and what the others need"),
    "demo": Command("evalsuite.commands.demo", "score four policies on the embedded world: the whole main job"),
    "run": Command("evalsuite.commands.run", "score policies on a suite; resumes by itself"),
    "status": Command("evalsuite.commands.status", "how a run stands: while it runs, from another terminal, and after"),
    "report": Command("evalsuite.commands.report", "make tables and figures of runs"),
    "compare": Command("evalsuite.commands.compare", "what changed between two runs, paired, with intervals"),
    "gate": Command("evalsuite.commands.gate", "pass, fail or inconclusive: may a candidate replace the base?"),
    "baseline": Command("evalsuite.commands.baseline", "a run's outcomes as one small file to gate against"),
    "noise": Command("evalsuite.commands.noise", "how often the same episode comes out differently"),
    "plan": Command("evalsuite.commands.plan", "how many episodes it takes to see a drop"),
    "replay": Command("evalsuite.commands.replay", "play one recorded episode again: does it come out the same?"),
    "export": Command("evalsuite.commands.export", "records and episodes in other tools' formats"),
    "serve-policy": Command("evalsuite.commands.serve_policy", "a policy on this machine for runs on other machines"),
    "validate": Command("evalsuite.commands.validate", "check a suite by running it"),
    "synthesize": Command("evalsuite.commands.synthesize", "make a new suite"),
}


class CommandModule(Protocol):
    """What a subcommand's module has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def execute(self, arguments: argparse.Namespace) -> int:
        """Do it; returns the exit code. Raises `UsageError`."""


class InternalError(Exception):
    """A fault of evalsuite itself."""


class OneLineParser(argparse.ArgumentParser):
    """Reports a wrong command line like any other mistake: in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (default: the process's own); returns its exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in given
    try:
        return _execute(given)
    except UsageError as error:
        if debug:
            raise
        return _complain(f"error: {error}")
    except InternalError as error:
        if debug:
            raise
        return _complain(f"internal error: {error}; run it again with --debug to see where, and report it")
    except KeyboardInterrupt:
        if debug:
            raise
        _complain("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _execute(given: list[str]) -> int:
    chosen = next((word for word in given if not word.startswith("-")), None)
    parser = OneLineParser(
        prog="evalsuite",
        description="Evaluate cross-view-goal agents, zero-shot, across worlds.",
        epilog=EXIT_CODES,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"evalsuite {__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    subparsers = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=OneLineParser, title="commands"
    )
    module: CommandModule | None = None
    for name, command in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=command.help, description=command.help, allow_abbrev=False)
        subparser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        if name == chosen:
            module = cast(CommandModule, importlib.import_module(command.module))
            module.add_arguments(subparser)
    arguments, unknown = parser.parse_known_args(given)
    if unknown:
        raise UsageError(f"unrecognized arguments: {' '.join(unknown)}; see evalsuite {arguments.command} --help")
    assert module is not None
    try:
        code = module.execute(arguments)
        sys.stdout.flush()
    except (UsageError, BrokenPipeError):
        raise
    except Exception as error:
        raise InternalError(f"{type(error).__name__}: {error}") from error
    return code


def _complain(message: str) -> int:
    print(f"evalsuite: {' '.join(filter(None, map(str.strip, message.splitlines())))}", file=sys.stderr)
    return EXIT_USAGE
