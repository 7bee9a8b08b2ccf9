"""What the AirSim tests share: real clients of both dialects, each skipped by name where it is not installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evalsuite.adapters.unreal.airsim_backend import AirSimBackend, AirSimOptions
from evalsuite.adapters.unreal.airsim_client import DIALECTS, Address, Dialect
from evalsuite.adapters.unreal.airsim_simulator import STANDIN_MODULE, rehearsal_simulator
from evalsuite.adapters.unreal.simulator import UnrealSimulator
from evalsuite.adapters.unreal.standin_process import StandIn
from tests.adapters.unreal.airsim_shared import needs

Connect = Callable[..., AirSimBackend]


@pytest.fixture(scope="session", params=[pytest.param(each, marks=needs(each), id=each.name) for each in DIALECTS])
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Each dialect whose client is installed."""
    found: Dialect = request.param
    return found


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Dialect], Address]]:
    """One well-behaved stand-in for each dialect, for tests that leave nothing behind or mind nothing that is there."""
    started: dict[str, StandIn] = {}

    def address(dialect: Dialect) -> Address:
        if dialect.name not in started:
            folder = tmp_path_factory.mktemp("shared")
            started[dialect.name] = StandIn(STANDIN_MODULE, folder, "--dialect", dialect.name)
        return Address(port=started[dialect.name].port)

    yield address
    for standin in started.values():
        standin.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., tuple[StandIn, Address]]]:
    """Start a stand-in: `serve(dialect, *arguments)`; it is ended after the test."""
    started: list[StandIn] = []

    def start(dialect: Dialect, *arguments: str) -> tuple[StandIn, Address]:
        standin = StandIn(STANDIN_MODULE, tmp_path, "--dialect", dialect.name, *arguments)
        started.append(standin)
        return standin, Address(port=standin.port)

    yield start
    for standin in started:
        standin.close()


@pytest.fixture
def connect(serve: Callable[..., tuple[StandIn, Address]], shared: Callable[[Dialect], Address]) -> Iterator[Connect]:
    """A backend on the shared stand-in, or on one of its own with arguments: `connect(dialect, *arguments)`."""
    made: list[AirSimBackend] = []

    def start(dialect: Dialect, *arguments: str) -> AirSimBackend:
        address = serve(dialect, *arguments)[1] if arguments else shared(dialect)
        made.append(AirSimBackend(AirSimOptions(address=address, origin=(0.0, 0.0, 200.0))))
        return made[-1]

    yield start
    for backend in made:
        backend.close()


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnrealSimulator]:
    """In ComputerVision mode with table 4's actions, on whichever client there is."""
    started = rehearsal_simulator(tmp_path_factory.mktemp("unreal"), actions="table4")
    yield started
    started.close()


@pytest.fixture(scope="session")
def keys_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnrealSimulator]:
    """The same with Minecraft's keys."""
    started = rehearsal_simulator(tmp_path_factory.mktemp("unreal"), actions="minecraft")
    yield started
    started.close()
