"""A teacher that can be followed: it plans on the floor plan, but goes only to what has come into view.

The oracle walks straight to a target behind three walls, which no pixel explains. This teacher looks around at
fixed times, walks over open ground that it has not seen yet, goes to anything of the target's kind that comes
into view, carries the interaction out there, and searches on when it was the wrong one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.floor_plan import FloorPlan, Place
from evalsuite.crossview.geometry import Pose, pitch_towards, wrap_degrees, yaw_towards
from evalsuite.crossview.simulator import Event
from examples.training.arena import Candidate
from examples.training.decisions import PRESSED, Decision, decide

CYCLE = 20
"""Decisions from one look around to the next, while nothing has been noticed."""

LOOK_AROUND = (90.0, 90.0, 90.0, 90.0)
NOTICED_PIXELS = 200
SIGHT_METRES = 25.0
HALF_VIEW_DEGREES = 50.0
CELL_METRES = 2.0
AHEAD_DEGREES = np.arange(2.5 - HALF_VIEW_DEGREES, HALF_VIEW_DEGREES, 5.0)
ALL_AROUND_DEGREES = np.arange(-180.0, 180.0, 5.0)
FAR_METRES = 15.0
"""Open ground beyond is no better for exploring."""

METRES_A_DEGREE = 0.08
"""Turning by a degree has to be worth so many metres, of open ground or of what has not been seen yet."""

ARRIVED = {"approach": 1.7, "break": 2.4, "interact": 1.7, "melee_hunt": 2.2, "archery": 3.0}
IN_REACH = {"approach": 1.9, "break": 2.7, "interact": 2.0, "melee_hunt": 2.7, "archery": 6.0}
AIM_DEGREES = {"approach": 12.0, "break": 8.0, "interact": 10.0, "melee_hunt": 12.0, "archery": 5.0}
PATIENCE = {"approach": 3, "break": 14, "interact": 4, "melee_hunt": 40, "archery": 40}
"""So often is a thing in reach acted on, before it is taken for the wrong one."""


@dataclass
class Teacher:
    """One episode's teacher: shown each decision's truth, it says what should be done, whoever acts."""

    interaction: str
    plan: FloorPlan
    clock: int = 0
    done_with: set[str] = field(default_factory=set)
    pursued: str | None = None
    in_reach: int = 0
    waits_for: str | None = None
    turning: int = 0
    way: list[Place] = field(default_factory=list)
    way_ends_at: Place = (math.inf, math.inf)
    seen: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        rows, columns = self.plan.walkable.shape
        per_cell = round(CELL_METRES / self.plan.cell)
        self.seen = np.zeros((rows // per_cell, columns // per_cell), bool)

    def decide(self, agent: Pose, candidates: list[Candidate], events: tuple[Event, ...]) -> Decision:
        """What to do now, after `events` happened in the decision before."""
        here = (agent.x, agent.y)
        self._note_what_is_seen(here, agent.yaw)
        if self.interaction == "interact":
            self.done_with |= {event.object for event in events if event.kind == "used"}
        phase, self.clock = self.clock % CYCLE, self.clock + 1
        self.waits_for = None
        pursued = self._pursued(here, candidates)
        if pursued is not None:
            return self._pursue(agent, pursued)
        if phase < len(LOOK_AROUND):
            return decide(LOOK_AROUND[phase], -agent.pitch)
        return self._explore(here, agent.yaw, -agent.pitch)

    def note(self, done: Decision) -> None:
        """What was done after all. Who does not act on a thing has not shown it to be the wrong one."""
        if self.waits_for is not None and (not self.waits_for or done.pressed[PRESSED.index(self.waits_for)]):
            self.in_reach += 1

    def _pursued(self, here: Place, candidates: list[Candidate]) -> Candidate | None:
        left = {each.name: each for each in candidates if each.name not in self.done_with}
        if self.pursued in left and self.in_reach <= PATIENCE[self.interaction]:
            return left[self.pursued]
        if self.pursued is not None and self.interaction in ("approach", "interact", "break"):
            self.done_with.add(self.pursued)
            left.pop(self.pursued, None)
        noticed = [each for each in left.values() if each.pixels >= NOTICED_PIXELS]
        self.in_reach, self.way = 0, []
        nearest = min(noticed, key=lambda each: math.dist(here, each.position[:2]), default=None)
        self.pursued = nearest.name if nearest else None
        return nearest

    def _pursue(self, agent: Pose, thing: Candidate) -> Decision:
        here, there = (agent.x, agent.y), thing.position[:2]
        away = math.dist(here, there)
        tilt = -agent.pitch
        if away <= IN_REACH[self.interaction] + 1.5:
            tilt += pitch_towards(agent.position, thing.position)
        clear = self.plan.clear_line(here, _short_of(here, there, 1.0), self.plan.see_through)
        if away <= IN_REACH[self.interaction] and clear:
            turn = wrap_degrees(yaw_towards(agent.position, thing.position) - agent.yaw)
            aimed = max(abs(turn), abs(tilt) / 2.0) <= AIM_DEGREES[self.interaction]
            act = {"interact": "use", "archery": "use", "break": "attack", "melee_hunt": "attack"}.get(self.interaction)
            pressed = {act} if aimed and act else set()
            self.waits_for = (act or "") if aimed else None
            if self.interaction == "archery" and self.clock % 4 >= 2:
                pressed = set()
            if away > ARRIVED[self.interaction] and abs(turn) < 40.0:
                pressed.add("forward")
            return decide(turn, tilt, *pressed)
        aim = self._next_place(here, there)
        turn = wrap_degrees(yaw_towards(agent.position, (*aim, agent.z)) - agent.yaw)
        if abs(turn) >= 45.0:
            return decide(turn, tilt)
        if abs(turn) < 20.0 and away > 3.0 and math.dist(here, aim) > 1.5:
            return decide(turn, tilt, "forward", "sprint")
        return decide(turn, tilt, "forward")

    def _next_place(self, here: Place, there: Place) -> Place:
        if self.plan.clear_line(here, _short_of(here, there, 1.2)):
            return there
        while self.way and math.dist(here, self.way[0]) < 0.6:
            self.way.pop(0)
        lost = not self.way or not self.plan.clear_line(here, self.way[0])
        if lost or math.dist(there, self.way_ends_at) > 1.0:
            self.way = self.plan.path(here, there) or [there]
            self.way_ends_at = there
        return self.way[0]

    def _explore(self, here: Place, yaw: float, tilt: float) -> Decision:
        has_looked_around = (self.clock - 1) % CYCLE == len(LOOK_AROUND)
        angles = ALL_AROUND_DEGREES if has_looked_around else AHEAD_DEGREES
        free, new = self._looked_along(here, yaw + angles)
        score = np.minimum(free, FAR_METRES) + new - METRES_A_DEGREE * abs(angles)
        score[free < 2.0] = -np.inf
        best = int(score.argmax())
        if self.turning:
            self.turning -= 1
        if free[abs(angles) <= HALF_VIEW_DEGREES].max() < 4.0:
            self.turning = 2
        if self.turning:
            return decide(90.0, tilt)
        turn = float(angles[best])
        if abs(turn) > 35.0:
            return decide(turn, tilt, "forward")
        return decide(turn, tilt, "forward", "sprint")

    def _looked_along(self, here: Place, yaws: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Metres that one can walk along each yaw, and how many metres of what can be seen there are new."""
        gaps = np.arange(0.5, SIGHT_METRES, 0.5)
        free = _unbroken(self._along(self.plan.walkable, self.plan.cell, here, yaws, gaps))
        visible = _unbroken(self._along(self.plan.see_through, self.plan.cell, here, yaws, gaps))
        new = ~self._along(self.seen, CELL_METRES, here, yaws, gaps)
        return free.sum(axis=1) * 0.5, (visible & new).sum(axis=1) * 0.5

    def _note_what_is_seen(self, here: Place, yaw: float) -> None:
        yaws = yaw + np.arange(-HALF_VIEW_DEGREES, HALF_VIEW_DEGREES + 1.0, 4.0)
        gaps = np.arange(0.5, SIGHT_METRES, 1.0)
        visible = _unbroken(self._along(self.plan.see_through, self.plan.cell, here, yaws, gaps))
        rows, columns = self._cells(CELL_METRES, here, yaws, gaps, self.seen.shape)
        self.seen[rows[visible], columns[visible]] = True

    def _along(
        self,
        layer: NDArray[np.bool_],
        cell: float,
        here: Place,
        yaws: NDArray[np.float64],
        gaps: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        rows, columns = self._cells(cell, here, yaws, gaps, layer.shape)
        return layer[rows, columns]

    def _cells(
        self,
        cell: float,
        here: Place,
        yaws: NDArray[np.float64],
        gaps: NDArray[np.float64],
        shape: tuple[int, ...],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        radians = np.radians(yaws)[:, None]
        rows = ((here[1] + gaps * np.cos(radians) - self.plan.south) / cell).astype(np.int64)
        columns = ((here[0] + gaps * np.sin(radians) - self.plan.west) / cell).astype(np.int64)
        return rows.clip(0, shape[0] - 1), columns.clip(0, shape[1] - 1)


def _unbroken(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.logical_and.accumulate(cells, axis=1)


def _short_of(here: Place, there: Place, gap: float) -> Place:
    away = math.dist(here, there)
    share = max(0.0, 1.0 - gap / away) if away > 0 else 0.0
    return (here[0] + (there[0] - here[0]) * share, here[1] + (there[1] - here[1]) * share)
