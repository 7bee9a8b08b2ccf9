from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evalsuite.policies.references import parse_reference
from evalsuite.records.provenance import available_cores
from evalsuite.runner.budget import Budget
from evalsuite.runner.call_costs import CallCost, CallCosts
from evalsuite.runner.run import run_suite
from evalsuite.runner.status import RunStatus
from evalsuite.runner.team_size import Costs, Team, best_team, steps_per_second
from evalsuite.suite.scenario import Suite
from tests.worlds.grid_world import grid_scenario, grid_suite
from tests.worlds.remains import Playground

ONE_BY_ONE = Costs(step=0.001, call=CallCost(row=0.002), batch=1, policies=1, start_worker=0.5, start_policy=2.0)
EIGHT_AT_ONCE = replace(ONE_BY_ONE, call=CallCost(fixed=0.008), batch=8)
NO_POLICY = Costs(step=0.001, start_worker=0.5)
MOST = Team(32, 2)
LONG = 1_000_000.0


def best(costs: Costs, *, most: Team = MOST, steps: float = LONG, free_bytes: float = float("inf")) -> Team:
    return best_team(costs, Team(2, 1), most=most, cores=2, steps_left=steps, free_bytes=free_bytes)


def test_a_simulator_that_only_computes_gets_a_worker_a_core() -> None:
    assert best(NO_POLICY).workers == 2


def test_simulators_that_sleep_get_as_many_workers_as_keep_the_cores_busy() -> None:
    assert 12 <= best(replace(NO_POLICY, step_sleep=0.005)).workers <= 32


def test_a_simulator_that_hardly_sleeps_gets_no_more_workers_than_one_that_never_does() -> None:
    assert best(replace(NO_POLICY, step_sleep=0.00002), steps=20_000.0).workers == 2


def test_a_policy_that_computes_episode_by_episode_gets_a_process_a_core() -> None:
    assert best(ONE_BY_ONE).policy_processes == 2


def test_a_policy_that_computes_eight_at_once_gets_episodes_enough_to_fill_its_batches() -> None:
    workers, processes = best(EIGHT_AT_ONCE)
    assert workers >= 12 * processes
    assert steps_per_second(Team(workers, processes), EIGHT_AT_ONCE, 2) > 3 * steps_per_second(
        Team(2, 1), EIGHT_AT_ONCE, 2
    )


def test_a_policy_on_a_gpu_takes_no_core_from_the_simulators() -> None:
    here = replace(EIGHT_AT_ONCE, step=0.004)
    there = replace(here, call_elsewhere=True)
    assert 350.0 < steps_per_second(Team(24, 1), here, 2) < 400.0
    assert 400.0 < steps_per_second(Team(24, 1), there, 2) < 500.0


def test_what_was_measured_with_three_teams_is_what_is_expected_of_them() -> None:
    measured = Costs(step=0.00164, driver=0.00015, call=CallCost(fixed=0.0106), batch=8, policies=1)
    assert steps_per_second(Team(13, 1), measured, 2) == pytest.approx(400.0, rel=0.15)
    assert steps_per_second(Team(16, 1), measured, 2) == pytest.approx(451.0, rel=0.15)
    assert steps_per_second(Team(24, 2), measured, 2) == pytest.approx(554.0, rel=0.15)


def test_nothing_is_started_that_takes_longer_to_start_than_it_saves() -> None:
    assert best(EIGHT_AT_ONCE, steps=50.0) == Team(2, 1)
    assert best(EIGHT_AT_ONCE, steps=2000.0).workers < best(EIGHT_AT_ONCE).workers


def test_memory_and_what_a_person_has_set_are_bounds() -> None:
    heavy = replace(EIGHT_AT_ONCE, worker_bytes=100, policy_bytes=10_000)
    assert best(heavy, free_bytes=700) == Team(9, 1)
    assert best(EIGHT_AT_ONCE, most=Team(5, 1)) == Team(5, 1)


@pytest.mark.parametrize(
    ("batch", "calls", "cost"),
    [
        (8, [(3, 0.008), (8, 0.008)], CallCost(fixed=0.008)),
        (1, [(1, 0.002), (3, 0.006)], CallCost(row=0.002)),
        (None, [(1, 0.011), (4, 0.014), (10, 0.020)], CallCost(fixed=0.010, row=0.001)),
        (None, [(4, 0.008), (4, 0.008)], CallCost(row=0.002)),
        (None, [], CallCost()),
    ],
)
def test_the_cost_of_a_call_is_told_apart_from_that_of_a_row(
    batch: int | None, calls: list[tuple[int, float]], cost: CallCost
) -> None:
    costs = CallCosts(batch)
    for _ in range(5):
        for rows, seconds in calls:
            costs.add(rows, seconds)
    assert costs.cost().fixed == pytest.approx(cost.fixed)
    assert costs.cost().row == pytest.approx(cost.row)


def sleeping_suite() -> Suite:
    """Of simulators that sleep for 50 ms a step, so that more of them than cores pay."""
    slow = {"faults": [{"at_step": 1, "attempts": 1, "kind": "slow"}]}
    count = 20 + 10 * available_cores()
    return grid_suite(*(grid_scenario(f"s{number}", level=slow, max_steps=60) for number in range(count)))


def test_a_run_of_simulators_that_sleep_grows_while_it_is_played(playground: Playground, tmp_path: Path) -> None:
    suite = sleeping_suite()
    seen = [0]

    def look(status: RunStatus) -> None:
        seen.append(len(list(playground.temporary.glob("evalsuite-*/worker-*"))))

    result = run_suite(suite, [parse_reference("noop")], out=tmp_path / "run", progress=look)
    assert result.outcomes["failure"] == len(suite.scenarios)
    assert max(seen) > available_cores()


def test_a_run_that_goes_on_grows_though_the_turn_of_a_policy_that_was_played_before_comes_late(
    playground: Playground, tmp_path: Path
) -> None:
    suite, out = sleeping_suite(), tmp_path / "run"
    before = parse_reference("before=tests.runner.policies_on_trial:Recurrent")
    later = parse_reference("later=tests.runner.policies_on_trial:Recurrent")
    run_suite(suite, [before], out=out, workers=16, budget=Budget("all but one", episodes=len(suite.scenarios) - 1))
    at_a_quarter = [0]

    def look(status: RunStatus) -> None:
        if status.settled - status.resumed <= len(suite.scenarios) // 4:
            at_a_quarter.append(len(list(playground.temporary.glob("evalsuite-*/worker-*"))))

    run_suite(suite, [before, later], out=out, progress=look)
    assert max(at_a_quarter) > available_cores()
