"""One engine for the tests of a module, and scenarios that start where something can be tried at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evalsuite.adapters.doom.catalogue import EYE_HEIGHT_METRES, KINDS_BY_INTERACTION
from evalsuite.adapters.doom.level import Level, LevelSpec, Thing, build_level
from evalsuite.adapters.doom.simulator import DoomSimulator
from evalsuite.crossview.difficulty import measure_view_difficulty
from evalsuite.crossview.geometry import Pose
from evalsuite.crossview.goal import Goal, Target
from evalsuite.suite.scenario import Scenario


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoomSimulator]:
    simulator = DoomSimulator(tmp_path_factory.mktemp("engine"))
    yield simulator
    simulator.close()


def open_side(level: Level, thing: Thing, distance: float, first: int = 0) -> tuple[float, float, float]:
    """(x, y, yaw) at `distance` metres from the thing, on walkable ground with a free line to it."""
    plan = level.floor_plan()
    for yaw in range(first, first + 360, 15):
        away = Pose(x=0.0, y=0.0, z=0.0, yaw=float(yaw)).direction
        place = (thing.x - away[0] * distance, thing.y - away[1] * distance)
        if plan.is_walkable(place) and plan.clear_line(place, (thing.x, thing.y), plan.see_through):
            return (*place, float(yaw))
    raise AssertionError(f"no open side at {distance} m of {thing.name}")


@pytest.fixture(scope="session")
def facing() -> Callable[..., Scenario]:
    """Make a scenario whose agent stands `distance` metres from the target and faces it."""

    def make(
        interaction: str, *, distance: float = 1.6, kind: str | None = None, layout: int = 7, **start: Any
    ) -> Scenario:
        cast = kind or KINDS_BY_INTERACTION[interaction][0]
        spec = LevelSpec(theme="meadow", layout=7, cast=cast)
        level = build_level(spec)
        thing = next(each for each in level.things if each.kind == cast)
        x, y, yaw = open_side(level, thing, distance)
        pose = Pose.model_validate({"x": x, "y": y, "z": EYE_HEIGHT_METRES, "yaw": yaw, **start})
        cx, cy, cyaw = open_side(level, thing, 5.0, first=round(yaw) + 90)
        target = Target(name=thing.name, kind=cast, position=thing.middle)
        camera = Pose(x=cx, y=cy, z=4.0, yaw=cyaw, pitch=30.0)
        goal = Goal.model_validate({"interaction": interaction, "target": target, "camera": camera})
        return Scenario(
            id=f"test/{interaction}-{cast}",
            world="doom",
            level=spec.model_dump(),
            seed=1,
            start=pose,
            max_steps=120,
            goals=(goal,),
            difficulty="easy",
            view=measure_view_difficulty(pose, goal),
        )

    return make


@pytest.fixture
def engine_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "engine"
    folder.mkdir()
    return folder
