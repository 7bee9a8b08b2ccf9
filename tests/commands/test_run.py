from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalsuite.suite.files import save_suite, write_lock
from tests.commands.conftest import CommandLine
from tests.worlds.grid_world import grid_scenario, grid_suite


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "grid.yaml"
    save_suite(grid_suite(), path)
    write_lock(grid_suite(), path)
    return path


def test_json_is_exactly_one_object(evalsuite: CommandLine, suite: Path) -> None:
    policies = ("--policy", "oracle", "--policy", "still=noop")
    done = evalsuite("run", str(suite), *policies, "--seed", "3", "--out", "run", "--json")
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["episodes"] == 10
    assert content["outcomes"] == {"success": 5, "failure": 5, "error": 0}
    assert content["policies"]["still"] == {"success": 0, "failure": 5, "error": 0}
    assert (content["out"], content["interrupted"], content["suite"]) == ("run", False, "grid-test")
    assert content["steps"] > 300


def test_without_json_the_table_is_printed_and_the_folder_named(evalsuite: CommandLine, suite: Path) -> None:
    done = evalsuite("run", str(suite), "--policy", "oracle")
    assert done.returncode == 0, done.stderr
    assert "100%" in done.stdout
    assert "5 of 5 episodes in runs/grid-test-" in done.stdout.splitlines()[-1]


def test_bad_input_gets_one_line_and_leaves_nothing(evalsuite: CommandLine, suite: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.pt").write_bytes(b"PK\x03\x04 and no more")
    before = sorted(tmp_path.iterdir())
    for policy, message in [
        ("torchscript:missing.pt", "missing.pt"),
        ("torchscript:broken.pt", "broken.pt"),
        ("tests.runner.policies_on_trial:nothing", "has no 'nothing'"),
        ("no_such_module:make", "no_such_module"),
    ]:
        done = evalsuite("run", str(suite), "--policy", "noop", "--policy", policy, "--out", "run")
        assert done.returncode == 2
        assert done.stdout == ""
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert sorted(path for path in tmp_path.iterdir() if path.name != "__pycache__") == before


def test_an_out_that_holds_another_run_is_refused_and_not_harmed(
    evalsuite: CommandLine, suite: Path, tmp_path: Path
) -> None:
    assert evalsuite("run", str(suite), "--policy", "noop", "--out", "run", "--json").returncode == 0
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    save_suite(grid_suite(grid_scenario("else")), tmp_path / "other.yaml")
    done = evalsuite("run", "other.yaml", "--policy", "noop", "--out", "run")
    assert done.returncode == 2
    assert "holds a run of grid-test" in done.stderr.splitlines()[-1]
    assert {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()} == before
