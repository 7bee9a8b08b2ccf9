from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalsuite.statistics.noise_floor import noise_floor
from evalsuite.statistics.results import read_run
from evalsuite.suite import find_suite, save_suite
from tests.commands.conftest import CommandLine
from tests.reports.run_folders import Judge, make_run
from tests.worlds.grid_world import grid_suite


def test_a_world_that_repeats_itself_has_no_noise(evalsuite: CommandLine, tmp_path: Path) -> None:
    save_suite(grid_suite(), tmp_path / "grid.yaml")
    asked = ("noise", "grid.yaml", "--policy", "random", "--repeats", "3", "--out", "noise")
    done = evalsuite(*asked)
    assert done.returncode == 0, done.stderr
    assert "random on grid-test, 3 repeats: 0 of 15 pairs changed outcome" in done.stdout
    found = json.loads((tmp_path / "noise" / "noise.json").read_text())
    assert (found["noise_floor"], found["suite_sha256"]) == (0.0, grid_suite().sha256())


def test_one_repeat_cannot_differ(evalsuite: CommandLine, tmp_path: Path) -> None:
    save_suite(grid_suite(), tmp_path / "grid.yaml")
    done = evalsuite("noise", "grid.yaml", "--policy", "noop", "--repeats", "1")
    assert done.returncode == 2
    assert "at least 2" in done.stderr


def test_changes_are_counted_over_all_pairs_of_repeats_and_named(tmp_path: Path) -> None:
    """One of 15 scenarios succeeds in the first of three repeats alone: it differs in two of the three pairs."""

    def judge(repeat: int) -> Judge:
        solved = repeat == 0
        return lambda policy, interaction, difficulty, number: (
            "success" if solved and (interaction, difficulty) == ("break", "hard") else "failure"
        )

    runs = [make_run(tmp_path / str(each), judge(each), policies=["agent"], per_cell=1) for each in range(3)]
    episodes = [read_run(run).episodes for run in runs]
    found = noise_floor(episodes)
    assert (found.pairs, found.changed, found.scenarios) == (45, 2, ("break-hard-0",))
    assert found.share == pytest.approx(2 / 45)


@pytest.mark.slow
def test_the_noise_floor_of_doom_is_exactly_0(evalsuite: CommandLine, tmp_path: Path) -> None:
    """The oracle at a limit that some of its episodes meet and others don't, so that both outcomes are there."""
    pytest.importorskip("vizdoom")
    whole, _ = find_suite("doom-quick")
    short = [scenario.model_copy(update={"max_steps": 100}) for scenario in whole.scenarios[::3]]
    save_suite(whole.model_copy(update={"scenarios": tuple(short)}), tmp_path / "short.yaml")
    done = evalsuite("noise", "short.yaml", "--policy", "oracle", "--repeats", "2", "--out", "noise", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["changed"], found["pairs"], found["noise_floor"]) == (0, 10, 0.0)
