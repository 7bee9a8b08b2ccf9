"""Doom behind the Simulator door: cross-view-goal scenarios on levels made from a seed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.doom.catalogue import EYE_HEIGHT_METRES, KINDS, KINDS_BY_INTERACTION, THEMES
from evalsuite.adapters.doom.engine import BUTTONS, DoomEngine
from evalsuite.adapters.doom.level import Level, LevelSpec, Thing, build_level
from evalsuite.adapters.doom.map_scripts import EVENT_CODES, FIRST_THING_TID, EventCode
from evalsuite.adapters.doom.specification import SPEC, TICS_PER_STEP
from evalsuite.adapters.doom.textmap import agent_start, map_sha256, map_text
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import wrap_degrees
from evalsuite.crossview.goal import Goal
from evalsuite.crossview.simulator import Event, EventKind, Facts, GoalView, Means, SimulatorSpec
from evalsuite.crossview.spaces import Action
from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.seeding import derive_seed
from evalsuite.suite.level import check_frozen, read_level
from evalsuite.suite.scenario import Scenario

SETTLING_TICS = 6
"""Tics between the goal views and the first step: the weapon comes up, and the aim is made exact."""

PITCH_UP_DEGREES, PITCH_DOWN_DEGREES = 32.0, 56.0
"""How far the engine's software renderer lets the agent look, measured."""

_EVENTS: dict[EventCode, tuple[EventKind, Means]] = {
    EventCode.BROKEN_BY_MELEE: ("broken", "melee"),
    EventCode.BROKEN_BY_PROJECTILE: ("broken", "projectile"),
    EventCode.BROKEN_OTHERWISE: ("broken", "other"),
    EventCode.USED: ("used", "hand"),
    EventCode.KILLED_BY_MELEE: ("killed", "melee"),
    EventCode.KILLED_BY_PROJECTILE: ("killed", "projectile"),
    EventCode.KILLED_OTHERWISE: ("killed", "other"),
    EventCode.HIT_BY_MELEE: ("hit", "melee"),
    EventCode.HIT_BY_PROJECTILE: ("hit", "projectile"),
}

REACH_METRES: Mapping[str, float] = {
    "approach": 1.7,
    "break": 1.8,
    "interact": 1.6,
    "melee_hunt": 2.0,
    "archery": 12.0,
}
"""Eye to target along the ground at which the oracle acts; all within what the actors' weapons reach."""


class DoomSimulator:
    """One engine, one scenario at a time.

    In archery the agent holds a bow: `use` draws it and letting go shoots, as in Minecraft, while `attack`
    strikes with the bow. In every other interaction it holds a sword and `attack` swings it.
    """

    def __init__(self, folder: Path) -> None:
        self._engine: DoomEngine | None = DoomEngine(folder)
        self._goal_views: list[GoalView] = []

    @property
    def spec(self) -> SimulatorSpec:
        return SPEC

    def reset(self, scenario: Scenario, seed: int) -> None:
        level, text = level_of(scenario)
        self._scenario, self._level = scenario, level
        self._things = {thing.name: thing for thing in level.things}
        self._goal_index = 0
        self._gone: set[str] = set()
        self._events: tuple[Event, ...] = ()
        theme = THEMES[level.theme]
        engine_seed = derive_seed("doom engine", scenario.id, scenario.seed, seed)
        self._running.load(theme.map_name, text + agent_start(scenario.start), engine_seed)
        self._object_ids = find_objects(self._running, level)
        self._goal_views = [self._look(goal) for goal in scenario.goals]
        self._settle(scenario)
        self._seen_events = self._running.event_count()

    def next_goal(self) -> None:
        self._goal_index += 1

    def goal_view(self) -> GoalView:
        """The view taken at reset, before anything moved: asking again disturbs nothing."""
        view = self._goal_views[self._goal_index]
        return GoalView(view.image.copy(), view.mask.copy())

    def step(self, action: Action) -> None:
        self._running.act(self._button_values(action), TICS_PER_STEP)
        count = self._running.event_count()
        new = self._running.newest_events(count - self._seen_events)
        self._seen_events = count
        self._events = tuple(self._event(code) for code in new)
        self._gone |= {event.object for event in self._events if event.kind in ("broken", "killed")}

    def frame(self) -> NDArray[np.uint8]:
        return self._running.frame()

    def facts(self) -> Facts:
        target = self._things[self._goal.target.name]
        if target.name in self._gone:
            return Facts(agent=self._running.agent(), target=None, target_pixels=0, events=self._events)
        count, centroid = self._running.sight().count_and_centroid(self._object_ids[target.name])
        return Facts(
            agent=self._running.agent(),
            target=self._position(target),
            target_pixels=count,
            target_centroid=centroid,
            events=self._events,
        )

    def floor_plan(self) -> FloorPlan:
        return self._level.floor_plan()

    def reach(self) -> Mapping[str, float]:
        return REACH_METRES

    def close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    @property
    def _running(self) -> DoomEngine:
        if self._engine is None:
            raise SimulatorFault("the Doom engine has been closed")
        return self._engine

    @property
    def _goal(self) -> Goal:
        return self._scenario.goals[self._goal_index]

    def _look(self, goal: Goal) -> GoalView:
        sight = self._running.look_from(goal.camera)
        pixels = sight.pixels(self._object_ids[goal.target.name])
        mask = np.zeros(sight.labels.shape, np.uint8) if pixels is None else pixels.astype(np.uint8)
        return GoalView(sight.image.copy(), mask)

    def _settle(self, scenario: Scenario) -> None:
        """Take the weapon in hand, and turn by the fraction of a degree that a map's start can't hold."""
        turn = wrap_degrees(scenario.start.yaw - round(scenario.start.yaw))
        self._running.act(weapon_in_hand(self._scenario), 1)
        self._running.act(_values(TURN_LEFT_RIGHT_DELTA=turn, LOOK_UP_DOWN_DELTA=-scenario.start.pitch), 1)
        self._running.act(_values(), SETTLING_TICS - 2)

    @property
    def _archery(self) -> bool:
        return _is_archery(self._scenario)

    def _button_values(self, action: Action) -> list[float]:
        pitch, yaw = (float(degrees) / TICS_PER_STEP for degrees in action["camera"])
        return _values(
            MOVE_FORWARD=action["forward"],
            MOVE_BACKWARD=action["back"],
            MOVE_LEFT=action["left"],
            MOVE_RIGHT=action["right"],
            JUMP=action["jump"],
            CROUCH=action["sneak"],
            SPEED=action["sprint"],
            ATTACK=action["use"] if self._archery else action["attack"],
            ALTATTACK=action["attack"] if self._archery else 0,
            USE=action["use"],
            TURN_LEFT_RIGHT_DELTA=yaw,
            LOOK_UP_DOWN_DELTA=-pitch,
        )

    def _event(self, code: int) -> Event:
        tid, what = divmod(code, EVENT_CODES)
        kind, means = _EVENTS[EventCode(what)]
        return Event(kind, self._level.things[tid - FIRST_THING_TID].name, means)

    def _position(self, thing: Thing) -> tuple[float, float, float]:
        if not KINDS[thing.kind].moves:
            return thing.middle
        wanted = self._object_ids[thing.name]
        for number, x, y, z in self._running.objects():
            if number == wanted:
                return (x, y, z + KINDS[thing.kind].height / 2)
        raise SimulatorFault(f"the engine no longer lists {thing.name}")


