"""The sampler fills its strata evenly, refuses with a reason, and never makes the same task twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Pose, wrap_degrees
from evalsuite.crossview.view_gap import VIEW_GAPS, view_gap
from evalsuite.errors import UsageError
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis import Ask, Measured, sampled
from evalsuite.synthesis.duplicates import NEAR_CAMERA_METRES, NEAR_START_DEGREES, NEAR_START_METRES, Seen
from evalsuite.synthesis.plan import TOO_LIKE, Plan, Shard
from evalsuite.synthesis.sampler import Sampler
from tests.worlds.grid_world import GridPlace, GridSource, grid_scenario


class OneField(GridSource):
    """A source that has a single place, so that scenarios of different shards may be alike."""

    def open(self, ask: Ask, dice: Dice, seed: int) -> GridPlace:
        return GridPlace(Dice("the only one"))


class FaultyPlace(GridPlace):
    """Measures something that may not be."""

    def __init__(self, dice: Dice, measured: Measured | None = None, view: FloorPlan | None = None) -> None:
        super().__init__(dice)
        self.measured = measured
        self.plan = view or self.plan

    def measure(self, scenario: Scenario) -> Measured:
        return self.measured or super().measure(scenario)


class FaultySource(GridSource):
    rules = replace(GridSource.rules, most_places=2, tries_per_place=5, scenarios_per_place=1)
    measured: Measured | None = None
    view: FloorPlan | None = None

    def open(self, ask: Ask, dice: Dice, seed: int) -> GridPlace:
        return FaultyPlace(dice, self.measured, self.view)


def test_cells_and_view_gaps_are_filled_evenly() -> None:
    made = list(sampled(GridSource(), 90, 3))
    strata = Counter((each.interaction, each.difficulty, view_gap(each.view)) for each in made)
    assert len(strata) == 15 * len(VIEW_GAPS)
    assert set(strata.values()) == {2}


def test_a_small_suite_has_every_view_gap_at_every_difficulty_and_nearly_every_interaction() -> None:
    made = list(sampled(GridSource(), 15, 3))
    by_difficulty = Counter((each.difficulty, view_gap(each.view)) for each in made)
    by_interaction = Counter((each.interaction, view_gap(each.view)) for each in made)
    assert len(by_difficulty) == 9
    assert set(by_interaction.values()) == {1}


def test_a_view_gap_that_a_world_can_not_fill_is_told_and_others_stand_in() -> None:
    class Blind(GridPlace):
        def measure(self, scenario: Scenario) -> Measured:
            return replace(super().measure(scenario), start_pixels=0)

    class BlindSource(GridSource):
        rules = replace(GridSource.rules, places_for_gap=2)

        def open(self, ask: Ask, dice: Dice, seed: int) -> GridPlace:
            return Blind(dice)

    plan = made_plan(BlindSource(), 45)
    assert plan.missing == []
    assert {gap for _, gap in plan.tally.without_gap} == {"small"}
    assert sum(plan.tally.without_gap.values()) == 15
    assert sum(plan.tally.made.values()) == 45


@pytest.mark.parametrize(
    ("measured", "reason"),
    [
        (Measured((0,), 12, solved=False), "too little of the target in the goal view"),
        (Measured((80, 0), 12, solved=False), "too little of the target in the goal view"),
        (Measured((80,), 12, solved=True), "solved before anything is done"),
    ],
)
def test_what_is_not_fair_is_refused_by_name(measured: Measured, reason: str) -> None:
    source = FaultySource()
    source.measured = measured
    with pytest.raises(UsageError, match=rf"1 of 1 scenarios could not be made, approach-easy-0000 .*{reason}"):
        list(sampled(source, 1, 0))


def test_a_start_before_a_wall_and_one_without_a_way_are_refused() -> None:
    open_floor = GridPlace(Dice("any")).plan
    walled = replace(open_floor, see_through=open_floor.see_through & False)
    source = FaultySource()
    source.rules = replace(FaultySource.rules, clear_ahead_m=1.0)
    source.view = walled
    with pytest.raises(UsageError, match="a wall right before the start"):
        list(sampled(source, 1, 0))
    source.rules = replace(FaultySource.rules, longest_path_m=dict.fromkeys(("easy", "medium", "hard"), 1.0))
    source.view = None
    with pytest.raises(UsageError, match="the way is too long for the step limit"):
        list(sampled(source, 1, 0))


def test_no_two_scenarios_are_nearly_the_same_even_where_there_is_one_place() -> None:
    made = list(sampled(OneField(), 120, 1))
    assert len(made) == 120
    for a, b in combinations(made, 2):
        same = a.goals[0].target == b.goals[0].target and a.interaction == b.interaction
        start = abs(a.start.x - b.start.x) < 0.5 and abs(a.start.y - b.start.y) < 0.5
        turn = abs(wrap_degrees(a.start.yaw - b.start.yaw)) < NEAR_START_DEGREES / 2
        camera = abs(wrap_degrees(a.goals[0].camera.yaw - b.goals[0].camera.yaw)) < 5.0
        assert not (same and start and turn and camera), (a.id, b.id)


def test_what_another_shard_has_made_already_is_made_anew_in_a_further_round() -> None:
    plan = made_plan(OneField(), 900)
    assert plan.tally.refused[TOO_LIKE] > 0
    assert plan.missing == []


@given(
    st.floats(-0.6, 0.6), st.floats(-0.6, 0.6), st.floats(-19.0, 19.0), st.floats(-0.5, 0.5), st.floats(-170.0, 170.0)
)
def test_a_scenario_a_step_aside_is_near_and_one_further_off_is_not(
    east: float, north: float, turn: float, camera: float, yaw: float
) -> None:
    first = moved(grid_scenario("a"), yaw=yaw)
    seen = Seen()
    seen.add(first)
    assert seen.has_near(moved(first, east=east, north=north, turn=turn, camera=camera, yaw=yaw))
    assert not seen.has_near(moved(first, east=NEAR_START_METRES + 0.01 + abs(east), yaw=yaw))
    assert not seen.has_near(moved(first, turn=NEAR_START_DEGREES + 1.0, yaw=yaw))
    assert not seen.has_near(moved(first, camera=NEAR_CAMERA_METRES + 0.01, yaw=yaw))
    assert not seen.has_near(moved(first, yaw=yaw).model_copy(update={"level": {"walls": [[1, 1, 2, 2]]}}))


@settings(max_examples=15)
@given(st.integers(0, 1000), st.integers(1, 60), st.data())
def test_shards_may_be_made_in_any_order(seed: int, count: int, data: st.DataObject) -> None:
    alone = list(sampled(GridSource(), count, seed))
    plan, sampler = Plan(GridSource.rules, count), Sampler(GridSource(), seed)
    shards: list[Shard] = []
    while (shard := plan.next_shard()) is not None:
        shards.append(shard)
    made = {shard.index: sampler.make(plan, shard) for shard in data.draw(st.permutations(shards))}
    kept = [each for shard in shards for each in plan.take(shard, made[shard.index]).values()]
    assert kept == alone[: len(kept)]


def test_a_draw_depends_on_its_number_and_not_on_how_many_are_asked_for() -> None:
    assert list(sampled(GridSource(), 7, 5)) == list(sampled(GridSource(), 40, 5))[:7]


def made_plan(source: GridSource, count: int) -> Plan:
    plan, sampler = Plan(source.rules, count), Sampler(source, 0)
    while True:
        while (shard := plan.next_shard()) is not None:
            plan.take(shard, sampler.make(plan, shard))
        if not plan.begin_next_round():
            return plan


def moved(
    scenario: Scenario,
    *,
    east: float = 0.0,
    north: float = 0.0,
    turn: float = 0.0,
    camera: float = 0.0,
    yaw: float = 0.0,
) -> Scenario:
    """`scenario` with start and goal camera so far aside, in metres and degrees."""
    start, goal = scenario.start, scenario.goals[0]
    there = Pose(x=start.x + east, y=start.y + north, z=start.z, yaw=wrap_degrees(yaw + turn))
    other = goal.model_copy(update={"camera": goal.camera.model_copy(update={"x": goal.camera.x + camera})})
    return scenario.model_copy(update={"start": there, "goals": (other,)})
