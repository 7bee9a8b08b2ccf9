"""A policy whose process goes down costs its own episodes, not the run, and not those that shared a batch with one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from evalsuite.errors import UsageError
from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records, tries_made
from evalsuite.runner.attempt import Attempt, Fault
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.plan import EpisodeQueue, plan_episodes
from evalsuite.runner.retries import Retries
from evalsuite.runner.run import run_suite
from tests.worlds.grid_world import grid_scenario, grid_suite

TRIAL = "tests.runner.policies_on_trial:"


@pytest.mark.usefixtures("playground")
def test_a_policy_that_is_given_up_leaves_the_run_to_the_others(tmp_path: Path) -> None:
    suite = grid_suite(*(grid_scenario(f"s{index}", interaction="break", max_steps=8) for index in range(4)))
    policies = [parse_reference(text) for text in (f"{TRIAL}dying", f"{TRIAL}Recurrent", "noop")]
    limits = RunLimits(losses_in_a_row=1)
    result = run_suite(suite, policies, out=tmp_path / "run", workers=2, limits=limits)
    assert result.policies["dying"] == {"success": 0, "failure": 0, "error": 4}
    for other in ("Recurrent", "noop"):
        assert result.policies[other] == {"success": 0, "failure": 4, "error": 0}
    assert result.given_up == ()
    reasons = [each.reason for each in read_records(tmp_path / "run") if each.final and each.outcome == "error"]
    assert all(reason.startswith("the policy was given up after 1 loss") for reason in reasons)


@pytest.mark.usefixtures("playground")
def test_an_episode_that_kills_the_policys_process_uses_up_no_attempt_of_those_in_its_batch(tmp_path: Path) -> None:
    others = [grid_scenario(f"begins-earlier-{index}", max_steps=60) for index in range(6)]
    suite = grid_suite(grid_scenario("deadly", interaction="break", max_steps=30), *others)
    result = run_suite(
        suite, [parse_reference(f"{TRIAL}dying")], out=tmp_path / "run", workers=4, limits=RunLimits(attempts=2)
    )
    assert result.policies["dying"] == {"success": 0, "failure": 6, "error": 1}
    records = read_records(tmp_path / "run")
    assert {each.scenario for each in records if each.final and each.outcome == "error"} == {"deadly"}
    assert all(each.excused for each in records if each.scenario != "deadly" and each.outcome == "error")
    deadly = Counter(each.excused for each in records if each.scenario == "deadly")
    assert deadly[False] == 2
    assert deadly[True] <= 1
    assert sum(each.excused for each in records) >= 1


KILLED_WHILE_LOADED = """
import os, signal
from pathlib import Path
from tests.runner.policies_on_trial import Recurrent

def make():
    tries = Path({tries!r})
    tries.write_text(tries.read_text() + "x")
    if len(tries.read_text()) < {dies}:
        os.kill(os.getpid(), signal.SIGKILL)
    return Recurrent()
"""


@pytest.mark.usefixtures("playground")
@pytest.mark.parametrize(("dies", "tries"), [(3, 3), (9, 3)])
def test_a_process_that_is_killed_while_it_loads_the_policy_is_replaced_twice(
    dies: int, tries: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = tmp_path / "tries"
    counted.touch()
    (tmp_path / f"killed_{dies}.py").write_text(KILLED_WHILE_LOADED.format(tries=str(counted), dies=dies))
    monkeypatch.syspath_prepend(str(tmp_path))
    reference = parse_reference(f"killed_{dies}:make")
    if dies > tries:
        with pytest.raises(UsageError, match="the policy's process died of SIGKILL"):
            run_suite(grid_suite(), [reference], out=tmp_path / "run", workers=1)
    else:
        assert run_suite(grid_suite(), [reference], out=tmp_path / "run", workers=1).outcomes["error"] == 0
    assert len(counted.read_text()) == tries


def attempted(queue: EpisodeQueue, fault: Fault) -> Attempt:
    episode = queue.take(None)
    assert episode is not None
    return Attempt(episode, "2026-01-01T00:00:00Z", fault=fault, reason="it went down", final=False)


def one_waiting() -> EpisodeQueue:
    return EpisodeQueue(plan_episodes(grid_suite(grid_scenario("one")), ["p"], [0], tries={}), ())


def test_excuses_run_out_so_that_nothing_is_tried_for_ever() -> None:
    queue = one_waiting()
    retries = Retries(queue, RunLimits(attempts=2, excuses=3))
    judged = [retries.judge(attempted(queue, "void")) for _ in range(5)]
    assert [(each.excused, each.final) for each in judged] == [(True, False)] * 3 + [(False, False), (False, True)]
    assert len(queue) == 0


def test_what_an_episode_lost_alone_counts_against_it() -> None:
    queue = one_waiting()
    retries = Retries(queue, RunLimits(attempts=2))
    judged = [retries.judge(attempted(queue, "lost")) for _ in range(2)]
    assert [(each.excused, each.final) for each in judged] == [(False, False), (False, True)]


def test_a_policys_own_fault_settles_its_episode_and_says_nothing_of_the_world() -> None:
    queue = one_waiting()
    retries = Retries(queue, RunLimits(failures_in_a_row=1))
    assert retries.judge(replace(attempted(queue, "policy"), final=True)).final
    assert retries.given_up == {}


@pytest.mark.usefixtures("playground")
def test_excused_attempts_stay_excused_when_the_run_is_resumed(tmp_path: Path) -> None:
    suite = grid_suite(grid_scenario("deadly", interaction="break", max_steps=9), grid_scenario("other", max_steps=30))
    policy = parse_reference(f"{TRIAL}dying")
    run_suite(suite, [policy], out=tmp_path / "run", workers=2)
    records = read_records(tmp_path / "run")
    without_the_last = [each for each in records if not (each.scenario == "deadly" and each.final)]
    tries = tries_made(without_the_last)["deadly", "dying", 0]
    assert (tries.failed, tries.made) == (2, 2 + tries.excused)
