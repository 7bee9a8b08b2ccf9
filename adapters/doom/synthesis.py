"""Doom's part in making scenarios: levels from a seed, things to ask for, and what the engine shows of them.

A level is made for some fifteen scenarios and loaded once. Its time is stopped, and for each scenario the agent is put
to its start and the goal camera to its place: a picture each, instead of a reset. What comes out is what a reset shows,
since nothing in a level stirs before the first step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalsuite.adapters.doom.catalogue import EYE_HEIGHT_METRES, KINDS_BY_INTERACTION, THEMES
from evalsuite.adapters.doom.engine import DoomEngine, NoRoom, Sight
from evalsuite.adapters.doom.level import LevelSpec, build_level
from evalsuite.adapters.doom.simulator import find_objects, weapon_in_hand
from evalsuite.adapters.doom.specification import SPEC
from evalsuite.adapters.doom.surface import ShearedPicture, Surface
from evalsuite.adapters.doom.textmap import agent_start, map_sha256, map_text
from evalsuite.crossview.covisibility import covisibility
from evalsuite.crossview.geometry import Pose, pitch_towards, wrap_degrees, yaw_towards
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.simulator import Facts
from evalsuite.crossview.spaces import INTERACTIONS
from evalsuite.crossview.success import SUCCESS_RULES
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.draws import camera_yaw, must_see, opposite, published_place, start_yaw
from evalsuite.synthesis.source import Ask, Measured, Refused, Rules, grid_of_cells

MAX_GOAL_PITCH_DEGREES = 50.0
GOAL_CAMERA_METRES = (3.0, 12.0)
POSITION_GRAIN = 32
"""Starts lie on whole map units, which the engine holds exactly."""

RULES = Rules(
    world="doom",
    dice="doom scenario",
    cells=grid_of_cells(INTERACTIONS),
    max_steps=600,
    min_goal_pixels=80,
    # So long that 600 steps of walking (147 m) leave time for the interaction itself.
    longest_path_m={"easy": 40.0, "medium": 75.0, "hard": 100.0},
    nearest_start_m=5.0,
    clear_ahead_m=2.5,
    scenarios_per_place=15,
    tries_per_place=120,
    most_places=24,
    places_for_gap=4,
)


class DoomSource:
    """One engine, in which place after place is opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._engine: DoomEngine | None = None
        self._in_engine: DoomPlace | None = None

    @property
    def rules(self) -> Rules:
        return RULES

    def open(self, ask: Ask, dice: Dice, seed: int) -> DoomPlace:
        casts = sorted({kind for kinds in KINDS_BY_INTERACTION.values() for kind in kinds})
        spec = LevelSpec.model_validate(
            {"theme": dice.pick(tuple(THEMES)), "layout": dice.below(2**31), "cast": dice.pick(casts)}
        )
        return DoomPlace(self, spec)

    def engine_with(self, place: DoomPlace, start: Pose) -> DoomEngine:
        """The engine with that place in it and its time stopped; when it was not, the agent has come in at `start`."""
        if self._engine is None:
            self._engine = DoomEngine(self._folder)
        if self._in_engine is not place:
            place.load(self._engine, start)
            self._in_engine = place
            self._engine.freeze()
        return self._engine

    def close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()


