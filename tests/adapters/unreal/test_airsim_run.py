"""A run against a server of AirSim that takes one client, and that goes down in the middle."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from evalsuite.adapters.unreal.airsim_client import Address, Dialect
from evalsuite.adapters.unreal.standin_process import StandIn
from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records, settled
from evalsuite.runner.run import RunResult, run_suite
from evalsuite.runner.status import RunStatus
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.scenario import Suite

Serve = Callable[..., tuple[StandIn, Address]]

EPISODES = 7


def few_steps() -> Suite:
    suite, _ = find_suite("unreal-blocks")
    scenarios = [scenario.model_copy(update={"max_steps": 3}) for scenario in suite.scenarios[:EPISODES]]
    return Suite(suite="few-steps", version="1", scenarios=tuple(scenarios))


def test_a_server_that_goes_down_makes_no_errors_and_the_run_goes_on_when_it_is_up_again(
    dialect: Dialect, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def run(address: Address, watch: Callable[[RunStatus], None]) -> RunResult:
        monkeypatch.setenv("EVALSUITE_UNREAL", str(address))
        return run_suite(few_steps(), [parse_reference("noop")], out=tmp_path / "run", workers=3, progress=watch)

    first, address = serve(dialect)
    broken = run(address, lambda status: first.close() if status.settled >= 2 else None)
    assert broken.outcomes["error"] == 0
    (given_up,) = broken.given_up
    assert (given_up.world, given_up.episodes_left) == ("unreal", EPISODES - broken.episodes)
    assert given_up.episodes_left > 0

    _, address = serve(dialect)
    mended = run(address, lambda status: None)
    assert (mended.episodes, mended.outcomes["error"], mended.given_up) == (EPISODES, 0, ())
    played = sorted((each.started, each.finished) for each in settled(read_records(tmp_path / "run")).values())
    assert all(before[1] <= after[0] for before, after in pairwise(played))
