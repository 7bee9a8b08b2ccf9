"""What a robot scenario says about the room, and whether it fits together."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PositiveFloat, model_validator

from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.errors import UsageError
from evalsuite.suite.level import read_level
from evalsuite.suite.scenario import Scenario

TARGET = "ball"
PLAN_CELL_METRES = 0.05
CLEARANCE_METRES = 0.45
"""From the robot's middle to boxes and walls on the oracle's way; it cuts corners by up to 0.35 m."""


class Crate(BaseModel):
    """A box that stands on the floor: two corners in metres, low on every axis first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: tuple[FiniteFloat, FiniteFloat, FiniteFloat]
    high: tuple[FiniteFloat, FiniteFloat, FiniteFloat]

    @model_validator(mode="after")
    def _has_volume(self) -> Crate:
        if any(a >= b for a, b in zip(self.low, self.high, strict=True)):
            raise ValueError("low has to be less than high on every axis")
        return self


class RoomLevel(BaseModel):
    """The room as an operator sets it up.

    Args:
        kind: what is asked, in a word, for the record.
        area: (west, south, east, north) in metres, of the free floor.
        boxes: what stands in the way.
        radius: of the target, a ball, in metres.
        instruction: what else the operator has to know.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["turn", "behind a box"]
    area: tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]
    boxes: tuple[Crate, ...] = ()
    radius: PositiveFloat = 0.1
    instruction: Annotated[str, Field(max_length=300)] = ""

    @model_validator(mode="after")
    def _has_floor(self) -> RoomLevel:
        west, south, east, north = self.area
        if west >= east or south >= north:
            raise ValueError("area is (west, south, east, north), so west < east and south < north")
        return self

    def holds(self, x: float, y: float) -> bool:
        """Whether a place is on the free floor, boxes aside."""
        west, south, east, north = self.area
        return west <= x <= east and south <= y <= north


def level_of(scenario: Scenario) -> RoomLevel:
    """The scenario's level, checked. Raises `UsageError` when scenario and level do not fit together."""
    level = read_level(scenario, RoomLevel)
    if len(scenario.goals) != 1:
        raise UsageError(f"{scenario.id}: goals: a room is set up for one goal, not {len(scenario.goals)}")
    (goal,) = scenario.goals
    if goal.interaction != "approach":
        raise UsageError(f"{scenario.id}: goals[0].interaction: a robot can approach, not {goal.interaction}")
    if goal.target.kind != TARGET:
        raise UsageError(f"{scenario.id}: goals[0].target.kind: it is a {TARGET}, not {goal.target.kind!r}")
    for name, (x, y) in (("start", (scenario.start.x, scenario.start.y)), ("target", goal.target.position[:2])):
        if not level.holds(x, y):
            raise UsageError(f"{scenario.id}: {name}: ({x:g}, {y:g}) lies outside level.area")
        if any(box.low[0] <= x <= box.high[0] and box.low[1] <= y <= box.high[1] for box in level.boxes):
            raise UsageError(f"{scenario.id}: {name}: ({x:g}, {y:g}) lies in a box")
    return level


def floor_plan(level: RoomLevel, clearance: float) -> FloorPlan:
    """Where the robot's middle may go: `clearance` metres from boxes and from the area's border."""
    west, south, east, north = level.area
    cell = PLAN_CELL_METRES
    shape = (round((north - south) / cell), round((east - west) / cell))
    rows, columns = np.indices(shape)
    x, y = west + (columns + 0.5) * cell, south + (rows + 0.5) * cell
    edge = np.minimum.reduce([x - west, east - x, y - south, north - y])
    walkable, see_through = edge >= clearance, np.ones(shape, np.bool_)
    for box in level.boxes:
        aside = np.maximum(np.maximum(box.low[0] - x, x - box.high[0]), 0.0)
        along = np.maximum(np.maximum(box.low[1] - y, y - box.high[1]), 0.0)
        away = np.hypot(aside, along)
        walkable &= away >= clearance
        see_through &= away > 0.0
    return FloorPlan(walkable=walkable, see_through=see_through, cell=cell, west=west, south=south)
