"""Making scenarios of unreal-blocks: draw one, refuse it unless pictures show its goal and its start is fair.

They are measured in rehearsal. The arena and all poses are the same on a real engine; colours and light are not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from evalsuite.adapters.unreal.backend import Prop
from evalsuite.adapters.unreal.blocks_level import (
    DEED_OF_INTERACTION,
    HALF,
    KINDS,
    Arena,
    BlocksSpec,
    arena_sha256,
    build_arena,
)
from evalsuite.adapters.unreal.clearance import EYE_METRES
from evalsuite.crossview.difficulty import DIFFICULTY_METRES, Difficulty, measure_view_difficulty
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Pose, ground_distance, pitch_towards, wrap_degrees, yaw_towards
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import GoalHidden, SimulatorFault
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario

MAX_STEPS = 600
MIN_GOAL_PIXELS = 150
NEAREST_START_METRES = 5.0
LONGEST_PATH_METRES: dict[Difficulty, float] = {"easy": 40.0, "medium": 65.0, "hard": 90.0}
"""600 steps are 30 s: 129 m at a walk, less what turning and acting take."""

GOAL_CAMERA_METRES = (2.5, 9.0)
GOAL_CAMERA_HEIGHT = (1.0, 5.0)
GOAL_CAMERA_ASIDE_DEGREES = 15.0
_MOST_TRIES = 400


@dataclass(frozen=True)
class _Draft:
    level: BlocksSpec
    start: Pose
    goal: Goal
    path_metres: float


def synthesize(simulator: Simulator, count: int, seed: int) -> Iterator[Scenario]:
    """`count` scenarios, spread over interaction x difficulty in turn; each depends on (seed, its number) alone."""
    cells = [(interaction, difficulty) for interaction in DEED_OF_INTERACTION for difficulty in DIFFICULTY_METRES]
    try:
        for number in range(count):
            interaction, difficulty = cells[number % len(cells)]
            identity = f"{interaction}-{difficulty}-{number // len(cells):04d}"
            yield _accepted(identity, interaction, difficulty, seed, simulator)
    finally:
        simulator.close()


def _accepted(identity: str, interaction: str, difficulty: Difficulty, seed: int, simulator: Simulator) -> Scenario:
    for attempt in range(_MOST_TRIES):
        dice = Dice("unreal blocks scenario", seed, identity, attempt)
        draft = _draft(interaction, difficulty, dice)
        if draft is not None:
            scenario = _measured(identity, difficulty, draft, dice, simulator)
            if scenario is not None:
                return scenario
    raise SimulatorFault(f"no acceptable {interaction} scenario at {difficulty} in {_MOST_TRIES} tries")


def _draft(interaction: str, difficulty: Difficulty, dice: Dice) -> _Draft | None:
    cast, layout = dice.pick(tuple(KINDS)), dice.below(2**31)
    arena = build_arena(layout, cast)
    things = [each for each in arena.things if each.kind == cast]
    if not things:
        return None
    thing, plan = dice.pick(things), arena.floor_plan()
    start = _start(plan, thing, DIFFICULTY_METRES[difficulty], dice)
    camera = _goal_camera(arena, thing, dice)
    if start is None or camera is None:
        return None
    path = plan.path_length((start.x, start.y), thing.middle[:2])
    if path is None or path > LONGEST_PATH_METRES[difficulty]:
        return None
    target = Target(name=thing.name, kind=thing.kind, position=thing.middle)
    goal = Goal.model_validate({"interaction": interaction, "target": target, "camera": camera})
    level = BlocksSpec(layout=layout, cast=cast, deed=DEED_OF_INTERACTION[interaction], sha256=arena_sha256(arena))
    return _Draft(level, start, goal, path)


def _start(plan: FloorPlan, thing: Prop, distance: float, dice: Dice) -> Pose | None:
    """A free place exactly `distance` metres (Manhattan) from the thing."""
    share = math.floor(dice.uniform(0.0, distance) * 4) / 4
    east, north = dice.pick((-1, 1)), dice.pick((-1, 1))
    x, y = thing.middle[0] + east * share, thing.middle[1] + north * (distance - share)
    if not (abs(x) < HALF - 1.0 and abs(y) < HALF - 1.0 and plan.is_walkable((x, y))):
        return None
    eye = (x, y, EYE_METRES)
    towards = yaw_towards(eye, thing.middle) + dice.uniform(-45.0, 45.0)
    yaw = float(round(wrap_degrees(towards if dice.chance(0.5) else dice.uniform(-180.0, 180.0))))
    return Pose(x=x, y=y, z=EYE_METRES, yaw=yaw)


def _goal_camera(arena: Arena, thing: Prop, dice: Dice) -> Pose | None:
    """Somewhere round the thing, looking about at it, with nothing in between."""
    away, around = dice.uniform(*GOAL_CAMERA_METRES), math.radians(dice.uniform(-180.0, 180.0))
    x = round(thing.middle[0] + away * math.sin(around), 2)
    y = round(thing.middle[1] + away * math.cos(around), 2)
    z = round(dice.uniform(*GOAL_CAMERA_HEIGHT), 2)
    if not (abs(x) < HALF - 0.5 and abs(y) < HALF - 0.5) or not arena.floor_plan().is_walkable((x, y)):
        return None
    if arena.hides((x, y, z), thing.middle, but=thing.name):
        return None
    aside = [dice.uniform(-GOAL_CAMERA_ASIDE_DEGREES, GOAL_CAMERA_ASIDE_DEGREES) for _ in range(2)]
    yaw = round(wrap_degrees(yaw_towards((x, y, z), thing.middle) + aside[0]), 1)
    pitch = round(min(89.0, pitch_towards((x, y, z), thing.middle) + aside[1]), 1)
    return Pose(x=x, y=y, z=z, yaw=yaw, pitch=pitch)


def _measured(
    identity: str, difficulty: Difficulty, draft: _Draft, dice: Dice, simulator: Simulator
) -> Scenario | None:
    """The scenario with what pixels tell; None when the goal view is too poor or the start is the goal."""
    scenario = Scenario(
        id=identity,
        world="unreal",
        level=draft.level.model_dump(mode="json"),
        seed=dice.below(2**31),
        start=draft.start,
        max_steps=MAX_STEPS,
        goals=(draft.goal,),
        difficulty=difficulty,
        view=measure_view_difficulty(draft.start, draft.goal, path_m=draft.path_metres),
    )
    env = CrossViewEnv(simulator, scenario)
    try:
        observation, _ = env.reset(seed=0)
    except GoalHidden:
        return None
    pixels = int(observation["goal_mask"].sum())
    near = ground_distance(draft.start.position, draft.goal.target.position)
    if pixels < MIN_GOAL_PIXELS or env.summary.success_at_reset or near < NEAREST_START_METRES:
        return None
    view = measure_view_difficulty(
        draft.start,
        draft.goal,
        path_m=draft.path_metres,
        goal_target_pixels=pixels,
        start_target_pixels=env.facts.target_pixels,
    )
    return scenario.model_copy(update={"view": view})
