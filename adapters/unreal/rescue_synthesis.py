"""Making rescues: draw one in a map, refuse it unless pictures show its goals and that its start is fair."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from evalsuite.adapters.unreal.rescue_level import Placed, RescueLevel
from evalsuite.adapters.unreal.unrealcv_map import CASUALTY, EYE_METRES, STRETCHER, SceneMap
from evalsuite.crossview.difficulty import Difficulty, measure_view_difficulty
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.floor_plan import FloorPlan, Place
from evalsuite.crossview.geometry import Point, Pose, pitch_towards, wrap_degrees, yaw_towards
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import GoalHidden, SimulatorFault
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario

MAX_STEPS = 600
"""30 s at 20 steps a second, as in the published Minecraft groups: 130 m at a walk."""

MIN_GOAL_PIXELS = 150
GOAL_CAMERA_METRES = (1.8, 6.0)
MAX_GOAL_PITCH_DEGREES = 60.0
EDGE_METRES = 1.5
_MOST_TRIES = 600


@dataclass(frozen=True)
class Grade:
    """What makes a difficulty: lengths in metres of the shortest way to the person and from there to the stretcher.

    `visible`: whether the person is in view at the start.
    """

    to_casualty: tuple[float, float]
    to_stretcher: tuple[float, float]
    visible: bool


GRADES: dict[Difficulty, Grade] = {
    "easy": Grade((5.0, 10.0), (5.0, 10.0), True),
    "medium": Grade((10.0, 20.0), (8.0, 16.0), False),
    "hard": Grade((20.0, 36.0), (14.0, 26.0), False),
}


@dataclass(frozen=True)
class _Draft:
    level: RescueLevel
    start: Pose
    path_metres: float


def synthesize_rescues(simulator: Simulator, scene_map: SceneMap, count: int, seed: int) -> Iterator[Scenario]:
    """`count` rescues, over the difficulties in turn; each depends on (map, seed, its number) alone."""
    difficulties = tuple(GRADES)
    plan = scene_map.floor_plan()
    try:
        middles = _middles(simulator, scene_map)
        for number in range(count):
            difficulty = difficulties[number % len(difficulties)]
            identity = f"rescue-{difficulty}-{number // len(difficulties):04d}"
            yield _accepted(identity, difficulty, seed, simulator, scene_map, plan, middles)
    finally:
        simulator.close()


def _accepted(
    identity: str,
    difficulty: Difficulty,
    seed: int,
    simulator: Simulator,
    scene_map: SceneMap,
    plan: FloorPlan,
    middles: dict[str, float],
) -> Scenario:
    for attempt in range(_MOST_TRIES):
        dice = Dice("unreal rescue", scene_map.name, seed, identity, attempt)
        draft = _draft(GRADES[difficulty], scene_map, plan, dice)
        scenario = draft and _measured(identity, difficulty, draft, dice, simulator, plan, middles)
        if scenario:
            return scenario
    raise SimulatorFault(f"no acceptable {difficulty} rescue in {_MOST_TRIES} tries: the map has too little free space")


def _middles(simulator: Simulator, scene_map: SceneMap) -> dict[str, float]:
    """How high above the floor the middles of the casualty and the stretcher are; the map's meshes say it."""
    level = RescueLevel(map=scene_map.name, casualty=Placed(x=0.0, y=0.0), stretcher=Placed(x=0.0, y=4.0))
    camera = Pose(x=0.0, y=-3.0, z=EYE_METRES, pitch=25.0)
    flat = {CASUALTY: 0.0, STRETCHER: 0.0}
    simulator.reset(_scenario("middles", "easy", _Draft(level, camera, 3.0), (camera, camera), flat, 0), 0)
    found = [simulator.facts().target]
    simulator.next_goal()
    found.append(simulator.facts().target)
    if found[0] is None or found[1] is None:
        raise SimulatorFault("the casualty or the stretcher is gone right after the reset")
    return {CASUALTY: round(found[0][2], 2), STRETCHER: round(found[1][2], 2)}


def _draft(grade: Grade, scene_map: SceneMap, plan: FloorPlan, dice: Dice) -> _Draft | None:
    half = scene_map.half - EDGE_METRES
    casualty = (round(dice.uniform(-half, half), 2), round(dice.uniform(-half, half), 2))
    start, stretcher = _away(casualty, grade.to_casualty, dice), _away(casualty, grade.to_stretcher, dice)
    if not all(_has_room(plan, place, half) for place in (casualty, start, stretcher)):
        return None
    first, second = plan.path_length(start, casualty), plan.path_length(casualty, stretcher)
    if first is None or second is None or math.dist(start, stretcher) < grade.to_stretcher[0] / 2:
        return None
    if not (_within(first, grade.to_casualty) and _within(second, grade.to_stretcher)):
        return None
    clear = plan.clear_line(start, casualty, plan.see_through)
    if clear != grade.visible:
        return None
    level = RescueLevel(
        map=scene_map.name,
        map_sha256=scene_map.sha256(),
        casualty=Placed(x=casualty[0], y=casualty[1], yaw=float(dice.between(-180, 179))),
        stretcher=Placed(x=stretcher[0], y=stretcher[1], yaw=float(dice.between(-180, 179))),
    )
    eye = (*start, EYE_METRES)
    towards = yaw_towards(eye, (*casualty, 0.0)) + dice.uniform(-35.0, 35.0)
    yaw = towards if grade.visible else dice.uniform(-180.0, 180.0)
    return _Draft(level, Pose(x=start[0], y=start[1], z=EYE_METRES, yaw=round(wrap_degrees(yaw), 1)), first)