def find_objects(engine: DoomEngine, level: Level) -> dict[str, int]:
    """Object id by the thing's name: the engine numbers them anew for every map; places are exact."""
    by_place = {(round(x * 32), round(y * 32)): number for number, x, y, _ in engine.objects()}
    found: dict[str, int] = {}
    for thing in level.things:
        number = by_place.get((round(thing.x * 32), round(thing.y * 32)))
        if number is None:
            raise SimulatorFault(f"{thing.name} is not where the level puts it: the engine holds another map")
        found[thing.name] = number
    return found


def weapon_in_hand(scenario: Scenario) -> list[float]:
    """The buttons that take up the scenario's weapon: the bow for archery, else the sword."""
    return _values(**{"SELECT_WEAPON2" if _is_archery(scenario) else "SELECT_WEAPON1": 1.0})


def check_scenario(scenario: Scenario) -> None:
    """Raise `UsageError` when the scenario can't be played in Doom; starts nothing."""
    level, _ = level_of(scenario)
    names = {thing.name: thing for thing in level.things}
    if abs(scenario.start.z - EYE_HEIGHT_METRES) > 0.01:
        raise UsageError(f"{scenario.id}: start.z is the eye's height, {EYE_HEIGHT_METRES} m on this flat ground")
    if not level.floor_plan().is_walkable((scenario.start.x, scenario.start.y)):
        raise UsageError(
            f"{scenario.id}: start: there is no room for the agent at ({scenario.start.x:g}, {scenario.start.y:g})"
        )
    if not -PITCH_UP_DEGREES <= scenario.start.pitch <= PITCH_DOWN_DEGREES:
        limits = f"{PITCH_UP_DEGREES:g} degrees up and {PITCH_DOWN_DEGREES:g} down"
        raise UsageError(f"{scenario.id}: start.pitch: the agent can look {limits}")
    for number, goal in enumerate(scenario.goals):
        where = f"{scenario.id}: goals[{number}]"
        thing = names.get(goal.target.name)
        if thing is None or thing.kind != goal.target.kind:
            raise UsageError(f"{where}.target: the level has no {goal.target.kind} named {goal.target.name!r}")
        if math.dist(thing.middle, goal.target.position) > 0.01:
            raise UsageError(f"{where}.target.position: {goal.target.name} stands at {thing.middle}")
        if thing.kind not in KINDS_BY_INTERACTION[goal.interaction]:
            raise UsageError(f"{where}: {goal.interaction} is not for a {thing.kind}")
        if (goal.interaction == "archery") != (scenario.goals[0].interaction == "archery"):
            raise UsageError(f"{where}: archery needs a bow throughout; it can't be mixed with other interactions")


def level_of(scenario: Scenario) -> tuple[Level, str]:
    """The scenario's level and its map text, checked against the hash that the scenario holds."""
    spec = read_level(scenario, LevelSpec)
    if spec.cast not in {kind for kinds in KINDS_BY_INTERACTION.values() for kind in kinds}:
        raise UsageError(f"{scenario.id}: level.cast: there is no kind {spec.cast!r}")
    level, text, sha256 = _made(spec.model_copy(update={"sha256": ""}))
    check_frozen(scenario, spec.sha256, sha256)
    return level, text


@lru_cache(maxsize=8)
def _made(spec: LevelSpec) -> tuple[Level, str, str]:
    level = build_level(spec)
    text = map_text(level)
    return level, text, map_sha256(text)


def _is_archery(scenario: Scenario) -> bool:
    return scenario.goals[0].interaction == "archery"


def _values(**pressed: float) -> list[float]:
    return [float(pressed.get(name, 0.0)) for name in BUTTONS]
