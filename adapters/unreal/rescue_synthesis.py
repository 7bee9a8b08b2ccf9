"""The part of unreal-rescue in making scenarios: whom to find and where to lay them, in a map that is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evalsuite.adapters.unreal.rescue_level import Placed, RescueLevel
from evalsuite.adapters.unreal.unrealcv_map import CASUALTY, EYE_METRES, STRETCHER, SceneMap
from evalsuite.crossview.covisibility import Pinhole, covisibility
from evalsuite.crossview.difficulty import Difficulty, measure_view_difficulty
from evalsuite.crossview.floor_plan import FloorPlan, Place
from evalsuite.crossview.geometry import Point, Pose, pitch_towards, wrap_degrees, yaw_towards
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.simulator import Simulator
from evalsuite.crossview.solids import Solids
from evalsuite.crossview.view_gap import VIEW_GAPS
from evalsuite.errors import SimulatorFault
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.draws import camera_yaw, opposite
from evalsuite.synthesis.playing import PlayedSource, measured_by_playing
from evalsuite.synthesis.source import Ask, Cell, Measured, Refused, Rules

MAX_STEPS = 600
"""30 s at 20 steps a second, as in the published Minecraft groups: 130 m at a walk."""

MIN_GOAL_PIXELS = 150
GOAL_CAMERA_METRES = (1.8, 6.0)
MAX_GOAL_PITCH_DEGREES = 60.0
EDGE_METRES = 1.5


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


RULES = Rules(
    world="unrealcv",
    dice="unreal rescue",
    cells=tuple(
        Cell(
            f"rescue-{name}",
            "interact",
            name,
            tuple(gap for gap in VIEW_GAPS if grade.visible or gap.in_view is not True),
        )
        for name, grade in GRADES.items()
    ),
    max_steps=MAX_STEPS,
    min_goal_pixels=MIN_GOAL_PIXELS,
    longest_path_m={name: grade.to_casualty[1] for name, grade in GRADES.items()},
    nearest_start_m=0.0,
    tries_per_place=4,
    most_places=600,
    places_for_gap=400,
)


class RescueSource(PlayedSource[Simulator]):
    """Draws rescues in one map.

    Args:
        start: starts the simulator, when the first picture is asked for.
        most_workers: how many simulators there may be at once; None for any number.
    """

    def __init__(self, start: Callable[[], Simulator], scene_map: SceneMap, *, most_workers: int | None = None) -> None:
        super().__init__(start)
        self.scene_map = scene_map
        self.rules = replace(RULES, dice=f"unreal rescue {scene_map.name}", most_workers=most_workers)
        self.plan = scene_map.floor_plan()
        self.solids = Solids((each.low, each.high) for each in scene_map.obstacles)
        self._middles: dict[str, float] = {}

    @property
    def middles(self) -> dict[str, float]:
        """How high above the floor the middles of the casualty and the stretcher are; the map's meshes say it."""
        if not self._middles:
            self._middles = _measured_middles(self.simulator, self.scene_map)
        return self._middles

    def open(self, ask: Ask, dice: Dice, seed: int) -> RescuePlace:
        half, grade = self.scene_map.half - EDGE_METRES, GRADES[ask.difficulty]
        casualty = (round(dice.uniform(-half, half), 2), round(dice.uniform(-half, half), 2))
        stretcher = _away(casualty, grade.to_stretcher, dice)
        if not all(_has_room(self.plan, place, half) for place in (casualty, stretcher)):
            raise Refused("the casualty or the stretcher has no room")
        carried = self.plan.path_length(casualty, stretcher)
        if carried is None or not _within(carried, grade.to_stretcher):
            raise Refused("the way to the stretcher is not as its difficulty says")
        level = RescueLevel(
            map=self.scene_map.name,
            map_sha256=self.scene_map.sha256(),
            casualty=Placed(x=casualty[0], y=casualty[1], yaw=float(dice.between(-180, 179))),
            stretcher=Placed(x=stretcher[0], y=stretcher[1], yaw=float(dice.between(-180, 179))),
        )
        return RescuePlace(self, level, grade)