class DoomPlace:
    """One level."""

    def __init__(self, source: DoomSource, spec: LevelSpec) -> None:
        self._source = source
        self._level = build_level(spec)
        self._text = map_text(self._level)
        self._surface = Surface(self._level)
        self.level: Mapping[str, Any] = spec.model_copy(update={"sha256": map_sha256(self._text)}).model_dump()
        self.plan = self._level.floor_plan()

    def targets(self, ask: Ask) -> Sequence[Target]:
        """The things that the interaction is for; each has another of its kind beside it in the level."""
        kinds = [thing.kind for thing in self._level.things]
        return [
            Target(name=thing.name, kind=thing.kind, position=thing.middle)
            for thing in self._level.things
            if thing.kind in KINDS_BY_INTERACTION[ask.interaction] and kinds.count(thing.kind) > 1
        ]

    def start(self, target: Target, ask: Ask, dice: Dice) -> Pose:
        x, y = published_place(target, ask, dice, grain=POSITION_GRAIN)
        if not (0 < x < self._level.size and 0 < y < self._level.size and self.plan.is_walkable((x, y))):
            raise Refused("the start is not free")
        yaw = start_yaw((x, y, EYE_HEIGHT_METRES), target, ask, dice)
        start = Pose(x=x, y=y, z=EYE_HEIGHT_METRES, yaw=yaw)
        if must_see(ask) and not self._shows(start, target):
            raise Refused("the start does not show the target")
        return start

    def goals(self, target: Target, start: Pose, ask: Ask, dice: Dice) -> tuple[Goal, ...]:
        """A camera that looks at the thing: at eye level one time in three, else raised, up to 50 degrees down."""
        away, yaw = dice.uniform(*GOAL_CAMERA_METRES), camera_yaw(start, ask, dice)
        pitch = None if dice.chance(1 / 3) else dice.uniform(10.0, MAX_GOAL_PITCH_DEGREES)
        middle = target.position
        z = round(EYE_HEIGHT_METRES if pitch is None else middle[2] + away * math.tan(math.radians(pitch)), 2)
        x, y = opposite(middle, yaw, away)
        if z < EYE_HEIGHT_METRES or z < self._level.ground_height(x, y) + 0.5:
            raise Refused("no room for the goal camera")
        look = round(pitch_towards((x, y, z), middle), 1)
        if look > MAX_GOAL_PITCH_DEGREES:
            raise Refused("the goal camera looks down too steeply")
        camera = Pose(x=x, y=y, z=z, yaw=round(wrap_degrees(yaw_towards((x, y, z), middle)), 1), pitch=look)
        if not self._shows(camera, target):
            raise Refused("the goal view does not show the target")
        return (Goal.model_validate({"interaction": ask.interaction, "target": target, "camera": camera}),)

    def measure(self, scenario: Scenario) -> Measured:
        goal, start = scenario.goals[0], scenario.start
        engine = self._source.engine_with(self, start)
        number = self._objects[goal.target.name]
        engine.put_agent(start)
        try:
            pixels, _ = engine.look_through(goal.camera, weapon_in_hand(scenario)).count_and_centroid(number)
        except NoRoom as reason:
            raise Refused("no room for the goal camera") from reason
        if not engine.agent_was_put():
            raise Refused("the start is not free")
        if pixels < RULES.min_goal_pixels:
            return Measured(goal_pixels=(pixels,), start_pixels=None, solved=False)
        return self._measured_start(goal, start, pixels, engine.look_ahead(), number)

    def load(self, engine: DoomEngine, start: Pose) -> None:
        """Put this level into the engine, with the agent at `start`."""
        engine.load(THEMES[self._level.theme].map_name, self._text + agent_start(start), seed=0)
        self._objects = find_objects(engine, self._level)

    def _measured_start(self, goal: Goal, start: Pose, pixels: int, sight: Sight, number: int) -> Measured:
        seen, centroid = sight.count_and_centroid(number)
        facts = Facts(agent=start, target=goal.target.position, target_pixels=seen, target_centroid=centroid, events=())
        return Measured(
            goal_pixels=(pixels,),
            start_pixels=seen,
            solved=SUCCESS_RULES[goal.interaction].holds(facts, goal.target.name, SPEC),
            covisibility=covisibility(start, goal.camera, ShearedPicture(), self._surface.ranges),
        )

    def _shows(self, camera: Pose, target: Target) -> bool:
        """Whether by the level's walls alone some of the target may be seen; cheaper than asking the engine."""
        x, y, middle = target.position
        return self._surface.shows(camera, [(x, y, share * middle) for share in (0.2, 1.0, 1.9)])
