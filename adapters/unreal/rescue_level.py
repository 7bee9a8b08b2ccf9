"""A rescue as a scenario freezes it: whose map it is drawn for, and where the casualty and the stretcher are."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, model_validator

from evalsuite.adapters.unreal.unrealcv_map import CASUALTY, CRATE, STRETCHER, SceneMap, Slug
from evalsuite.crossview.geometry import Point
from evalsuite.errors import UsageError
from evalsuite.suite.level import read_level
from evalsuite.suite.scenario import Scenario

CRATE_METRES = 0.9
PLACE_TOLERANCE_METRES = 0.6
"""How far a target may be from where its scenario has it: only the map knows how tall a thing is."""

INTERACTIONS: dict[str, tuple[str, ...]] = {
    CASUALTY: ("interact", "approach"),
    STRETCHER: ("interact", "approach"),
    CRATE: ("break", "approach"),
}
"""By kind. To interact with the casualty is to pick it up; with the stretcher, to lay down whom one carries."""

CrateName = Annotated[str, StringConstraints(pattern=r"^crate-[0-9]{1,3}$")]


class Placed(BaseModel):
    """Where something stands on the floor: metres from the map's origin, degrees clockwise from north."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    x: FiniteFloat
    y: FiniteFloat
    yaw: FiniteFloat = 0.0


class Crate(Placed):
    """A cube of 0.9 m that is spawned for the scenario and can be broken."""

    name: CrateName

    @property
    def middle(self) -> Point:
        return (self.x, self.y, CRATE_METRES / 2)

    @property
    def box(self) -> tuple[Point, Point]:
        half = CRATE_METRES / 2
        return (self.x - half, self.y - half, 0.0), (self.x + half, self.y + half, CRATE_METRES)


class RescueLevel(BaseModel):
    """A whole level; `map_sha256` is the map file's that it was drawn for ("" for any of that name)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    map: Slug
    map_sha256: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = ""
    casualty: Placed
    stretcher: Placed
    crates: Annotated[tuple[Crate, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _has_names_once(self) -> RescueLevel:
        names = [crate.name for crate in self.crates]
        if len(set(names)) != len(names):
            raise ValueError("two crates have the same name")
        return self

    def things(self) -> dict[str, tuple[str, Placed]]:
        """Name -> (kind, place) of everything that can be a goal's target."""
        crates = {crate.name: (CRATE, crate) for crate in self.crates}
        return {CASUALTY: (CASUALTY, self.casualty), STRETCHER: (STRETCHER, self.stretcher), **crates}


def rescue_level(scenario: Scenario) -> RescueLevel:
    """The scenario's level, checked without a map. Raises `UsageError` when it does not hold together."""
    level = read_level(scenario, RescueLevel)
    things = level.things()
    for number, goal in enumerate(scenario.goals):
        where = f"{scenario.id}: goals[{number}]"
        kind, place = things.get(goal.target.name, ("", None))
        if place is None or kind != goal.target.kind:
            raise UsageError(f"{where}.target: the level has no {goal.target.kind} named {goal.target.name!r}")
        if goal.interaction not in INTERACTIONS[kind]:
            raise UsageError(
                f"{where}: a {kind} is there to {' or '.join(INTERACTIONS[kind])}, not to {goal.interaction}"
            )
        x, y, _ = goal.target.position
        if max(abs(x - place.x), abs(y - place.y)) > 0.01:
            raise UsageError(f"{where}.target.position: {goal.target.name} is at ({place.x:g}, {place.y:g})")
    asked = [goal.target.name for goal in scenario.goals if goal.interaction == "interact"]
    if STRETCHER in asked and CASUALTY not in asked[: asked.index(STRETCHER)]:
        raise UsageError(
            f"{scenario.id}: goals: whoever is laid on the stretcher has to be picked up by an earlier goal"
        )
    return level


def check_map(scenario: Scenario, level: RescueLevel, scene_map: SceneMap) -> None:
    """Raise `UsageError` when the scenario was drawn for another map."""
    if level.map != scene_map.name:
        raise UsageError(
            f"{scenario.id} is drawn for the map {level.map!r}, and this is {scene_map.name!r}: "
            "set EVALSUITE_UNREALCV_MAP to the other's file, or synthesize a suite for this one"
        )
    if level.map_sha256 and level.map_sha256 != scene_map.sha256():
        raise UsageError(
            f"{scenario.id} was drawn for the map {level.map!r} as it was ({level.map_sha256[:12]}), and its file has "
            f"changed since ({scene_map.sha256()[:12]}): synthesize the suite anew"
        )
    if level.crates and CRATE not in scene_map.classes:
        raise UsageError(f"{scenario.id} has crates, and the file of map {scene_map.name!r} names no class for them")
