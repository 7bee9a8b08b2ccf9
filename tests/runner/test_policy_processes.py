"""Several processes of one policy, and batches that wait a little to be full."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records, settled
from evalsuite.runner.run import RunResult, run_suite
from evalsuite.seeding import derive_seed
from evalsuite.suite.scenario import Suite
from tests.runner.policies_on_trial import TALLY, witnessed
from tests.worlds.grid_world import grid_scenario, grid_suite

TRIAL = "tests.runner.policies_on_trial:"

pytestmark = pytest.mark.usefixtures("playground")


@pytest.fixture
def tally(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(TALLY, str(tmp_path / "tally"))
    return tmp_path / "tally"


def run(suite: Suite, policy: str, out: Path, *, workers: int, policy_processes: int | None) -> RunResult:
    reference = parse_reference(f"{TRIAL}{policy}")
    return run_suite(suite, [reference], out=out, workers=workers, policy_processes=policy_processes)


def test_a_recurrent_network_scores_the_same_episode_by_episode_whatever_the_team(tmp_path: Path) -> None:
    suite = grid_suite(*(grid_scenario(f"s{number}", max_steps=12 + 3 * number) for number in range(8)))
    results = []
    for workers, processes in ((1, 1), (2, 2), (8, 1), (8, 2)):
        out = tmp_path / f"{workers}-{processes}"
        run(suite, "recurrent_torch", out, workers=workers, policy_processes=processes)
        results.append(
            {
                key: (record.outcome, record.steps, record.final_frame_sha256, record.path_m, record.prediction)
                for key, record in settled(read_records(out)).items()
            }
        )
    assert len(results[0]) == 8
    assert results[1:] == results[:1] * 3
    assert len({frame for _, _, frame, _, _ in results[0].values()}) > 4


def test_a_policy_process_that_is_lost_costs_its_own_episodes_an_attempt_and_no_others(
    tmp_path: Path, tally: Path
) -> None:
    suite = grid_suite(*(grid_scenario(f"s{number}", max_steps=20) for number in range(12)))
    result = run(suite, "Mortal", tmp_path / "run", workers=4, policy_processes=2)
    assert result.outcomes == {"success": 0, "failure": 12, "error": 0}
    (dead,) = (process for process, what, _ in witnessed(tally) if what == "dies")
    begun_by: dict[int, list[int]] = {}
    for process, what, seed in witnessed(tally):
        if what == "begins":
            begun_by.setdefault(seed, []).append(process)
    assert len({process for processes in begun_by.values() for process in processes}) >= 2
    attempts = Counter(record.scenario for record in read_records(tmp_path / "run"))
    for name, count in attempts.items():
        processes = begun_by[derive_seed(name, 0, "policy")]
        assert count == len(processes)
        assert all(process == dead for process in processes[:-1]), "only what the dead process remembered is repeated"
    assert 1 <= sum(count - 1 for count in attempts.values()) <= 4


def test_an_episode_stays_with_the_process_that_began_it_and_episodes_are_spread_evenly(
    tmp_path: Path, tally: Path
) -> None:
    suite = grid_suite(*(grid_scenario(f"s{number}", max_steps=15) for number in range(8)))
    run(suite, "Witnessed", tmp_path / "run", workers=4, policy_processes=2)
    begun = Counter(process for process, what, _ in witnessed(tally) if what == "begins")
    assert sum(begun.values()) == 8
    assert len(begun) == 2
    assert min(begun.values()) >= 2


def test_the_first_episodes_do_not_all_go_to_the_process_that_is_up_first(
    tmp_path: Path, tally: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRID_WORLD_START", "2.5")
    suite = grid_suite(*(grid_scenario(f"s{number}", max_steps=400) for number in range(4)))
    run(suite, "LoadedInTurn", tmp_path / "run", workers=4, policy_processes=2)
    begun = Counter(process for process, what, _ in witnessed(tally) if what == "begins")
    assert sorted(begun.values()) == [2, 2]


def test_a_call_that_costs_the_same_for_one_as_for_four_waits_for_those_that_are_about_to_ask(
    tmp_path: Path, tally: Path
) -> None:
    suite = grid_suite(*(grid_scenario(f"s{number}", max_steps=25) for number in range(4)))
    run(suite, "OfFour", tmp_path / "run", workers=4, policy_processes=1)
    rows = [number for _, what, number in witnessed(tally) if what == "answers"]
    changes = sum(one != other for one, other in pairwise(rows))
    assert max(rows) >= 3
    assert changes < len(rows) / 3, f"whoever came a moment late was answered apart, again and again: {rows}"


def test_nobody_waits_for_a_simulator_that_takes_longer_than_a_fuller_batch_saves(tmp_path: Path, tally: Path) -> None:
    slow = {"faults": [{"at_step": 1, "attempts": 1, "kind": "slow"}]}
    suite = grid_suite(grid_scenario("slow", level=slow, max_steps=30), grid_scenario("quick", max_steps=30))
    run(suite, "OfFour", tmp_path / "run", workers=2, policy_processes=1)
    rows = Counter(number for _, what, number in witnessed(tally) if what == "answers")
    assert rows[1] > rows[2], f"each played at its own pace: {rows}"
    quick, slow_one = (
        next(each for each in read_records(tmp_path / "run") if each.scenario == name) for name in ("quick", "slow")
    )
    assert quick.finished <= slow_one.finished
