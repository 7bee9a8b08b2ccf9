"""Real command lines, killed and interrupted in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from evalsuite.records.reading import read_records, settled
from evalsuite.suite.files import save_suite
from tests.runner.command_line import start, wait_for_records
from tests.worlds.grid_world import grid_scenario, grid_suite
from tests.worlds.remains import Playground

SLOW = {"faults": [{"at_step": 1, "attempts": 1, "kind": "slow"}]}
SCENARIOS = 5
LIMIT_SECONDS = 60.0


@pytest.fixture
def command(tmp_path: Path, playground: Playground) -> list[str]:
    scenarios = [grid_scenario(f"s{index}", level=SLOW, max_steps=6) for index in range(SCENARIOS)]
    save_suite(grid_suite(*scenarios), tmp_path / "slow.yaml")
    policies = ("--policy", "noop", "--policy", "tests.runner.policies_on_trial:Recurrent")
    line = ("run", str(tmp_path / "slow.yaml"), *policies, "--out", str(tmp_path / "run"), "--workers", "2")
    return [sys.executable, "-m", "evalsuite", *line]


def finish(command: list[str], playground: Playground) -> None:
    done = subprocess.run(command, env=playground.environment, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert done.returncode == 0, done.stderr


def assert_each_episode_once(out: Path) -> None:
    records = read_records(out)
    finals = Counter(record.key for record in records if record.final)
    assert len(finals) == len(settled(records)) == 2 * SCENARIOS
    assert set(finals.values()) == {1}
    assert {record.outcome for record in records if record.final} == {"failure"}


def test_kill_9_of_the_driver_loses_nothing_counts_nothing_twice_and_leaves_nothing(
    command: list[str], playground: Playground, tmp_path: Path
) -> None:
    acknowledged: set[str] = set()
    for count in (2, 5):
        driver = start(command, playground.environment)
        wait_for_records(tmp_path / "run", count, seconds=LIMIT_SECONDS)
        driver.kill()
        driver.communicate(timeout=LIMIT_SECONDS)
        assert playground.remains_after_a_while() == []
        lines = {record.line().decode() for record in read_records(tmp_path / "run")}
        assert acknowledged <= lines
        acknowledged = lines
    finish(command, playground)
    assert acknowledged <= {record.line().decode() for record in read_records(tmp_path / "run")}
    assert_each_episode_once(tmp_path / "run")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_at_once_says_how_to_go_on_and_can(
    command: list[str], playground: Playground, tmp_path: Path, number: signal.Signals
) -> None:
    driver = start(command, playground.environment)
    wait_for_records(tmp_path / "run", 2, seconds=LIMIT_SECONDS)
    asked = time.monotonic()
    driver.send_signal(number)
    _, said = driver.communicate(timeout=LIMIT_SECONDS)
    assert time.monotonic() - asked < 5.0
    assert driver.returncode == 130
    assert "go on with: evalsuite run" in said.splitlines()[-1]
    assert playground.remains() == []
    assert {record.outcome for record in read_records(tmp_path / "run")} == {"failure"}
    finish(command, playground)
    assert_each_episode_once(tmp_path / "run")


def test_two_drivers_cannot_share_a_run_folder(command: list[str], playground: Playground, tmp_path: Path) -> None:
    first = start(command, playground.environment)
    wait_for_records(tmp_path / "run", 1, seconds=LIMIT_SECONDS)
    first.send_signal(signal.SIGSTOP)
    second = subprocess.run(command, env=playground.environment, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert second.returncode == 2
    assert "another evalsuite is running in" in second.stderr.splitlines()[-1]
    first.send_signal(signal.SIGCONT)
    first.communicate(timeout=LIMIT_SECONDS)
    assert first.returncode == 0
    assert_each_episode_once(tmp_path / "run")


def test_a_stopped_worker_is_replaced(command: list[str], playground: Playground, tmp_path: Path) -> None:
    driver = start(command, playground.environment)
    wait_for_records(tmp_path / "run", 1, seconds=LIMIT_SECONDS)
    (worker, *_) = [line.split()[0] for line in playground.remains() if "evalsuite.runner.worker" in line]
    os.kill(int(worker), signal.SIGSTOP)
    assert driver.wait(timeout=LIMIT_SECONDS) == 0
    driver.communicate()
    assert_each_episode_once(tmp_path / "run")
