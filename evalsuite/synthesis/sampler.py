"""Draw, refuse with a reason, measure: the one loop by which every world's scenarios are made."""

from __future__ import annotations

from collections.abc import Iterator

from evalsuite.crossview.difficulty import measure_view_difficulty
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Pose, angle_between, ground_distance
from evalsuite.crossview.goal import Goal
from evalsuite.crossview.view_gap import view_gap
from evalsuite.errors import UsageError
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.duplicates import Seen
from evalsuite.synthesis.plan import TOO_LIKE, Made, Plan, Shard
from evalsuite.synthesis.source import Ask, Place, Refused, ScenarioSource

CLEAR_AHEAD_DEGREES = (-20.0, 0.0, 20.0)
"""Directions in which nothing may stand right before the agent's eyes."""

OTHER_GAP = "another view gap than the one asked for"


class Sampler:
    """Makes shards; what comes of one depends on the source, the seed and the shard alone."""

    def __init__(self, source: ScenarioSource, seed: int, prefix: str = "") -> None:
        self._source = source
        self._rules = source.rules
        self._seed = seed
        self._prefix = prefix

    def make(self, plan: Plan, shard: Shard) -> Made:
        """`plan` says what the shard's numbers ask for."""
        made, seen = Made(), Seen()
        shared: Place | None = None
        for number in shard.numbers:
            ask = plan.ask(number)
            if shared is None and self._rules.scenarios_per_place > 1:
                shared = self._opened(ask, ("shared", shard.round, shard.numbers[0]), made)
            scenario = self._accepted(ask, shard.round, shared, seen, made)
            if scenario is not None:
                seen.add(scenario)
            made.scenarios.append(scenario)
        return made

    def _accepted(self, ask: Ask, turn: int, shared: Place | None, seen: Seen, made: Made) -> Scenario | None:
        """The first draw that holds; in place after place, the first of them the one that is shared."""
        place = shared
        for opened in range(self._rules.most_places):
            if place is None:
                place = self._opened(ask, (ask.identity, turn, opened), made)
            if place is not None:
                scenario = self._tried(ask, place, seen, made, turn, opened)
                if scenario is not None:
                    return scenario
            place = None
        return None

    def _tried(self, ask: Ask, place: Place, seen: Seen, made: Made, turn: int, opened: int) -> Scenario | None:
        any_gap = opened >= self._rules.places_for_gap
        for attempt in range(self._rules.tries_per_place):
            dice = Dice(self._rules.dice, self._seed, ask.identity, turn, opened, attempt)
            made.drafts += 1
            try:
                return self._drawn(ask, place, seen, dice, any_gap=any_gap)
            except Refused as reason:
                made.refused[str(reason)] += 1
        return None

    def _opened(self, ask: Ask, words: tuple[str | int, ...], made: Made) -> Place | None:
        try:
            dice = Dice(f"{self._rules.dice} place", self._seed, *words)
            return self._source.open(ask, dice, self._seed)
        except Refused as reason:
            made.drafts += 1
            made.refused[str(reason)] += 1
            return None

    def _drawn(self, ask: Ask, place: Place, seen: Seen, dice: Dice, *, any_gap: bool) -> Scenario:
        rules = self._rules
        targets = place.targets(ask)
        if not targets:
            raise Refused("the place has no such target")
        target = dice.pick(targets)
        start = place.start(target, ask, dice)
        if ground_distance(start.position, target.position) < rules.nearest_start_m:
            raise Refused("the start is too near to the target")
        if not _clear_ahead(place.plan, start, rules.clear_ahead_m):
            raise Refused("a wall right before the start")
        goals = place.goals(target, start, ask, dice)
        if ask.gap is not None and not any_gap:
            _check_angle(ask, start, goals[0])
        path_m = place.plan.path_length((start.x, start.y), target.position[:2])
        if path_m is None:
            raise Refused("no way to the target")
        if path_m > rules.longest_path_m[ask.difficulty]:
            raise Refused("the way is too long for the step limit")
        scenario = Scenario(
            id=self._prefix + ask.identity,
            world=rules.world,
            level=dict(place.level),
            seed=dice.below(2**31),
            start=start,
            max_steps=rules.max_steps,
            goals=goals,
            difficulty=rules.grade(path_m) if rules.grade else ask.difficulty,
            view=measure_view_difficulty(start, goals[0], path_m=path_m),
        )
        if seen.has_near(scenario):
            raise Refused(TOO_LIKE)
        return self._measured(ask, place, scenario, path_m, any_gap=any_gap)

    def _measured(self, ask: Ask, place: Place, scenario: Scenario, path_m: float, *, any_gap: bool) -> Scenario:
        found = place.measure(scenario)
        if min(found.goal_pixels) < self._rules.min_goal_pixels:
            raise Refused("too little of the target in the goal view")
        if found.solved:
            raise Refused("solved before anything is done")
        view = measure_view_difficulty(
            scenario.start,
            scenario.goals[0],
            path_m=path_m,
            goal_target_pixels=found.goal_pixels[0],
            start_target_pixels=found.start_pixels,
            covisibility=found.covisibility,
        )
        if ask.gap is not None and not any_gap and view_gap(view) not in (ask.gap, None):
            raise Refused(OTHER_GAP)
        return scenario.model_copy(update={"view": view})


def sampled(source: ScenarioSource, count: int, seed: int, *, prefix: str = "") -> Iterator[Scenario]:
    """`count` scenarios made in this process, the same as `evalsuite synthesize` makes; closes `source` at the end.

    Raises `UsageError` when the world has not so many that differ.
    """
    plan, sampler = Plan(source.rules, count), Sampler(source, seed, prefix)
    try:
        while True:
            while (shard := plan.next_shard()) is not None:
                yield from plan.take(shard, sampler.make(plan, shard)).values()
            if not plan.begin_next_round():
                break
    finally:
        source.close()
    check_complete(plan)


def check_complete(plan: Plan) -> None:
    """Raise `UsageError` when scenarios are missing, with the commonest reasons."""
    if plan.missing:
        asked = plan.ask(plan.missing[0])
        why = "; ".join(f"{reason} ({count})" for reason, count in plan.tally.refused.most_common(3))
        raise UsageError(
            f"{len(plan.missing)} of {plan.count} scenarios could not be made, {asked.identity} among them: {why}; "
            "ask for fewer, or take another seed"
        )


def _check_angle(ask: Ask, start: Pose, goal: Goal) -> None:
    assert ask.gap is not None
    low, high = ask.gap.angle_deg
    if not low <= angle_between(start.direction, goal.camera.direction) < high:
        raise Refused(OTHER_GAP)


def _clear_ahead(plan: FloorPlan, start: Pose, metres: float) -> bool:
    if metres <= 0.0:
        return True
    here = (start.x, start.y)
    for aside in CLEAR_AHEAD_DEGREES:
        ahead = Pose(x=start.x, y=start.y, z=start.z, yaw=start.yaw + aside).direction
        if not plan.clear_line(here, (start.x + ahead[0] * metres, start.y + ahead[1] * metres), plan.see_through):
            return False
    return True
