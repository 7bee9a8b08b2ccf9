from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evalsuite.errors import UsageError
from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records, settled
from evalsuite.records.record import Record
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.run import RunResult, run_suite
from evalsuite.suite.scenario import Scenario, Suite
from tests.runner.policies_on_trial import TALLY
from tests.worlds.grid_world import grid_scenario, grid_suite

TRIAL = "tests.runner.policies_on_trial:"

pytestmark = pytest.mark.usefixtures("playground")


def run(
    suite: Suite, *policies: str, out: Path, workers: int = 2, limits: RunLimits | None = None, seeds: Any = (0,)
) -> RunResult:
    references = [parse_reference(policy) for policy in policies]
    return run_suite(suite, references, out=out, workers=workers, limits=limits, seeds=seeds)


def breaking_down(tmp_path: Path, *, attempts: int, kind: str, at_step: int = 3) -> Scenario:
    fault = {"at_step": at_step, "attempts": attempts, "kind": kind}
    return grid_scenario("broken", level={"faults": [fault], "tally": str(tmp_path / "tally")})


def attempts_at(out: Path, scenario: str) -> list[Record]:
    return [record for record in read_records(out) if record.scenario == scenario]


def test_one_and_four_workers_give_the_same_outcomes_steps_and_final_frames(tmp_path: Path) -> None:
    results = []
    for workers in (1, 4):
        out = tmp_path / str(workers)
        policies = ("oracle", "random", f"{TRIAL}Recurrent")
        assert run(grid_suite(), *policies, out=out, workers=workers).episodes == 15
        results.append(
            {
                key: (record.outcome, record.steps, record.final_frame_sha256, record.path_m)
                for key, record in settled(read_records(out)).items()
            }
        )
    assert results[0] == results[1]
    assert len({frame for _, _, frame, _ in results[0].values()}) > 10


def test_oracle_solves_the_grid_and_noop_does_not(tmp_path: Path) -> None:
    result = run(grid_suite(), "oracle", "noop", out=tmp_path / "run")
    assert result.policies["oracle"] == {"success": 5, "failure": 0, "error": 0}
    assert result.policies["noop"] == {"success": 0, "failure": 5, "error": 0}
    assert not result.interrupted


def test_a_record_tells_what_was_measured(tmp_path: Path) -> None:
    run(grid_suite(grid_scenario("one")), "oracle", out=tmp_path / "run")
    (record,) = read_records(tmp_path / "run")
    assert record.outcome == "success"
    assert record.reason == "approach done"
    assert record.path_m > 5.0
    assert record.goal_mask_pixels == 80
    assert set(record.seconds) >= {"start", "reset", "goal_view", "step", "policy"}


def test_a_worker_that_dies_is_replaced_and_its_episode_tried_again(tmp_path: Path) -> None:
    suite = grid_suite(breaking_down(tmp_path, attempts=1, kind="die"), *grid_suite().scenarios)
    result = run(suite, "oracle", out=tmp_path / "run")
    assert result.policies["oracle"] == {"success": 6, "failure": 0, "error": 0}
    first, second = attempts_at(tmp_path / "run", "broken")
    assert (first.attempt, first.final, first.outcome, first.steps) == (1, False, "error", 2)
    assert "SIGKILL" in first.reason
    assert (second.attempt, second.final, second.outcome) == (2, True, "success")


def test_a_simulator_that_hangs_is_cut_at_its_limit(tmp_path: Path) -> None:
    suite = grid_suite(breaking_down(tmp_path, attempts=1, kind="hang"))
    assert run(suite, "noop", out=tmp_path / "run").policies["noop"] == {"success": 0, "failure": 1, "error": 0}
    first, _ = attempts_at(tmp_path / "run", "broken")
    assert first.reason == "simulator hangs: step took more than 1 s"


def test_three_faults_are_an_error_and_the_run_goes_on(tmp_path: Path) -> None:
    suite = grid_suite(breaking_down(tmp_path, attempts=9, kind="raise", at_step=0), *grid_suite().scenarios)
    result = run(suite, "oracle", out=tmp_path / "run")
    assert result.policies["oracle"] == {"success": 5, "failure": 0, "error": 1}
    attempts = attempts_at(tmp_path / "run", "broken")
    assert [(each.attempt, each.final) for each in attempts] == [(1, False), (2, False), (3, True)]
    assert {each.reason for each in attempts} == {"simulator fault: the engine said no"}


