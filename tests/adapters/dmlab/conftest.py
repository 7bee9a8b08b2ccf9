"""DMLab's tests play on the stand-in, and on the real engine as well where EVALSUITE_DMLAB names its folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evalsuite.adapters.dmlab import installation, standin
from evalsuite.adapters.dmlab.catalogue import RULE_OF_INTERACTION
from evalsuite.adapters.dmlab.level import Level
from evalsuite.adapters.dmlab.measures import EYE_METRES
from evalsuite.adapters.dmlab.simulator import DmlabSimulator
from evalsuite.adapters.dmlab.specification import Options
from evalsuite.crossview.difficulty import measure_view_difficulty
from evalsuite.crossview.geometry import Pose, pitch_towards, yaw_towards
from evalsuite.crossview.goal import Goal, Target
from evalsuite.suite.scenario import Scenario

REAL = installation.FOLDER_VARIABLE
needs_real = pytest.mark.skipif(REAL not in os.environ, reason=f"the real DMLab: set {REAL} to its folder to run this")

MAZE = ("*********", "*       *", "* *** * *", "* *     *", "* *     *", "*  H    *", "*********")

THINGS: tuple[dict[str, Any], ...] = (
    {"name": "tomato-1", "kind": "tomato", "x": 11.0, "y": 5.0},
    {"name": "tomato-2", "kind": "tomato", "x": 15.0, "y": 11.0},
    {"name": "key-1", "kind": "key", "x": 3.0, "y": 5.0},
    {"name": "zebra-1", "kind": "zebra", "x": 15.0, "y": 3.0},
)
DOORS = ({"name": "red-door", "row": 5, "column": 3, "key": "key-1"},)
CAMERA_FROM = {"key-1": (0.0, 2.0)}
"""Where the goal camera of a target stands, east and north of it; south-west of the others is free floor."""

BOTS = ({"name": "bot-1", "row": 4, "column": 5}, {"name": "bot-2", "row": 1, "column": 7})


def play_module(name: str) -> Any:
    """The module `deepmind_lab`, or what stands in for it."""
    return installation.load() if name == "real" else standin


def start_simulator(name: str, folder: Path, options: Options | None = None) -> DmlabSimulator:
    return DmlabSimulator(play_module(name), folder, options or Options(), rehearsal=name != "real")


def look_at(x: float, y: float, z: float, target: tuple[float, float, float]) -> Pose:
    """A camera at (x, y, z) that has the target in its middle."""
    return Pose(x=x, y=y, z=z, yaw=yaw_towards((x, y, z), target), pitch=pitch_towards((x, y, z), target))


@pytest.fixture(scope="session", params=["stand-in", pytest.param("real", marks=needs_real)])
def player(request: pytest.FixtureRequest) -> str:
    """Who plays DMLab."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def simulator(player: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DmlabSimulator]:
    simulator = start_simulator(player, tmp_path_factory.mktemp("lab"))
    yield simulator
    simulator.close()


@pytest.fixture(scope="session")
def facing() -> Callable[..., Scenario]:
    """Make a scenario whose agent stands in the room, some metres south-west of tomato-1, and looks at the target."""

    def make(
        interaction: str,
        targets: tuple[str, ...] = (),
        start: tuple[float, float] = (9.0, 3.0),
        *,
        yaw: float | None = None,
        pitch: float = 0.0,
        things: tuple[dict[str, Any], ...] = THINGS,
        doors: tuple[dict[str, Any], ...] = (),
    ) -> Scenario:
        rule = RULE_OF_INTERACTION[interaction]
        bots = BOTS if rule in ("melee", "projectile") else ()
        content = {"maze": MAZE, "seed": 5, "rule": rule, "things": things, "doors": doors, "bots": bots}
        level = Level.model_validate(content)
        names = targets or (("bot-1",) if bots else ("tomato-1",))
        goals = []
        for name in names:
            kind, middle = level.targets()[name]
            east, north = CAMERA_FROM.get(name, (-1.6, -0.3))
            camera = look_at(middle[0] + east, middle[1] + north, 1.2, middle)
            target = Target(name=name, kind=kind, position=middle)
            goals.append(Goal.model_validate({"interaction": interaction, "target": target, "camera": camera}))
        eye = (*start, EYE_METRES)
        towards = yaw_towards(eye, goals[0].target.position) if yaw is None else yaw
        pose = Pose(x=start[0], y=start[1], z=EYE_METRES, yaw=towards, pitch=pitch)
        return Scenario(
            id=f"test/{interaction}".replace("_", "-"),
            world="dmlab",
            level=level.model_dump(mode="json"),
            seed=11,
            start=pose,
            max_steps=300,
            goals=tuple(goals),
            difficulty="easy",
            view=measure_view_difficulty(pose, goals[0]),
        )

    return make
