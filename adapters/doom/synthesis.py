"""Making scenarios: draw one, refuse it unless the engine shows that its goal can be seen and its start is fair."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evalsuite.adapters.doom.catalogue import EYE_HEIGHT_METRES, KINDS_BY_INTERACTION, THEMES
from evalsuite.adapters.doom.level import Level, LevelSpec, Thing, build_level
from evalsuite.adapters.doom.simulator import DoomSimulator
from evalsuite.adapters.doom.textmap import map_sha256, map_text
from evalsuite.crossview.difficulty import DIFFICULTY_METRES, Difficulty, measure_view_difficulty
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Pose, ground_distance, pitch_towards, wrap_degrees, yaw_towards
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.spaces import INTERACTIONS
from evalsuite.errors import GoalHidden, SimulatorFault
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario

MAX_STEPS = 600
MIN_GOAL_PIXELS = 80
MAX_GOAL_PITCH_DEGREES = 50.0
GOAL_CAMERA_METRES = (3.0, 12.0)
CLEAR_AHEAD_METRES = 2.5
LONGEST_PATH_METRES = {"easy": 40.0, "medium": 75.0, "hard": 100.0}
"""A way so long that 600 steps of walking (147 m) leave time for the interaction itself."""

_MOST_TRIES = 400


@dataclass(frozen=True)
class _Draft:
    level: LevelSpec
    start: Pose
    goal: Goal
    path_metres: float


def synthesize(count: int, seed: int, *, folder: Path) -> Iterator[Scenario]:
    """`count` scenarios, spread over interaction x difficulty in turn; each depends on (seed, its number) alone."""
    simulator = DoomSimulator(folder)
    cells = [(interaction, difficulty) for interaction in INTERACTIONS for difficulty in DIFFICULTY_METRES]
    try:
        for number in range(count):
            interaction, difficulty = cells[number % len(cells)]
            identity = f"{interaction}-{difficulty}-{number // len(cells):04d}".replace("_", "-")
            yield _accepted(identity, interaction, difficulty, seed, simulator)
    finally:
        simulator.close()


def _accepted(identity: str, interaction: str, difficulty: Difficulty, seed: int, simulator: DoomSimulator) -> Scenario:
    for attempt in range(_MOST_TRIES):
        dice = Dice("doom scenario", seed, identity, attempt)
        draft = _draft(interaction, difficulty, dice)
        if draft is not None:
            scenario = _measured(identity, difficulty, draft, dice, simulator)
            if scenario is not None:
                return scenario
    raise SimulatorFault(f"no acceptable {interaction} scenario at {difficulty} in {_MOST_TRIES} tries")


def _draft(interaction: str, difficulty: Difficulty, dice: Dice) -> _Draft | None:
    kind = dice.pick(KINDS_BY_INTERACTION[interaction])
    spec = LevelSpec.model_validate(
        {"theme": dice.pick(tuple(THEMES)), "layout": dice.below(2**31), "cast": kind, "sha256": ""}
    )
    level = build_level(spec)
    plan = level.floor_plan()
    thing = dice.pick([each for each in level.things if each.kind == kind])
    start = _start(level, plan, thing, DIFFICULTY_METRES[difficulty], dice)
    if start is None:
        return None
    path = plan.path_length((start.x, start.y), (thing.x, thing.y))
    if path is None or path > LONGEST_PATH_METRES[difficulty]:
        return None
    camera = _goal_camera(level, thing, dice)
    if camera is None:
        return None
    target = Target(name=thing.name, kind=thing.kind, position=thing.middle)
    goal = Goal.model_validate({"interaction": interaction, "target": target, "camera": camera})
    locked = spec.model_copy(update={"sha256": map_sha256(map_text(level))})
    return _Draft(locked, start, goal, path)


def _start(level: Level, plan: FloorPlan, thing: Thing, distance: float, dice: Dice) -> Pose | None:
    """A free place exactly `distance` metres (Manhattan) from the thing, looking where no wall fills the view."""
    share = math.floor(dice.uniform(0.0, distance) * 32) / 32
    east, north = dice.pick((-1, 1)), dice.pick((-1, 1))
    x, y = thing.x + east * share, thing.y + north * (distance - share)
    if not (0 < x < level.size and 0 < y < level.size and plan.is_walkable((x, y))):
        return None
    eye = (x, y, EYE_HEIGHT_METRES)
    towards = yaw_towards(eye, thing.middle) + dice.uniform(-45.0, 45.0)
    yaw = float(round(wrap_degrees(towards if dice.chance(0.5) else dice.uniform(-180.0, 180.0))))
    pose = Pose(x=x, y=y, z=EYE_HEIGHT_METRES, yaw=yaw)
    for aside in (-20.0, 0.0, 20.0):
        ahead = Pose(x=x, y=y, z=EYE_HEIGHT_METRES, yaw=yaw + aside).direction
        end = (x + ahead[0] * CLEAR_AHEAD_METRES, y + ahead[1] * CLEAR_AHEAD_METRES)
        if not plan.clear_line((x, y), end, plan.see_through):
            return None
    return pose


def _goal_camera(level: Level, thing: Thing, dice: Dice) -> Pose | None:
    """A camera that looks at the thing: at eye level one time in three, else raised, up to 50 degrees down."""
    away, bearing = dice.uniform(*GOAL_CAMERA_METRES), dice.uniform(-180.0, 180.0)
    pitch = None if dice.chance(1 / 3) else dice.uniform(10.0, MAX_GOAL_PITCH_DEGREES)
    height = EYE_HEIGHT_METRES if pitch is None else thing.middle[2] + away * math.tan(math.radians(pitch))
    offset = Pose(x=0.0, y=0.0, z=0.0, yaw=bearing).direction
    x, y, z = (round(v, 2) for v in (thing.x + offset[0] * away, thing.y + offset[1] * away, height))
    if z < EYE_HEIGHT_METRES or z < level.ground_height(x, y) + 0.5:
        return None
    look = pitch_towards((x, y, z), thing.middle)
    if look > MAX_GOAL_PITCH_DEGREES:
        return None
    return Pose(x=x, y=y, z=z, yaw=round(yaw_towards((x, y, z), thing.middle), 1), pitch=round(look, 1))


def _measured(
    identity: str, difficulty: Difficulty, draft: _Draft, dice: Dice, simulator: DoomSimulator
) -> Scenario | None:
    """The scenario with what pixels tell; None when the goal view is too poor or the start is the goal."""
    scenario = Scenario(
        id=identity,
        world="doom",
        level=draft.level.model_dump(),
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
    except (GoalHidden, SimulatorFault):
        return None
    pixels = int(observation["goal_mask"].sum())
    near = ground_distance(draft.start.position, draft.goal.target.position)
    if pixels < MIN_GOAL_PIXELS or env.summary.success_at_reset or near < 5.0:
        return None
    view = measure_view_difficulty(
        draft.start,
        draft.goal,
        path_m=draft.path_metres,
        goal_target_pixels=pixels,
        start_target_pixels=env.facts.target_pixels,
    )
    return scenario.model_copy(update={"view": view})