def test_a_policy_fault_is_an_error_of_its_own_episode_alone(tmp_path: Path) -> None:
    reasons = {
        "not_a_number": "action['camera'] is not finite",
        "wrong_shape": "action['camera'] has shape (1, 2), expected (2,)",
        "unknown_key": "action has the unknown key 'teleport'",
        "raising": "act: RuntimeError: out of ideas",
    }
    result = run(grid_suite(), *(f"{TRIAL}{policy}" for policy in reasons), out=tmp_path / "run", workers=4)
    errors = {record.policy: record for record in read_records(tmp_path / "run") if record.outcome == "error"}
    for policy, reason in reasons.items():
        assert result.policies[policy] == {"success": 0, "failure": 4, "error": 1}
        assert (errors[policy].interaction, errors[policy].attempt, errors[policy].final) == ("break", 1, True)
        assert f"policy fault: {reason}" in errors[policy].reason


def test_a_policy_that_answers_with_something_else_is_told_what_was_expected(tmp_path: Path) -> None:
    run(grid_suite(grid_scenario("one")), f"{TRIAL}Mute", out=tmp_path / "run")
    (record,) = read_records(tmp_path / "run")
    assert record.reason == "policy fault: act: returned a str, not (actions, states)"


def test_a_policy_process_that_dies_is_replaced_and_its_episodes_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TALLY, str(tmp_path / "tally"))
    result = run(grid_suite(), f"{TRIAL}dying_once", out=tmp_path / "run")
    assert result.policies["dying_once"] == {"success": 0, "failure": 5, "error": 0}
    assert any("SIGABRT" in each.reason and not each.final for each in read_records(tmp_path / "run"))


def test_a_policy_that_always_dies_does_not_keep_the_others_from_their_episodes(tmp_path: Path) -> None:
    suite = grid_suite(grid_scenario("a", interaction="break"), grid_scenario("b"))
    result = run(suite, f"{TRIAL}dying", "oracle", out=tmp_path / "run", workers=1)
    assert result.policies["oracle"] == {"success": 2, "failure": 0, "error": 0}
    assert result.policies["dying"] == {"success": 0, "failure": 1, "error": 1}
    assert [each.attempt for each in read_records(tmp_path / "run") if each.outcome == "error"] == [1, 2, 3]


def test_a_policy_that_keeps_dying_is_given_up(tmp_path: Path) -> None:
    suite = grid_suite(*(grid_scenario(f"s{index}", interaction="break") for index in range(4)))
    limits = RunLimits(losses_in_a_row=1)
    result = run(suite, f"{TRIAL}dying", out=tmp_path / "run", workers=1, limits=limits)
    assert result.policies["dying"] == {"success": 0, "failure": 0, "error": 4}
    assert sum("given up" in each.reason for each in read_records(tmp_path / "run")) == 4


def test_a_policy_that_hangs_is_cut_at_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TALLY, str(tmp_path / "tally"))
    limits = RunLimits(act=1.0)
    result = run(grid_suite(), f"{TRIAL}hanging_once", out=tmp_path / "run", limits=limits)
    assert result.policies["hanging_once"] == {"success": 0, "failure": 5, "error": 0}
    reasons = {each.reason for each in read_records(tmp_path / "run") if not each.final}
    assert "the policy did not answer within 1 s" in reasons


@pytest.mark.parametrize(
    ("policy", "message"), [("unloadable", "the weights are gone"), ("crashing_on_load", "SIGABRT")]
)
def test_a_policy_that_cannot_be_loaded_leaves_no_run_folder(tmp_path: Path, policy: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run(grid_suite(), "noop", f"{TRIAL}{policy}", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_finished_run_is_not_played_again(tmp_path: Path) -> None:
    first = run(grid_suite(), "noop", out=tmp_path / "run")
    again = run(grid_suite(), "noop", out=tmp_path / "run")
    assert (again.policies, again.steps) == (first.policies, 0)
    assert len(read_records(tmp_path / "run")) == 5


def test_policies_and_seeds_can_be_added_to_a_run(tmp_path: Path) -> None:
    run(grid_suite(), "noop", out=tmp_path / "run")
    result = run(grid_suite(), "noop", "oracle", seeds=(0, 7), out=tmp_path / "run")
    assert result.episodes == 20
    assert len(read_records(tmp_path / "run")) == 20


def test_a_scenario_that_its_world_refuses_stops_the_run_before_it_begins(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"level\.wals is unknown"):
        run(grid_suite(grid_scenario("typo", level={"wals": []})), "noop", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_two_policies_with_one_label_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two policies have the label 'noop'"):
        run(grid_suite(), "noop", "noop=random", out=tmp_path / "run")
