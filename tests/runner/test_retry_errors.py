"""Episodes that are errors, tried again by a later session that is asked to."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records, settled
from evalsuite.reports.html.episode_data import counted_episodes
from evalsuite.runner.run import RunResult, run_suite
from evalsuite.statistics.cells import CellKey
from evalsuite.statistics.results import read_results, read_run
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Suite
from tests.worlds.grid_world import grid_scenario, grid_suite
from tests.worlds.remains import Playground

LIMIT_SECONDS = 60.0


def suite_with_a_broken_one(tmp_path: Path, *, attempts: int, kind: str = "raise") -> Suite:
    fault = {"at_step": 2, "attempts": attempts, "kind": kind}
    broken = grid_scenario("broken", level={"faults": [fault], "tally": str(tmp_path / "tally")}, max_steps=8)
    return grid_suite(broken, grid_scenario("sound", max_steps=8))


def run(suite: Suite, out: Path, *, retry_errors: bool = False) -> RunResult:
    return run_suite(suite, [parse_reference("noop")], out=out, workers=1, retry_errors=retry_errors)


@pytest.mark.usefixtures("playground")
def test_an_error_is_played_again_only_when_asked_and_counts_once_everywhere(tmp_path: Path) -> None:
    suite, out = suite_with_a_broken_one(tmp_path, attempts=4), tmp_path / "run"
    assert run(suite, out).outcomes == {"success": 0, "failure": 1, "error": 1}
    assert run(suite, out).steps == 0
    result = run(suite, out, retry_errors=True)
    assert (result.outcomes, result.total) == ({"success": 0, "failure": 2, "error": 0}, 2)
    assert (result.errors, result.interrupted) == ({}, False)
    records = [each for each in read_records(out) if each.scenario == "broken"]
    tried = [(each.attempt, each.final, each.outcome) for each in records]
    assert tried[2:] == [(3, True, "error"), (4, False, "error"), (5, True, "failure")]
    assert run(suite, out, retry_errors=True).steps == 0

    assert settled(read_records(out))["broken", "noop", 0].attempt == 5
    assert len(read_run(out).episodes) == 2
    (results,) = read_results([out])
    cell = results.policies[0].cells[CellKey(None, None)]
    assert (cell.n, cell.errors) == (2, 0)
    shown = counted_episodes([results])
    assert sorted((each.record.scenario, each.record.attempt) for each in shown) == [("broken", 5), ("sound", 1)]


@pytest.mark.usefixtures("playground")
def test_an_error_that_fails_again_is_one_error_after_as_many_more_attempts(tmp_path: Path) -> None:
    suite, out = suite_with_a_broken_one(tmp_path, attempts=99), tmp_path / "run"
    run(suite, out)
    result = run(suite, out, retry_errors=True)
    assert result.outcomes == {"success": 0, "failure": 1, "error": 1}
    assert result.errors == {"noop": {"simulator fault: the engine said no": 1}}
    attempts = [(each.attempt, each.final) for each in read_records(out) if each.scenario == "broken"]
    assert attempts == [(1, False), (2, False), (3, True), (4, False), (5, False), (6, True)]
    assert len(read_run(out).episodes) == 2


def test_kill_9_in_the_middle_of_trying_again_loses_no_attempt_and_counts_nothing_twice(
    tmp_path: Path, playground: Playground
) -> None:
    out = tmp_path / "run"
    save_suite(suite_with_a_broken_one(tmp_path, attempts=99, kind="hang"), tmp_path / "suite.yaml")
    command = [sys.executable, "-m", "evalsuite", "run", str(tmp_path / "suite.yaml"), "--policy", "noop"]
    command += ["--out", str(out), "--workers", "1", "--time-limit", "step=1"]
    first = subprocess.run(command, env=playground.environment, capture_output=True, timeout=LIMIT_SECONDS)
    assert first.returncode == 0
    again = [*command, "--retry-errors"]
    driver = subprocess.Popen(again, env=playground.environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + LIMIT_SECONDS
    while len(read_records(out)) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    driver.kill()
    driver.wait()
    assert [each.outcome for each in settled(read_records(out)).values()].count("error") == 1
    assert len(read_records(out)) == 5
    last = subprocess.run(again, env=playground.environment, capture_output=True, timeout=LIMIT_SECONDS)
    assert last.returncode == 0
    attempts = [(each.attempt, each.final) for each in read_records(out) if each.scenario == "broken"]
    assert attempts == [(1, False), (2, False), (3, True), (4, False), (5, False), (6, True)]
    assert len(read_run(out).episodes) == 2
