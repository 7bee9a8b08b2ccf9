from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalsuite.suite.files import save_suite, write_lock
from tests.commands.conftest import CommandLine
from tests.worlds.grid_world import grid_suite


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "grid.yaml"
    save_suite(grid_suite(), path)
    write_lock(grid_suite(), path)
    return path


def test_what_a_budget_covers_is_told_in_the_last_line_the_table_and_the_json_and_goes_on_with_more(
    evalsuite: CommandLine, suite: Path
) -> None:
    line = ("run", str(suite), "--policy", "oracle", "--policy", "noop", "--out", "run")
    covered = "covered 4 of 10 episodes by budget (4 episodes), a fair sample: evenly over 10 cells (0 to 1 each)"
    done = evalsuite(*line, "--budget-episodes", "4")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"{covered}, in run"
    said = " ".join(done.stdout.split())
    assert f"note: oracle, noop: {covered}, in a fixed random order" in said
    assert "4 episodes of 2 policies, cut by budget" in said
    content = json.loads(evalsuite(*line, "--budget-episodes", "4", "--json").stdout)
    assert (content["episodes"], content["steps"], content["interrupted"]) == (4, 0, False)
    assert (content["budget"]["spent"], content["budget"]["words"]) == (True, covered)
    assert [each["episodes"] for each in content["budget"]["policies"]] == [2, 2]
    more = evalsuite(*line, "--budget", "1h")
    assert more.returncode == 0, more.stderr
    assert more.stdout.splitlines()[-1] == "10 of 10 episodes in run"
    assert "budget" not in more.stdout


def test_where_the_time_went_is_told_in_one_line_and_adds_up(evalsuite: CommandLine, suite: Path) -> None:
    line = ("run", str(suite), "--policy", "tests.runner.policies_on_trial:Recurrent", "--out", "run", "--workers", "2")
    done = evalsuite(*line)
    assert done.returncode == 0, done.stderr
    told = next(each for each in done.stderr.splitlines() if each.startswith("the workers' time: "))
    shares = [int(part.split()[-1].rstrip("%")) for part in told.removeprefix("the workers' time: ").split(", ")]
    assert 95 <= sum(shares) <= 105
    assert shares == sorted(shares, reverse=True)
    again = json.loads(evalsuite(*line, "--seed", "1", "--json").stdout)
    parts = again["worker_seconds"]
    assert {"start", "reset", "step", "policy", "idle", "other"} <= set(parts)
    assert 0.0 < sum(parts.values()) < 2.2 * again["seconds"]


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        (("--budget", "30"), "'30' should be a time such as 90s, 30m or 2h"),
        (("--budget", "0m"), "'0m' should be a time such as 90s, 30m or 2h"),
        (("--budget-episodes", "1"), "can't be spent: every policy plays the same, so 2 at least"),
        (("--budget", "1h", "--budget-episodes", "4"), "not allowed with argument"),
    ],
)
def test_a_wrong_budget_gets_one_line(
    evalsuite: CommandLine, suite: Path, tmp_path: Path, budget: tuple[str, ...], message: str
) -> None:
    done = evalsuite("run", str(suite), "--policy", "noop", "--policy", "oracle", "--out", "run", *budget)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "run").exists()
