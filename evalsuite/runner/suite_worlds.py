"""The worlds of a suite: whether they can be played, under which interpreter, and by how many workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.runner.interpreters import WorldThere, ask_about, check_pythons
from evalsuite.runner.placement import Placement
from evalsuite.runner.world_survey import most_workers, readiness_complaint
from evalsuite.suite.files import line_in, lock_file, locked_sha256
from evalsuite.suite.scenario import Suite
from evalsuite.worlds import AttendedWorld, World, WorldWithoutStandIn, find_world, installed_worlds

SAMPLE_OF_LOCKED = 16
"""Scenarios of a world that are looked at where a lock holds the suite: all of them were, when it was locked, and a
world that makes its levels otherwise today makes them all otherwise."""


def check_worlds(
    suite: Suite,
    *,
    rehearse: bool,
    file: Path | None = None,
    elsewhere: bool = False,
    pythons: Mapping[str, str] | None = None,
    every_scenario: bool = False,
) -> None:
    """Raise `UsageError` unless every world of `suite` is there and takes its scenarios.

    Args:
        file: the suite's: a mistake is named with its line there, and where a lock beside it holds `suite`, a sample
            is checked.
        elsewhere: what is played elsewhere need not be able to run here.
        pythons: world -> its interpreter, under which it is looked for, where that is not this one.
        every_scenario: whether a lock makes no difference.
    """
    pythons = pythons or {}
    check_pythons(pythons, suite.worlds)
    sample = None if every_scenario else _most_asked_about(suite, file)
    for name in pythons:
        places = _places(suite, name, sample)
        there = _there(suite, name, pythons[name], places, rehearse=rehearse)
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
    for place in sorted(place for name in worlds for place in _places(suite, name, sample)):
        scenario = suite.scenarios[place]
        with _placed(file, place):
            worlds[scenario.world].check(scenario)


def attended_worlds(suite: Suite) -> list[AttendedWorld]:
    """Those of its worlds that a person sets up."""
    here = [name for name in suite.worlds if name in installed_worlds()]
    return [world for name in here if isinstance(world := find_world(name), AttendedWorld)]


def has_stand_in(suite: Suite) -> bool:
    """Whether one of its worlds can be rehearsed; one that is installed for another interpreter alone is taken to."""
    here = [find_world(name) for name in suite.worlds if name in installed_worlds()]
    return not here or any(not isinstance(world, WorldWithoutStandIn) for world in here)


def placement_of(
    suite: Suite,
    pythons: Mapping[str, str],
    *,
    rehearse: bool,
    elsewhere: bool = False,
    file: Path | None = None,
) -> Placement:
    """Where each world's workers run, and how many it has at most.

    Other interpreters are asked as `check_worlds` asks them, with the same `file`, and so only once. Of what is played
    `elsewhere` the videos are made here, and need the world here.
    """
    most, unfilmed = {}, {}
    for name in suite.worlds:
        if name in pythons:
            places = _places(suite, name, _most_asked_about(suite, file))
            there = _there(suite, name, pythons[name], places, rehearse=rehearse)
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


def _there(suite: Suite, world: str, python: str, places: Sequence[int], *, rehearse: bool) -> WorldThere:
    return ask_about(world, python, [suite.scenarios[place] for place in places], rehearse=rehearse)


def _places(suite: Suite, world: str, most: int | None) -> list[int]:
    """Where scenarios of `world` are, `most` of them at most, spread evenly."""
    places = [place for place, scenario in enumerate(suite.scenarios) if scenario.world == world]
    if most is None or len(places) <= most:
        return places
    return [places[number * len(places) // most] for number in range(most)]


def _most_asked_about(suite: Suite, file: Path | None) -> int | None:
    """How many scenarios of a world are looked at; None for all."""
    if file is None or not lock_file(file).exists():
        return None
    return SAMPLE_OF_LOCKED if locked_sha256(lock_file(file)) == suite.sha256() else None


@contextmanager
def _placed(file: Path | None, scenario: int, *below: str) -> Iterator[None]:
    try:
        yield
    except UsageError as error:
        if file is None:
            raise
        line = line_in(file, ("scenarios", scenario, *below))
        raise UsageError(f"{file}:{line}: {error}") from error
