"""DMLab behind the Simulator door."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.dmlab.actions import engine_action
from evalsuite.adapters.dmlab.catalogue import BOT_HEIGHT, KINDS
from evalsuite.adapters.dmlab.engine import LabEngine, LabEvent
from evalsuite.adapters.dmlab.level import floor_plan, level_of, mark_of, statements
from evalsuite.adapters.dmlab.measures import EYE_METRES, point_from_units
from evalsuite.adapters.dmlab.specification import FRAMES_PER_STEP, Options, specification
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Point, Pose, angle_between, ground_distance
from evalsuite.crossview.goal import Goal
from evalsuite.crossview.simulator import Event, EventKind, Facts, GoalView, Means, SimulatorSpec
from evalsuite.crossview.spaces import Action
from evalsuite.errors import SimulatorFault
from evalsuite.seeding import derive_seed
from evalsuite.suite.scenario import Scenario

REACH_METRES: Mapping[str, float] = {
    "approach": 1.6,
    "break": 6.0,
    "interact": 0.0,
    "melee_hunt": 2.0,
    "archery": 10.0,
}
"""Eye to target along the ground at which the oracle acts; a thing that is touched has to be walked into."""

EXACT_SIGHT_METRES = 3.0
"""In an approach, how near the target's own pixels are counted: the rule asks for them within 2 m."""

BOT_START_METRES = 1.5
"""How far a bot may have walked while the agent came to rest."""

_Sight = tuple[int | None, tuple[float, float] | None]
"""How many pixels show the target (None: not counted) and their mean (x, y)."""

_MARGIN_DEGREES = 25.0
"""A target whose middle is this far outside the picture's corners shows no pixel from 2.5 m off or more."""

_EVENTS: dict[tuple[str, str], tuple[EventKind, Means]] = {
    ("taken", "touched"): ("used", "hand"),
    ("opened", "touched"): ("used", "hand"),
    ("taken", "shot"): ("broken", "projectile"),
    ("tagged", "melee"): ("killed", "melee"),
    ("tagged", "projectile"): ("killed", "projectile"),
}


