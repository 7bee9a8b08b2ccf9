"""The worlds of a suite: whether they can be played, under which interpreter, and by how many workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.runner.interpreters import WorldThere, ask_about, check_pythons
from evalsuite.runner.placement import Placement
from evalsuite.runner.world_survey import most_workers, readiness_complaint
from evalsuite.suite.files import line_in
from evalsuite.suite.scenario import Suite
from evalsuite.worlds import AttendedWorld, World, find_world, installed_worlds


def check_worlds(
    suite: Suite,
    *,
    rehearse: bool,
    file: Path | None = None,
    elsewhere: bool = False,
    pythons: Mapping[str, str] | None = None,
) -> None:
    """Raise `UsageError` unless every world of `suite` is there and takes every scenario of its own.

    A mistake in a scenario is named with its line in `file`, the suite's. What is played `elsewhere` need not be able
    to run here. Worlds of `pythons` are looked for under their own interpreter.
    """
    pythons = pythons or {}
    check_pythons(pythons, suite.worlds)
    for name in pythons:
        places = _places(suite, name)
        there = _there(suite, name, pythons[name], rehearse=rehearse)
        if there.attended and name not in installed_worlds():
            raise UsageError(f"a person sets up the world {name!r}: it has to be installed here too")
        if there.place is not None:
            with _placed(file, places[there.place]):
                raise UsageError(there.complaint)
    worlds: dict[str, World] = {}
    for place, scenario in enumerate(suite.scenarios):
        if scenario.world not in worlds and scenario.world not in pythons:
            with _placed(file, place, "world"):
                worlds[scenario.world] = find_world(scenario.world)
    for name, world in worlds.items() if not elsewhere else ():
        if complaint := readiness_complaint(name, world, rehearse=rehearse):
            raise UsageError(complaint)
    for place, scenario in enumerate(suite.scenarios):
        if scenario.world in worlds:
            with _placed(file, place):
                worlds[scenario.world].check(scenario)


def attended_worlds(suite: Suite) -> list[AttendedWorld]:
    """Those of its worlds that a person sets up."""
    here = [name for name in suite.worlds if name in installed_worlds()]
    return [world for name in here if isinstance(world := find_world(name), AttendedWorld)]


def placement_of(suite: Suite, pythons: Mapping[str, str], *, rehearse: bool, elsewhere: bool = False) -> Placement:
    """Where each world's workers run, and how many it has at most.

    Of what is played `elsewhere` the videos are made here, and need the world here.
    """
    most, unfilmed = {}, {}
    for name in suite.worlds:
        if name in pythons:
            there = _there(suite, name, pythons[name], rehearse=rehearse)
            cap = there.most_workers
            if there.missing_for_videos:
                missing = " and ".join(there.missing_for_videos)
                unfilmed[name] = f"{pythons[name]} lacks {missing} (world {name!r})"
        else:
            cap = most_workers(find_world(name), rehearse=rehearse)
            complaint = readiness_complaint(name, find_world(name), rehearse=rehearse) if elsewhere else ""
            if complaint:
                unfilmed[name] = f"videos are made on this machine, and {complaint}"
        if cap is not None:
            most[name] = cap
    return Placement(pythons, most, unfilmed)


def _there(suite: Suite, world: str, python: str, *, rehearse: bool) -> WorldThere:
    return ask_about(world, python, [suite.scenarios[place] for place in _places(suite, world)], rehearse=rehearse)


def _places(suite: Suite, world: str) -> list[int]:
    return [place for place, scenario in enumerate(suite.scenarios) if scenario.world == world]


@contextmanager
def _placed(file: Path | None, scenario: int, *below: str) -> Iterator[None]:
    try:
        yield
    except UsageError as error:
        if file is None:
            raise
        line = line_in(file, ("scenarios", scenario, *below))
        raise UsageError(f"{file}:{line}: {error}") from error
