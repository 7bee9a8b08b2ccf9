"""A budget is a fair sample: even over cells, paired over policies, and blind to how long an episode takes."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from evalsuite.crossview.difficulty import DIFFICULTIES
from evalsuite.policies.references import parse_reference
from evalsuite.records.covered import covered, cut_sentences
from evalsuite.records.reading import read_header, read_records, settled
from evalsuite.runner.budget import Budget, affordable, in_even_order
from evalsuite.runner.early_stop import EarlyStopper
from evalsuite.runner.run import RunResult, run_suite
from evalsuite.statistics.results import read_results
from evalsuite.suite.scenario import Suite
from tests.worlds.grid_world import grid_scenario, grid_suite

SLOW = {"faults": [{"at_step": 1, "attempts": 99, "kind": "slow"}]}


def stratified(a_cell: int = 4, *, slow: str = "") -> Suite:
    """`a_cell` scenarios in each of six cells; the interaction `slow` takes 50 ms a step."""
    return grid_suite(
        *(
            grid_scenario(
                f"{interaction}-{difficulty}-{index}",
                interaction=interaction,
                difficulty=difficulty,
                max_steps=8,
                level=SLOW if interaction == slow else None,
            )
            for interaction in ("approach", "break")
            for difficulty in DIFFICULTIES
            for index in range(a_cell)
        )
    )


def cell(scenario: str) -> str:
    return scenario.rpartition("-")[0]


def run(
    suite: Suite, *policies: str, out: Path, budget: Budget | None, workers: int = 2, seeds: Any = (0,)
) -> RunResult:
    references = [parse_reference(policy) for policy in policies]
    return run_suite(suite, references, out=out, budget=budget, workers=workers, seeds=seeds)


def places(out: Path, policy: str) -> set[tuple[str, int]]:
    return {(scenario, seed) for scenario, label, seed in settled(read_records(out)) if label == policy}


def episodes(number: int) -> Budget:
    return Budget(f"{number} episodes", episodes=number)


def test_every_beginning_of_the_even_order_holds_as_many_of_each_cell_give_or_take_one() -> None:
    order = in_even_order(stratified(5), [0, 1])
    assert len({(scenario.id, seed) for scenario, seed in order}) == len(order) == 60
    for length in range(1, 61):
        counts = Counter(cell(scenario.id) for scenario, _ in order[:length])
        assert max(counts.values()) - (min(counts.values()) if len(counts) == 6 else 0) <= 1
    assert [seed for _, seed in order] == [0] * 30 + [1] * 30


def test_a_round_keeps_to_one_world_and_begins_with_the_one_that_the_last_ended_with() -> None:
    suite = stratified(3)
    others = [each.model_copy(update={"id": f"other-{each.id}", "world": "other"}) for each in suite.scenarios]
    worlds = [scenario.world for scenario, _ in in_even_order(grid_suite(*suite.scenarios, *others), [0])]
    assert sum(a != b for a, b in pairwise(worlds)) == 3
    assert all(Counter(worlds[start : start + 12]) == {"grid": 6, "other": 6} for start in (0, 12, 24))


@pytest.mark.usefixtures("playground")
def test_a_budget_of_episodes_is_the_same_set_whatever_the_workers_and_the_lengths(tmp_path: Path) -> None:
    found = []
    for workers, slow in ((1, ""), (2, ""), (8, "break")):
        out = tmp_path / f"{workers}"
        result = run(stratified(slow=slow), "noop", "random", out=out, budget=episodes(27), workers=workers)
        assert result.episodes == 26, "an odd one would be of one policy alone"
        assert places(out, "noop") == places(out, "random")
        found.append(places(out, "noop"))
    assert found[0] == found[1]
    counts = [Counter(cell(scenario) for scenario, _ in each) for each in found]
    assert all(sorted(each.values()) == [2, 2, 2, 2, 2, 3] for each in counts)


@pytest.mark.usefixtures("playground")
def test_more_budget_goes_on_and_the_same_budget_plays_nothing(tmp_path: Path) -> None:
    suite, out = stratified(), tmp_path / "run"
    run(suite, "noop", out=out, budget=episodes(6))
    first = places(out, "noop")
    assert run(suite, "noop", out=out, budget=episodes(6)).steps == 0
    result = run(suite, "noop", out=out, budget=episodes(13))
    assert first < places(out, "noop")
    assert (result.episodes, result.interrupted) == (13, False)
    assert (
        covered(result.cuts)
        == "covered 13 of 24 episodes by budget (13 episodes), a fair sample: evenly over 6 cells (2 to 3 each)"
    )
    whole = run(suite, "noop", out=out, budget=episodes(1000))
    assert (whole.episodes, whole.cuts, read_header(out).cuts) == (24, (), ())


@pytest.mark.usefixtures("playground")
def test_time_stops_between_places_whatever_their_lengths_and_all_policies_play_the_same(tmp_path: Path) -> None:
    suite, out = stratified(slow="break"), tmp_path / "run"
    result = run(suite, "noop", "random", out=out, budget=Budget("1.5s", seconds=1.5), workers=3)
    played = places(out, "noop")
    assert 0 < len(played) < 24
    assert played == places(out, "random")
    order = [(scenario.id, seed) for scenario, seed in in_even_order(suite, [0])]
    assert played == set(order[: len(played)])
    assert (result.interrupted, [cut.policy for cut in result.cuts]) == (False, ["noop", "random"])
    again = run(suite, "noop", "random", out=out, budget=Budget("1h", seconds=3600.0), workers=3)
    assert (again.episodes, again.cuts) == (48, ())


@pytest.mark.usefixtures("playground")
def test_the_header_and_the_reports_say_what_was_covered_until_more_is_played(tmp_path: Path) -> None:
    suite, out = stratified(), tmp_path / "run"
    result = run(suite, "noop", "random", out=out, budget=episodes(12))
    assert tuple(read_header(out).cuts) == result.cuts
    (results,) = read_results([out])
    (note,) = results.notes
    assert note.startswith(
        "noop, random: covered 12 of 48 episodes by budget (12 episodes), a fair sample: evenly over 12 cells (1 each)"
    )
    assert cut_sentences(result.cuts) == [note]
    run(suite, "noop", "random", out=out, budget=None)
    assert read_results([out])[0].notes == ()


@pytest.mark.usefixtures("playground")
def test_a_cell_that_is_smaller_is_covered_whole_and_told_apart(tmp_path: Path) -> None:
    few = [each for each in stratified().scenarios if cell(each.id) != "break-hard" or each.id.endswith("-0")]
    result = run(grid_suite(*few), "noop", out=tmp_path / "run", budget=episodes(16))
    assert covered(result.cuts).endswith("evenly over 6 cells (3 each, 1 smaller one whole)")


@pytest.mark.usefixtures("playground")
def test_an_episode_that_breaks_down_when_the_time_is_over_is_still_tried_again(tmp_path: Path) -> None:
    fault = {"at_step": 4, "attempts": 1, "kind": "raise"}
    slow = {"at_step": 1, "attempts": 99, "kind": "slow"}
    scenarios = [
        grid_scenario(
            f"s{index}", max_steps=8, level={"faults": [slow, fault], "tally": str(tmp_path / f"tally{index}")}
        )
        for index in range(12)
    ]
    run(grid_suite(*scenarios), "noop", out=tmp_path / "run", budget=Budget("0.1s", seconds=0.1), workers=2)
    records = read_records(tmp_path / "run")
    assert {record.outcome for record in settled(records).values()} == {"failure"}
    assert {record.scenario for record in records} == {scenario for scenario, _ in places(tmp_path / "run", "noop")}


@pytest.mark.usefixtures("playground")
def test_a_comparison_within_a_budget_is_of_what_the_budget_buys_and_may_end_it_early(tmp_path: Path) -> None:
    suite = stratified(8)
    order = [(scenario.id, seed) for scenario, seed in affordable(in_even_order(suite, [0]), 1, episodes(40))]
    stopper = EarlyStopper(suite, [0], "base", {"noop": dict.fromkeys(order, True)}, "evalue", order)
    references = [parse_reference("noop")]
    result = run_suite(
        suite, references, out=tmp_path / "run", budget=episodes(40), stopper=stopper, workers=2, seeds=(0,)
    )
    (stop,) = result.stops
    assert (stop.reason, stop.total, result.cuts) == ("regression", 40, ())
    assert stop.pairs <= result.episodes < 20
    assert places(tmp_path / "run", "noop") == set(order[: result.episodes])
