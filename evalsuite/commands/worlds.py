"""`evalsuite worlds`: what can run here."""

from __future__ import annotations

import argparse
import json

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from evalsuite.errors import UsageError
from evalsuite.worlds import find_world, installed_worlds

_COLOURS = {"ready": "green", "rehearsal only": "yellow", "missing": "red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def execute(arguments: argparse.Namespace) -> int:
    worlds = {name: look_at(name) for name in installed_worlds()}
    if arguments.json:
        print(json.dumps({"worlds": worlds}))
        return 0
    table = Table("world", "state", "what it is", "found or missing, and what helps", box=None, pad_edge=False)
    for name, found in worlds.items():
        remedy = f"\n{found['remedy']}" if found["remedy"] else ""
        state = f"[{_COLOURS[found['state']]}]{found['state']}[/]"
        table.add_row(name, state, escape(found["summary"]), escape(found["detail"] + remedy))
    Console(highlight=False).print(table if worlds else "no world is installed")
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
