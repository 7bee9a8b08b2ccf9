"""A run asked after from another process: while it is played, killed, stopped, and over."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalsuite.records.folder import LOCK_FILE, STATUS_FILE
from evalsuite.suite.files import save_suite
from tests.commands.conftest import LIMIT_SECONDS, CommandLine
from tests.worlds.grid_world import grid_scenario, grid_suite
from tests.worlds.remains import Playground

SLOW = {"faults": [{"at_step": 1, "attempts": 9, "kind": "slow"}]}


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A run of 12 episodes that take seconds, as another terminal would start it."""
    scenarios = [grid_scenario(f"s{index}", level=SLOW, max_steps=30) for index in range(12)]
    save_suite(grid_suite(*scenarios), tmp_path / "slow.yaml")
    (tmp_path / "elsewhere").mkdir()
    playground = Playground(tmp_path / "elsewhere")
    process = subprocess.Popen(
        [sys.executable, "-m", "evalsuite", "run", "slow.yaml", "--policy", "noop", "--out", "run", "--workers", "2"],
        env=playground.environment,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    yield process
    process.kill()
    process.wait(timeout=LIMIT_SECONDS)
    assert playground.remains_after_a_while() == []


def asked(evalsuite: CommandLine) -> dict[str, Any]:
    done = evalsuite("status", "run", "--json")
    assert done.returncode == 0, done.stderr
    content: dict[str, Any] = json.loads(done.stdout)
    return content


def wait_until_played(evalsuite: CommandLine, out: Path) -> dict[str, Any]:
    """The status once an episode is settled and others are under way."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        if (out / "run.json").exists():
            content = asked(evalsuite)
            if content["settled"] and any(worker["scenario"] for worker in content["workers"]):
                return content
        time.sleep(0.1)
    raise AssertionError("nothing was played")


def test_while_it_runs_worlds_and_workers_are_told(
    evalsuite: CommandLine, driver: subprocess.Popen[str], tmp_path: Path
) -> None:
    content = wait_until_played(evalsuite, tmp_path / "run")
    assert (content["alive"], content["ended_well"], content["total"]) == (True, None, 12)
    grid = content["worlds"]["grid"]
    assert grid["settled"] == content["settled"] == grid["attempts"]
    assert grid["in_flight"] in (1, 2)
    assert grid["steps_per_second"] > 0.0
    assert grid["eta_seconds"] > 0.0
    worker = next(each for each in content["workers"] if each["scenario"])
    assert (worker["policy"], worker["attempt"], worker["world"]) == ("noop", 1, "grid")
    assert 0 <= worker["steps"] <= 30
    said = evalsuite("status", "run").stdout
    assert "a driver is at work since 20" in said
    assert "noop/s" in said
    watched = evalsuite("status", "run", "--watch", "--json").stdout.splitlines()
    assert json.loads(watched[0])["alive"]
    last = json.loads(watched[-1])
    assert (last["alive"], last["settled"], last["ended_well"], last["workers"]) == (False, 12, True, [])
    assert "no driver is at work\n" in evalsuite("status", "run").stdout


def test_after_kill_9_no_driver_is_at_work_whatever_the_last_one_wrote(
    evalsuite: CommandLine, driver: subprocess.Popen[str], tmp_path: Path
) -> None:
    wait_until_played(evalsuite, tmp_path / "run")
    driver.kill()
    driver.wait(timeout=LIMIT_SECONDS)
    content = asked(evalsuite)
    assert (content["alive"], content["ended_well"], content["workers"], content["eta_seconds"]) == (
        False,
        False,
        [],
        None,
    )
    lines = sum(path.read_bytes().count(b"\n") for path in (tmp_path / "run" / "episodes").iterdir())
    assert content["settled"] == content["worlds"]["grid"]["attempts"] == lines
    said = evalsuite("status", "run").stdout
    assert "no driver is at work: the last one was killed" in said
    assert "the same command goes on with what is left" in said


def test_a_driver_that_is_stopped_is_alive_and_silent(
    evalsuite: CommandLine, driver: subprocess.Popen[str], tmp_path: Path
) -> None:
    wait_until_played(evalsuite, tmp_path / "run")
    driver.send_signal(signal.SIGSTOP)
    time.sleep(2.5)
    content = asked(evalsuite)
    assert content["alive"]
    assert content["silent_seconds"] > 2.0


def test_the_status_may_be_deleted_and_asking_does_not_keep_the_next_driver_out(
    evalsuite: CommandLine, tmp_path: Path
) -> None:
    save_suite(grid_suite(), tmp_path / "grid.yaml")
    line = ("run", "grid.yaml", "--policy", "oracle", "--policy", "noop", "--out", "run", "--json")
    assert evalsuite(*line, "--budget-episodes", "4").returncode == 0
    assert "all that the last one was asked for is settled" in evalsuite("status", "run").stdout
    (tmp_path / "run" / STATUS_FILE).unlink()
    content = asked(evalsuite)
    assert (content["settled"], content["total"], content["alive"]) == (4, 10, False)
    assert "covered 4 of 10 episodes by budget" in content["notes"][0]
    assert evalsuite(*line).returncode == 0
    assert asked(evalsuite)["settled"] == 10
    (tmp_path / "run" / LOCK_FILE).unlink()
    assert asked(evalsuite)["alive"] is False


def test_a_folder_that_is_no_run_gets_one_line(evalsuite: CommandLine, tmp_path: Path) -> None:
    done = evalsuite("status", "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "evalsuite: error: nowhere is no run folder: there is nothing at this path\n"


def test_videos_that_an_interruption_left_to_be_made_are_told(evalsuite: CommandLine, tmp_path: Path) -> None:
    save_suite(grid_suite(grid_scenario("one")), tmp_path / "one.yaml")
    assert evalsuite("run", "one.yaml", "--policy", "noop", "--out", "run").returncode == 0
    assert "videos" not in evalsuite("status", "run").stdout
    told = json.loads((tmp_path / "run" / STATUS_FILE).read_text())
    (tmp_path / "run" / STATUS_FILE).write_text(json.dumps({**told, "videos_left": 3}))
    assert "videos still to be made: 3; the same command makes them\n" in evalsuite("status", "run").stdout
