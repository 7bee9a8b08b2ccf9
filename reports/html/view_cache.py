"""Views of a run's scenarios, kept in its folder: only those never pictured before need the simulator."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.records.reading import SUITE_FILE
from evalsuite.reports.html.view_pictures import ViewPictures, encode
from evalsuite.reports.view_capture import CapturedView, capture_each
from evalsuite.suite.files import load_suite
from evalsuite.suite.scenario import Scenario
from evalsuite.worlds import AttendedWorld, EmbeddedWorld, find_world

VIEWS_FOLDER = "views"
LIMIT_SECONDS = 45.0
"""For the views that a report takes; what is left is taken by the next report."""

PROGRESS_SECONDS = 5.0
TIME_IS_UP = "the time for them was over, and the next report goes on with the rest"


@dataclass(frozen=True)
class Views:
    """By scenario id; `missing` says in a sentence why some are not there, and is empty when all are."""

    pictures: dict[str, ViewPictures]
    missing: str = ""


def views_of(runs: Sequence[Path], wanted: set[str], *, rehearse: bool, deadline: float | None = None) -> Views:
    """The views of the scenarios `wanted`, from the run folders `runs` of one suite, taken where none is kept.

    Args:
        wanted: ids of scenarios; those that no run folder's suite file names have no view.
        rehearse: whether a stand-in plays the simulator's part, as it did in these runs.
        deadline: of `time.monotonic()`, after which no more are taken; by default, `LIMIT_SECONDS` from now.
    """
    if deadline is None:
        deadline = time.monotonic() + LIMIT_SECONDS
    pictures: dict[str, ViewPictures] = {}
    unknown = ""
    todo: dict[str, tuple[Path, Scenario]] = {}
    for run in runs:
        try:
            scenarios = load_suite(run / SUITE_FILE).scenarios
        except UsageError as error:
            unknown = str(error)
            continue
        for scenario in scenarios:
            if scenario.id in wanted and scenario.id not in pictures:
                kept = _kept(run, scenario.id)
                if kept is not None:
                    pictures[scenario.id] = kept
                    todo.pop(scenario.id, None)
                else:
                    todo.setdefault(scenario.id, (run, scenario))
    reason = _take(todo, pictures, deadline, rehearse=rehearse)
    missing = len(wanted) - len(pictures)
    if not missing:
        return Views(pictures)
    why = reason or unknown or "the suite in the run folder does not name them"
    return Views(pictures, f"The views of {missing} of {len(wanted)} scenarios are not shown: {why}.")


def _take(
    todo: dict[str, tuple[Path, Scenario]], pictures: dict[str, ViewPictures], deadline: float, *, rehearse: bool
) -> str:
    """Take the views in `todo` and keep them; returns why some were not, or nothing."""
    by_world: dict[tuple[Path, str], list[Scenario]] = {}
    for run, scenario in todo.values():
        by_world.setdefault((run, scenario.world), []).append(scenario)
    reasons: list[str] = []
    for (run, world), scenarios in by_world.items():
        limit = deadline - time.monotonic()
        refusal = _refusal(world, rehearse=rehearse) or (TIME_IS_UP if limit <= 0 else "")
        if refusal:
            reasons.append(refusal)
            continue
        capture = capture_each(run / SUITE_FILE, scenarios, rehearse=rehearse, limit_seconds=limit)
        try:
            with contextlib.closing(capture):
                _take_each(run, scenarios, capture, pictures, deadline)
        except UsageError as error:
            reasons.append(str(error))
        if time.monotonic() >= deadline and scenarios[-1].id not in pictures:
            reasons.append(TIME_IS_UP)
    return "; ".join(dict.fromkeys(reasons))


def _refusal(name: str, *, rehearse: bool) -> str:
    """Why a report must leave a simulator alone, or nothing: behind it may be somebody's server, or a robot."""
    try:
        world = find_world(name)
    except UsageError as error:
        return str(error)
    if isinstance(world, EmbeddedWorld) or (rehearse and not isinstance(world, AttendedWorld)):
        return ""
    return f"a report does not start the simulator of {name}"


def _take_each(
    run: Path,
    scenarios: Sequence[Scenario],
    capture: Iterator[CapturedView],
    pictures: dict[str, ViewPictures],
    deadline: float,
) -> None:
    spoken = time.monotonic()
    for taken, (scenario, view) in enumerate(zip(scenarios, capture, strict=True), start=1):
        pictures[scenario.id] = encode(view)
        _keep(run, scenario.id, pictures[scenario.id])
        now = time.monotonic()
        if now >= deadline:
            return
        if now - spoken > PROGRESS_SECONDS:
            spoken = now
            print(f"views: {taken} of {len(scenarios)} pictured", file=sys.stderr)


def _files(run: Path, scenario: str) -> tuple[Path, Path, Path]:
    base = run / VIEWS_FOLDER / scenario
    start, goal, mask = (base.with_name(base.name + ending) for ending in (".start.webp", ".goal.webp", ".mask.png"))
    return start, goal, mask


def _kept(run: Path, scenario: str) -> ViewPictures | None:
    try:
        return ViewPictures(*(path.read_bytes() for path in _files(run, scenario)))
    except OSError:
        return None


def _keep(run: Path, scenario: str, view: ViewPictures) -> None:
    """Whole or not at all; what can't be kept, or is lost with the power, the next report takes again."""
    with contextlib.suppress(OSError):
        for path, content in zip(_files(run, scenario), (view.start, view.goal, view.mask), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f".{path.name}.{os.getpid()}")
            unfinished.write_bytes(content)
            unfinished.replace(path)