class RescuePlace:
    """The map with the casualty and the stretcher where they lie."""

    def __init__(self, source: RescueSource, level: RescueLevel, grade: Grade) -> None:
        self._source = source
        self._grade = grade
        self._places = {CASUALTY: level.casualty, STRETCHER: level.stretcher}
        self.level: Mapping[str, Any] = level.model_dump(mode="json")
        self.plan = source.plan

    def targets(self, ask: Ask) -> Sequence[Target]:
        return [self._target(CASUALTY)]

    def start(self, target: Target, ask: Ask, dice: Dice) -> Pose:
        casualty, stretcher = target.position[:2], self._places[STRETCHER]
        x, y = _away(casualty, self._grade.to_casualty, dice)
        if not _has_room(self.plan, (x, y), self._source.scene_map.half - EDGE_METRES):
            raise Refused("the start is not free")
        if math.dist((x, y), (stretcher.x, stretcher.y)) < self._grade.to_stretcher[0] / 2:
            raise Refused("the start is too near to the stretcher")
        path_m = self.plan.path_length((x, y), casualty)
        if path_m is None or not _within(path_m, self._grade.to_casualty):
            raise Refused("the start is not as its difficulty says")
        if self.plan.clear_line((x, y), casualty, self.plan.see_through) != self._grade.visible:
            raise Refused("the start is not as its difficulty says")
        towards = yaw_towards((x, y, EYE_METRES), (*casualty, 0.0)) + dice.uniform(-35.0, 35.0)
        yaw = towards if self._grade.visible else dice.uniform(-180.0, 180.0)
        return Pose(x=x, y=y, z=EYE_METRES, yaw=round(wrap_degrees(yaw), 1))

    def goals(self, target: Target, start: Pose, ask: Ask, dice: Dice) -> tuple[Goal, ...]:
        targets = [target, self._target(STRETCHER)]
        return tuple(
            Goal(interaction="interact", target=each, camera=self._camera(each.position, start, ask, dice))
            for each in targets
        )

    def measure(self, scenario: Scenario) -> Measured:
        simulator, start, camera = self._source.simulator, scenario.start, scenario.goals[0].camera
        spec = simulator.spec
        lens = Pinhole.of(spec.width, spec.height, horizontal_fov=spec.horizontal_fov)
        found = measured_by_playing(
            simulator, scenario, covisibility=lambda: covisibility(start, camera, lens, self._source.solids.ranges)
        )
        if bool(found.start_pixels) != self._grade.visible:
            raise Refused("the start is not as its difficulty says")
        return found

    def _target(self, name: str) -> Target:
        place = self._places[name]
        return Target(name=name, kind=name, position=(place.x, place.y, self._source.middles[name]))

    def _camera(self, target: Point, start: Pose, ask: Ask, dice: Dice) -> Pose:
        """A camera that looks at the target from free space: half of them at a person's height, half raised."""
        for _ in range(40):
            x, y = opposite(target, camera_yaw(start, ask, dice), dice.uniform(*GOAL_CAMERA_METRES))
            z = round(dice.uniform(1.2, 1.8) if dice.chance(0.5) else dice.uniform(1.8, 3.5), 2)
            if not self.plan.is_walkable((x, y)) or not self.plan.clear_line((x, y), target[:2], self.plan.see_through):
                continue
            pitch = pitch_towards((x, y, z), target)
            if pitch <= MAX_GOAL_PITCH_DEGREES:
                yaw = wrap_degrees(yaw_towards((x, y, z), target) + round(dice.uniform(-20.0, 20.0), 1))
                return Pose(x=x, y=y, z=z, yaw=round(yaw, 1), pitch=round(pitch, 1))
        raise Refused("no room for the goal camera")


def _measured_middles(simulator: Simulator, scene_map: SceneMap) -> dict[str, float]:
    level = RescueLevel(map=scene_map.name, casualty=Placed(x=0.0, y=0.0), stretcher=Placed(x=0.0, y=4.0))
    camera = Pose(x=0.0, y=-3.0, z=EYE_METRES, pitch=25.0)
    goals = tuple(
        Goal(interaction="interact", target=Target(name=name, kind=name, position=(0.0, y, 0.0)), camera=camera)
        for name, y in ((CASUALTY, 0.0), (STRETCHER, 4.0))
    )
    scenario = Scenario(
        id="middles",
        world="unrealcv",
        level=level.model_dump(mode="json"),
        seed=0,
        start=camera,
        max_steps=MAX_STEPS,
        goals=goals,
        difficulty="easy",
        view=measure_view_difficulty(camera, goals[0]),
    )
    simulator.reset(scenario, 0)
    found = [simulator.facts().target]
    simulator.next_goal()
    found.append(simulator.facts().target)
    if found[0] is None or found[1] is None:
        raise SimulatorFault("the casualty or the stretcher is gone right after the reset")
    return {CASUALTY: round(found[0][2], 2), STRETCHER: round(found[1][2], 2)}


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
