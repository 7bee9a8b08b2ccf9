"""The worlds that are installed. An adapter registers one `World` by the entry point group `evalsuite.worlds`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import UsageError
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.source import ScenarioSource

GROUP = "evalsuite.worlds"


@dataclass(frozen=True)
class Readiness:
    """Whether a world can run here.

    Args:
        detail: what was found or is missing.
        remedy: what helps: commands, a line each, or advice.
    """

    state: Literal["ready", "rehearsal only", "missing"]
    detail: str
    remedy: str = ""

    @property
    def advice(self) -> str:
        """For a message that is one line."""
        return "; ".join(self.remedy.splitlines())


class World(Protocol):
    """What an adapter registers. Importing it must be cheap and must not import the simulator."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str:
        """One line for `evalsuite worlds`."""

    def readiness(self) -> Readiness:
        """Look at this machine; takes a few seconds at most."""

    def check(self, scenario: Scenario) -> None:
        """Raise `UsageError` when the scenario's level or goals are not this world's; starts nothing."""

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        """Start a simulator whose files all lie in `folder`, which exists and is its own.

        Raises `SimulatorFault` when it does not come up.
        """


@runtime_checkable
class AttendedWorld(World, Protocol):
    """A world that no program can reset: a person sets up each episode.

    It is played by one worker; the order of the policies is drawn anew for each scenario, and nothing that is shown
    before the run's end tells which of them is playing.
    """

    def session(self, folder: Path, *, rehearse: bool) -> AbstractContextManager[None]:
        """Within it, in the process that the person sits at, the simulators reach the person.

        Entered before the worker starts, which inherits the environment; files of it lie in `folder`.
        """


@runtime_checkable
class ConfiguredWorld(World, Protocol):
    """A world that the person configures outside the scenarios, by environment variables or files that they name."""

    def check_configuration(self, *, rehearse: bool) -> None:
        """Raise `UsageError` for a mistake in what a run like this would go by; starts nothing."""


@runtime_checkable
class CappedWorld(World, Protocol):
    """A world of which only so many simulators can be up at once, such as the clients of one server."""

    def most_workers(self, *, rehearse: bool) -> int | None:
        """How many, at least 1; None for as many as one likes."""


@runtime_checkable
class SampledWorld(World, Protocol):
    """A world that scenarios can be made for: `evalsuite.synthesis` draws them, here are its levels and targets."""

    def scenario_source(self, folder: Path) -> ScenarioSource:
        """The world's part in it, whose files all lie in `folder`; nothing is started before it is needed.

        Raises `UsageError` when that can't be done here.
        """


@runtime_checkable
class StandInSampledWorld(SampledWorld, Protocol):
    """A world whose scenarios may be measured on a stand-in: what their views hold is then not the simulator's."""

    def stand_in_measures(self) -> str:
        """Why a stand-in measures the views here, in a few words; empty where the simulator does."""


@runtime_checkable
class EmbeddedWorld(World, Protocol):
    """A world whose simulator is a library: starting one takes seconds, and disturbs neither a server nor a person.

    A report may start it to picture what was asked.
    """

    @property
    def embedded(self) -> Literal[True]: ...


@runtime_checkable
class WorldWithoutStandIn(World, Protocol):
    """A world that comes with its dependency and runs wherever that is installed: nothing plays its part in rehearsal.

    One among several worlds is played for real even where the others are rehearsed.
    """

    @property
    def has_stand_in(self) -> Literal[False]: ...


@runtime_checkable
class DemandingWorld(World, Protocol):
    """A world whose simulators take more than one CPU core, or something else that a machine may lack."""

    @property
    def resources(self) -> Mapping[str, float]:
        """What one simulator with its policy takes, by Ray's names: `CPU` cores, `GPU`s, `memory` in bytes, any other.

        A node of a cluster is given as many simulators as it has this for; on one machine nothing follows from it.
        """


def resources_of(world: World) -> dict[str, float]:
    """What one simulator of `world` takes: one core, unless it says otherwise."""
    return dict(world.resources) if isinstance(world, DemandingWorld) else {"CPU": 1.0}


def installed_worlds() -> dict[str, EntryPoint]:
    """Registered name -> entry point, sorted by name."""
    return {each.name: each for each in sorted(entry_points(group=GROUP), key=lambda each: each.name)}


def find_world(name: str) -> World:
    """The world registered as `name`. Raises `UsageError` when there is none or it can't be imported."""
    found = installed_worlds()
    if name not in found:
        raise UsageError(f"there is no world {name!r}; installed: {', '.join(found) or 'none'}")
    try:
        world: World = found[name].load()
    except ImportError as error:
        raise UsageError(f"the world {name!r} can't be loaded: {error}") from error
    return world
