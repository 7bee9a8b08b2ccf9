"""`evalsuite worlds`: what can run here.

Commands are printed for copying: each on a line of its own, whole, however narrow the terminal is.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from evalsuite.errors import UsageError
from evalsuite.suite.catalogue import shipped_suites, shipped_suites_of_suites
from evalsuite.worlds import find_world, installed_worlds

_COLOURS = {"ready": "green", "rehearsal only": "yellow", "missing": "red"}
_INDENT = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")


def execute(arguments: argparse.Namespace) -> int:
    worlds = {name: look_at(name) for name in installed_worlds()}
    suites, suites_of_suites = sorted(shipped_suites()), sorted(shipped_suites_of_suites())
    if arguments.json:
        print(json.dumps({"worlds": worlds, "suites": suites, "suites_of_suites": suites_of_suites}))
        return 0
    console = Console(highlight=False)
    if not worlds:
        console.print("no world is installed")
    for place, (name, found) in enumerate(worlds.items()):
        if place:
            console.print()
        _show(name, found, console)
    console.print()
    console.print(Text(f"suites that are shipped: {', '.join(suites)}"), soft_wrap=True)
    console.print(f"several worlds in one table: {', '.join(suites_of_suites)}")
    return 0


def look_at(name: str) -> dict[str, str]:
    """State, summary, detail and remedy of one world; one that can't be loaded is missing."""
    try:
        world = find_world(name)
    except UsageError as error:
        return {"state": "missing", "summary": "", "detail": str(error), "remedy": ""}
    readiness = world.readiness()
    return {
        "state": readiness.state,
        "summary": world.summary,
        "detail": readiness.detail,
        "remedy": readiness.remedy,
    }


def _show(name: str, found: Mapping[str, str], console: Console) -> None:
    state = found["state"]
    console.print(Text.assemble((name, "bold"), ": ", (state, _COLOURS[state])), soft_wrap=True)
    for line in _lines(found["summary"], found["detail"]):
        if console.is_terminal:
            console.print(Padding(Text(line), (0, 0, 0, _INDENT)))
        else:
            console.print(Text(" " * _INDENT + line), soft_wrap=True)
    for line in _lines(found["remedy"]):
        # A line break that the terminal makes is not copied; one that is printed would be.
        console.print(Text(" " * _INDENT + line, style="cyan"), soft_wrap=True)


def _lines(*texts: str) -> Iterator[str]:
    for text in texts:
        yield from text.splitlines()