class DmlabSimulator:
    """One engine, one scenario at a time.

    Args:
        module: `deepmind_lab` as `installation.load` gives it, or the stand-in of the same contract.
        folder: where all its files lie.
        options: picture size, action mapping, renderer.
        rehearsal: whether `module` is the stand-in.
    """

    def __init__(self, module: Any, folder: Path, options: Options, *, rehearsal: bool) -> None:
        self._spec = specification(options, rehearsal=rehearsal)
        self._options = options
        self._engine: LabEngine | None = LabEngine(module, folder, options)

    @property
    def spec(self) -> SimulatorSpec:
        return self._spec

    def reset(self, scenario: Scenario, seed: int) -> None:
        self._scenario, self._level = scenario, level_of(scenario)
        self._targets = self._level.targets()
        self._goal_index = 0
        self._gone: set[str] = set()
        self._events: tuple[Event, ...] = ()
        engine_seed = derive_seed("dmlab engine", scenario.id, scenario.seed, seed)
        self._running.load(statements(self._level, scenario), engine_seed, bots=bool(self._level.bots))
        self._bot_numbers = self._who_came_in_where()
        self._goal_views = [self._look(goal) for goal in scenario.goals]
        self._sight: _Sight = self._looked_for()

    def next_goal(self) -> None:
        self._goal_index += 1
        self._sight = self._looked_for()

    def goal_view(self) -> GoalView:
        """The view taken at reset, before anything moved: asking again disturbs nothing."""
        view = self._goal_views[self._goal_index]
        return GoalView(view.image.copy(), view.mask.copy())

    def step(self, action: Action) -> None:
        happened = self._running.act(engine_action(action, self._options.actions, FRAMES_PER_STEP), FRAMES_PER_STEP)
        self._events = tuple(self._event(each) for each in happened)
        self._gone |= {event.object for event in self._events if event.object not in self._doors}
        self._sight = self._seen_of_the_target()

    def frame(self) -> NDArray[np.uint8]:
        return self._running.frame()

    def facts(self) -> Facts:
        pixels, centroid = self._sight
        return Facts(
            agent=self._running.agent(),
            target=self._position(),
            target_pixels=pixels,
            target_centroid=centroid,
            events=self._events,
        )

    def floor_plan(self) -> FloorPlan:
        """Free of everything that would be collected by walking over it without being asked for."""
        wanted = {goal.target.name for goal in self._scenario.goals}
        if self._level.rule != "touch":
            return floor_plan(self._level)
        others = [each for each in self._level.things if each.name not in wanted]
        keys = {door.key for door in self._level.doors}
        return floor_plan(
            self._level,
            tuple(each for each in others if KINDS[each.kind].role == "fruit" or each.name in keys),
        )

    def reach(self) -> Mapping[str, float]:
        return REACH_METRES

    def close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    @property
    def _running(self) -> LabEngine:
        if self._engine is None:
            raise SimulatorFault("the DMLab engine has been closed")
        return self._engine

    @property
    def _goal(self) -> Goal:
        return self._scenario.goals[self._goal_index]

    @property
    def _doors(self) -> set[str]:
        return {door.name for door in self._level.doors}

    def _look(self, goal: Goal) -> GoalView:
        image, mask = self._running.look("both", goal.camera, self._mark(goal.target.name))
        assert image is not None
        return GoalView(image, mask)

    def _looked_for(self) -> _Sight:
        """Pixels and centroid of the target in the player's picture, counted."""
        if self._position() is None:
            return 0, None
        _, mask = self._running.look("mask", self._running.agent(), self._mark(self._goal.target.name))
        rows, columns = np.nonzero(mask)
        if not len(rows):
            return 0, None
        return len(rows), (float(columns.mean()), float(rows.mean()))

    def _seen_of_the_target(self) -> _Sight:
        """What is known of it without slowing every step: 0 outside the picture, counted near an approach's end."""
        agent, target = self._running.agent(), self._position()
        if target is None:
            return 0, None
        distance = ground_distance(agent.position, target)
        if distance > 2.5 and self._is_outside(agent, target):
            return 0, None
        if self._goal.interaction == "approach" and distance <= EXACT_SIGHT_METRES:
            return self._looked_for()
        return None, None

    def _is_outside(self, agent: Pose, target: Point) -> bool:
        ahead: tuple[float, float, float] = agent.direction
        to = tuple(b - a for a, b in zip(agent.position, target, strict=True))
        corner = math.hypot(self._spec.horizontal_fov, self._spec.vertical_fov) / 2
        return angle_between(ahead, (to[0], to[1], to[2])) > corner + _MARGIN_DEGREES

    def _position(self) -> Point | None:
        name = self._goal.target.name
        if name in self._gone:
            return None
        number = self._bot_numbers.get(name)
        return self._targets[name][1] if number is None else self._bot_middles()[number]

    def _bot_middles(self) -> list[Point]:
        eyes = (point_from_units(*map(float, row[:3])) for row in self._running.bots())
        return [(x, y, z - EYE_METRES + BOT_HEIGHT / 2) for x, y, z in eyes]

    def _who_came_in_where(self) -> dict[str, int]:
        """Which of the engine's bots is which of the level's: the engine draws lots for the places they start from."""
        numbers: dict[str, int] = {}
        middles = self._bot_middles() if self._level.bots else []
        for bot in self._level.bots:
            place = self._level.bot_start(bot)
            number = min(range(len(middles)), key=lambda each: ground_distance(middles[each], place))
            if ground_distance(middles[number], place) > BOT_START_METRES or number in numbers.values():
                raise SimulatorFault(f"no bot came in where {bot.name} starts")
            numbers[bot.name] = number
        return numbers

    def _mark(self, name: str) -> str:
        """How the level calls what is to be masked."""
        number = self._bot_numbers.get(name)
        return mark_of(self._level, name) if number is None else f"bot {number + 1}"

    def _event(self, reported: LabEvent) -> Event:
        kind, (what, means) = reported
        if (kind, means) not in _EVENTS:
            raise SimulatorFault(f"the level reported {reported!r}, which nobody knows")
        happened, by = _EVENTS[(kind, means)]
        name = what
        if kind == "tagged":
            name = next(name for name, number in self._bot_numbers.items() if number + 1 == int(what))
        return Event(happened, name, by)
