"""Checkpoints one after the other into one folder."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from evalsuite.errors import PolicyRefused, UsageError
from evalsuite.policies.references import PolicyReference
from evalsuite.records.reading import read_records
from evalsuite.records.record import Outcome
from evalsuite.runner.budget import Budget
from evalsuite.runner.run import RunResult
from evalsuite.runner.series import run_series
from evalsuite.suite.files import save_suite
from tests.runner.command_line import start, wait_for_records
from tests.runner.walkers import save_walker, walkers_suite
from tests.worlds.grid_world import grid_suite
from tests.worlds.remains import Playground

LIMIT_SECONDS = 90.0


def test_an_interrupted_series_goes_on_where_it_was_with_one_checkpoint_in_memory_at_a_time(
    tmp_path: Path, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save_suite(walkers_suite(steps=8, slow=True), tmp_path / "walkers.yaml")
    for step in (1, 2):
        save_walker(tmp_path / "series" / f"step-{step}.pt", walks=step > 1)
    line = ("run", "walkers.yaml", "--policy-series", "series", "--out", "run", "--workers", "1")
    command = [sys.executable, "-m", "evalsuite", *line, "--policy-processes", "1"]
    driver = start(command, playground.environment)
    wait_for_records(tmp_path / "run", 4, seconds=LIMIT_SECONDS)
    assert policy_processes_of(driver.pid) == 1
    driver.send_signal(signal.SIGINT)
    _, said = driver.communicate(timeout=LIMIT_SECONDS)
    assert driver.returncode == 130
    assert "of 6 episodes settled; go on with: evalsuite run walkers.yaml --policy-series series" in said
    assert {record.policy for record in read_records(tmp_path / "run")} == {"step-1", "step-2"}

    again = start(command, playground.environment)
    _, said = again.communicate(timeout=LIMIT_SECONDS)
    assert again.returncode == 0, said
    finals = Counter(record.key for record in read_records(tmp_path / "run") if record.final)
    assert len(finals) == 6
    assert set(finals.values()) == {1}


def policy_processes_of(driver: int) -> int:
    """How many processes that hold a policy `driver` has started."""
    count = 0
    for process in Path("/proc").iterdir():
        try:
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            command = (process / "cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        count += int(parent) == driver and b"policy_host" in command
    return count


CHECKPOINTS = [PolicyReference(f"step-{n}", f"torchscript:{n}.pt", "torchscript", str(n) * 64, n) for n in (1, 2, 3)]
BESIDE = [PolicyReference(name, name, "noop", name, None) for name in ("one", "two")]


class Played:
    """Notes what is to be played together, with which part of the budget; `refused` can't be loaded."""

    def __init__(self, *refused: str) -> None:
        self.groups: list[list[str]] = []
        self.budgets: list[Budget | None] = []
        self._refused = refused

    def __call__(self, references: Sequence[PolicyReference], budget: Budget | None) -> RunResult:
        self.groups.append([each.label for each in references])
        self.budgets.append(budget)
        for each in references:
            if each.label in self._refused:
                raise PolicyRefused(f"policy {each.label!r}: it is damaged")
        outcomes: dict[Outcome, int] = {"success": 1, "failure": 4, "error": 0}
        policies = {each.label: outcomes for each in references}
        return RunResult(Path("run"), "grid-test", "", 5 * len(references), policies, 10, 1.0, False)


def played_series(played: Played, out: Path, budget: Budget | None = None) -> RunResult:
    return run_series(
        grid_suite(),
        [*BESIDE, *CHECKPOINTS],
        seeds=[0],
        out=out,
        rehearse=False,
        retry_errors=False,
        budget=budget,
        play=played,
    )


def test_what_is_beside_the_series_is_played_together_and_each_checkpoint_alone(tmp_path: Path) -> None:
    played = Played()
    result = played_series(played, tmp_path / "run")
    assert played.groups == [["one", "two"], ["step-1"], ["step-2"], ["step-3"]]
    assert (result.episodes, result.total, result.steps) == (25, 25, 40)


def test_a_checkpoint_that_cannot_be_loaded_stops_no_other_and_its_episodes_are_missing(tmp_path: Path) -> None:
    played = Played("step-2")
    result = played_series(played, tmp_path / "run")
    assert played.groups[-1] == ["step-3"]
    assert result.refused == {"step-2": "policy 'step-2': it is damaged"}
    assert (result.episodes, result.total) == (20, 25)


def test_a_policy_beside_the_series_that_cannot_be_loaded_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(PolicyRefused, match="damaged"):
        played_series(Played("two"), tmp_path / "run")


def test_a_budget_is_shared_by_all(tmp_path: Path) -> None:
    played = Played()
    played_series(played, tmp_path / "run", Budget("20 episodes", episodes=20))
    assert [each.episodes for each in played.budgets if each] == [8, 4, 4, 4]
    played_series(timed := Played(), tmp_path / "run", Budget("100s", seconds=100.0))
    shares = [each.seconds for each in timed.budgets if each and each.seconds]
    assert shares == pytest.approx([40.0, 100 / 3, 50.0, 100.0], abs=1.0)


def test_two_policies_of_one_label_are_told_apart_before_anything_is_played(tmp_path: Path) -> None:
    twice = [*CHECKPOINTS, CHECKPOINTS[0]]
    with pytest.raises(UsageError, match="2 policies have the label 'step-1'"):
        run_series(
            grid_suite(), twice, seeds=[0], out=tmp_path, rehearse=False, retry_errors=False, budget=None, play=Played()
        )
