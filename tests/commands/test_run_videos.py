from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evalsuite.records.reading import read_records
from evalsuite.records.videos import video_file
from evalsuite.suite.files import save_suite
from tests.commands.conftest import LIMIT_SECONDS, CommandLine
from tests.worlds.grid_world import grid_scenario, grid_suite
from tests.worlds.remains import Playground

WITHOUT_PYAV = "import sys; sys.modules['av'] = None; from evalsuite.commands.main import main; sys.exit(main())"
REMEDY = '[video]"'


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "grid.jsonl"
    save_suite(grid_suite(grid_scenario("one"), grid_scenario("two", interaction="break")), path)
    return path


def test_by_default_failures_are_filmed_but_for_those_of_controls(evalsuite: CommandLine, suite: Path) -> None:
    policies = ("--policy", "noop", "--policy", "oracle", "--policy", "tests.runner.policies_on_trial:raising")
    done = evalsuite("run", str(suite), *policies, "--out", "run", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["videos"] == {"made": 2, "left": 0, "faults": {}}
    run = suite.parent / "run"
    filmed = {(record.policy, record.scenario) for record in read_records(run) if video_file(run, record)}
    assert filmed == {("raising", "one"), ("raising", "two")}


def test_asked_for_the_failures_of_controls_are_filmed_too(evalsuite: CommandLine, suite: Path) -> None:
    done = evalsuite("run", str(suite), "--policy", "noop", "--out", "run", "--video", "failures", "--json")
    assert json.loads(done.stdout)["videos"]["made"] == 2
    assert evalsuite("run", str(suite), "--policy", "noop", "--out", "not", "--video", "none").returncode == 0
    assert not (suite.parent / "not" / "videos").exists()


def test_without_pyav_a_run_goes_on_without_videos_and_says_so_but_does_not_when_they_were_asked_for(
    tmp_path: Path, suite: Path
) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", WITHOUT_PYAV, "run", str(suite), "--policy", "noop", *arguments],
            env=playground.environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        )

    playground = Playground(tmp_path)
    done = run("--out", "run", "--json")
    assert done.returncode == 0, done.stderr
    note = "note: no videos of failures are made, since PyAV is missing: pip install "
    assert any(line.startswith(note) and line.endswith(REMEDY) for line in done.stderr.splitlines())
    assert json.loads(done.stdout)["episodes"] == 2
    done = run("--out", "other", "--video", "all")
    assert done.returncode == 2
    assert done.stderr.startswith("evalsuite: error: --video all needs PyAV: pip install ")
    assert done.stderr.endswith(f"{REMEDY}\n")
    assert not (tmp_path / "other").exists()