def _away(place: Place, limits: tuple[float, float], dice: Dice) -> Place:
    """A place as far from another as a way of such a length can lead."""
    distance, bearing = dice.uniform(*limits), dice.uniform(-180.0, 180.0)
    east, north, _ = Pose(x=0.0, y=0.0, z=0.0, yaw=bearing).direction
    return (round(place[0] + distance * east, 2), round(place[1] + distance * north, 2))


def _has_room(plan: FloorPlan, place: Place, half: float) -> bool:
    """Whether it lies within `half` metres of the origin and one can walk there and a metre around."""
    around = [(dx, dy) for dx in (-1.0, 0.0, 1.0) for dy in (-1.0, 0.0, 1.0)]
    inside = max(abs(place[0]), abs(place[1])) <= half
    return inside and all(plan.is_walkable((place[0] + dx, place[1] + dy)) for dx, dy in around)


def _within(length: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= length <= limits[1]


def _measured(
    identity: str,
    difficulty: Difficulty,
    draft: _Draft,
    dice: Dice,
    simulator: Simulator,
    plan: FloorPlan,
    middles: dict[str, float],
) -> Scenario | None:
    """The scenario with what pixels tell; None when a goal view is too poor or the start is not as graded."""
    level = draft.level
    cameras = [
        _goal_camera(plan, (place.x, place.y, middles[name]), dice)
        for name, place in ((CASUALTY, level.casualty), (STRETCHER, level.stretcher))
    ]
    if cameras[0] is None or cameras[1] is None:
        return None
    scenario = _scenario(identity, difficulty, draft, (cameras[0], cameras[1]), middles, dice.below(2**31))
    env = CrossViewEnv(simulator, scenario)
    try:
        observation, _ = env.reset(seed=0)
    except GoalHidden:
        return None
    seen, pixels = env.facts.target_pixels or 0, int(observation["goal_mask"].sum())
    if (seen > 0) != GRADES[difficulty].visible or pixels < MIN_GOAL_PIXELS or env.summary.success_at_reset:
        return None
    simulator.next_goal()
    if simulator.goal_view().mask.sum() < MIN_GOAL_PIXELS:
        return None
    view = measure_view_difficulty(
        draft.start,
        scenario.goals[0],
        path_m=draft.path_metres,
        goal_target_pixels=pixels,
        start_target_pixels=seen,
    )
    return scenario.model_copy(update={"view": view})


def _scenario(
    identity: str,
    difficulty: Difficulty,
    draft: _Draft,
    cameras: tuple[Pose, Pose],
    middles: dict[str, float],
    seed: int,
) -> Scenario:
    places = {CASUALTY: draft.level.casualty, STRETCHER: draft.level.stretcher}
    goals = tuple(
        Goal(
            interaction="interact",
            target=Target(name=name, kind=name, position=(place.x, place.y, middles[name])),
            camera=camera,
        )
        for (name, place), camera in zip(places.items(), cameras, strict=True)
    )
    return Scenario(
        id=identity,
        world="unrealcv",
        level=draft.level.model_dump(mode="json"),
        seed=seed,
        start=draft.start,
        max_steps=MAX_STEPS,
        goals=goals,
        difficulty=difficulty,
        view=measure_view_difficulty(draft.start, goals[0], path_m=draft.path_metres),
    )


def _goal_camera(plan: FloorPlan, target: Point, dice: Dice) -> Pose | None:
    """A camera that looks at the target from free space: half of them at a person's height, half raised."""
    for _ in range(40):
        away, bearing = dice.uniform(*GOAL_CAMERA_METRES), dice.uniform(-180.0, 180.0)
        offset = Pose(x=0.0, y=0.0, z=0.0, yaw=bearing).direction
        x, y = round(target[0] + offset[0] * away, 2), round(target[1] + offset[1] * away, 2)
        z = round(dice.uniform(1.2, 1.8) if dice.chance(0.5) else dice.uniform(1.8, 3.5), 2)
        if not plan.is_walkable((x, y)) or not plan.clear_line((x, y), target[:2], plan.see_through):
            continue
        pitch = pitch_towards((x, y, z), target)
        if pitch <= MAX_GOAL_PITCH_DEGREES:
            aside = round(dice.uniform(-20.0, 20.0), 1)
            yaw = wrap_degrees(yaw_towards((x, y, z), target) + aside)
            return Pose(x=x, y=y, z=z, yaw=round(yaw, 1), pitch=round(pitch, 1))
    return None
