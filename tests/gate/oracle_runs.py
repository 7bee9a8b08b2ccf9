"""Real runs of the oracle in the grid world, and copies of them in which something went wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evalsuite.crossview.spaces import INTERACTIONS
from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import EPISODES_FOLDER
from evalsuite.runner.run import run_suite
from evalsuite.suite.scenario import Suite
from tests.worlds.grid_world import grid_scenario, grid_suite

PER_INTERACTION = 40
"""With no pair lost, 37 rule out a drop of 7 points at 5%, and 88 one of 3 points."""


def large_suite(per_interaction: int = PER_INTERACTION) -> Suite:
    """Scenarios that the oracle solves in a few steps."""
    return grid_suite(
        *(
            grid_scenario(f"{each}-{number}", interaction=each, seed=number, max_steps=40, target=(4.0, 7.0))
            for each in INTERACTIONS
            for number in range(per_interaction)
        ),
        name="grid-gate",
    )


def play(out: Path, *policies: str, suite: Suite | None = None) -> Path:
    run_suite(suite or large_suite(), [parse_reference(each) for each in policies], out=out, workers=2)
    return out


def copy_with(run: Path, out: Path, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Path:
    """A copy of `run` in which `change` was made to every record; None leaves it out."""
    shutil.copytree(run, out)
    for path in (out / EPISODES_FOLDER).iterdir():
        changed = [change(json.loads(line)) for line in path.read_text().splitlines()]
        path.write_text("".join(json.dumps(record) + "\n" for record in changed if record is not None))
    return out


def losing(interaction: str, share: float, total: int = PER_INTERACTION) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A change by which one interaction loses a share of its successes."""

    def change(record: dict[str, Any]) -> dict[str, Any]:
        name, _, number = record["scenario"].rpartition("-")
        return {**record, "outcome": "failure"} if name == interaction and int(number) < share * total else record

    return change


def only_first(number: int) -> Callable[[dict[str, Any]], dict[str, Any] | None]:
    """A change that keeps so many scenarios, in the order of their names."""
    kept = sorted(scenario.id for scenario in large_suite().scenarios)[:: len(INTERACTIONS) * PER_INTERACTION // number]

    def change(record: dict[str, Any]) -> dict[str, Any] | None:
        return record if record["scenario"] in kept[:number] else None

    return change
