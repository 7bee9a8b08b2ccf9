"""A world of a plain and two pillars, small enough to be read whole: what the kits are tried on."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview import Action, Event, Facts, Goal, GoalView, Pose, SimulatorSpec, Target
from evalsuite.crossview.difficulty import measure_view_difficulty
from evalsuite.crossview.geometry import wrap_degrees
from evalsuite.errors import SimulatorFault
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario

SPEC = SimulatorSpec(
    world="flat",
    width=64,
    height=48,
    horizontal_fov=90.0,
    vertical_fov=73.74,
    steps_per_second=10.0,
    interactions=frozenset({"approach", "break"}),
    masked_actions=frozenset({"jump", "sneak", "camera.pitch"}),
    determinism="bitwise",
)
FOCAL = SPEC.width / 2
REACH_METRES = 2.0
HALF_WIDTH, HEIGHT, EYE = 0.4, 2.0, 1.62


@dataclass(frozen=True)
class Pillar:
    name: str
    x: float
    y: float
    colour: tuple[int, int, int]


class FlatWorld:
    """`level` holds `pillars`: name -> [x, y]. A pillar in front and within reach breaks when attacked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._closed = False

    @property
    def spec(self) -> SimulatorSpec:
        return SPEC

    def reset(self, scenario: Scenario, seed: int) -> None:
        if self._closed:
            raise SimulatorFault("the world is closed")
        self._scenario = scenario
        self._goal = 0
        self._sky = 100 + Dice("sky", scenario.id, seed).below(100)
        self._pillars = [
            Pillar(name, place[0], place[1], _colour(name)) for name, place in scenario.level["pillars"].items()
        ]
        self._eye = scenario.start
        self._events: tuple[Event, ...] = ()

    def next_goal(self) -> None:
        self._goal += 1

    def goal_view(self) -> GoalView:
        goal = self._scenario.goals[self._goal]
        image, owner = self._render(goal.camera)
        return GoalView(image, (owner == goal.target.name).astype(np.uint8))

    def step(self, action: Action) -> None:
        eye = self._eye
        yaw = wrap_degrees(eye.yaw + float(action["camera"][1]))
        ahead, side = action["forward"] - action["back"], action["right"] - action["left"]
        east, north = math.sin(math.radians(yaw)), math.cos(math.radians(yaw))
        speed = 0.5 if action["sprint"] else 0.4
        x, y = eye.x + speed * (ahead * east + side * north), eye.y + speed * (ahead * north - side * east)
        self._eye = Pose(x=x, y=y, z=eye.z, yaw=yaw)
        self._events = ()
        if action["attack"]:
            self._attack()

    def frame(self) -> NDArray[np.uint8]:
        return self._render(self._eye)[0]

    def facts(self) -> Facts:
        name = self._scenario.goals[self._goal].target.name
        pillar = next((each for each in self._pillars if each.name == name), None)
        rows, columns = np.nonzero(self._render(self._eye)[1] == name)
        return Facts(
            agent=self._eye,
            target=None if pillar is None else (pillar.x, pillar.y, HEIGHT / 2),
            target_pixels=len(rows),
            target_centroid=(float(columns.mean()), float(rows.mean())) if len(rows) else None,
            events=self._events,
        )

    def close(self) -> None:
        self._closed = True

    def _attack(self) -> None:
        owner = self._render(self._eye)[1][SPEC.height // 2, SPEC.width // 2]
        for pillar in self._pillars:
            if pillar.name == owner and math.dist((self._eye.x, self._eye.y), (pillar.x, pillar.y)) <= REACH_METRES:
                self._pillars = [each for each in self._pillars if each is not pillar]
                self._events = (Event("broken", pillar.name, "melee"),)

    def _render(self, eye: Pose) -> tuple[NDArray[np.uint8], NDArray[np.str_]]:
        image = np.full((SPEC.height, SPEC.width, 3), 60, np.uint8)
        image[: SPEC.height // 2] = self._sky
        image[SPEC.height // 2 :, :, 1] += np.uint8(int(abs(eye.x) * 7 + abs(eye.y) * 11) % 60)
        owner = np.full((SPEC.height, SPEC.width), "", dtype="<U100")
        yaw = math.radians(eye.yaw)
        seen = []
        for pillar in self._pillars:
            east, north = pillar.x - eye.x, pillar.y - eye.y
            depth = east * math.sin(yaw) + north * math.cos(yaw)
            if depth > 0.2:
                seen.append((depth, east * math.cos(yaw) - north * math.sin(yaw), pillar))
        for depth, right, pillar in sorted(seen, key=lambda each: -each[0]):
            columns = [SPEC.width / 2 + FOCAL * (right + edge) / depth for edge in (-HALF_WIDTH, HALF_WIDTH)]
            rows = [SPEC.height / 2 + FOCAL * (eye.z - z) / depth for z in (HEIGHT, 0.0)]
            left, past = (min(max(round(column), 0), SPEC.width) for column in columns)
            top, bottom = (min(max(round(row), 0), SPEC.height) for row in rows)
            image[top:bottom, left:past] = pillar.colour
            owner[top:bottom, left:past] = pillar.name
        return image, owner


def scenario(interaction: str, *, start: tuple[float, float, float] = (0.0, 0.0, 10.0), goals: int = 1) -> Scenario:
    """Two pillars of one kind, `meant` (and `other` for a second goal), 8 m to the north."""
    pillars = {"meant": [0.0, 8.0], "other": [3.0, 8.0]}
    asked = tuple(
        Goal.model_validate(
            {
                "interaction": interaction,
                "target": Target(name=name, kind="pillar", position=(pillars[name][0], pillars[name][1], 1.0)),
                "camera": Pose(x=pillars[name][0] - 3.0, y=5.0, z=EYE, yaw=45.0),
            }
        )
        for name in ("meant", "other")[:goals]
    )
    eye = Pose(x=start[0], y=start[1], z=EYE, yaw=start[2])
    return Scenario(
        id=f"flat/{interaction}-{goals}",
        world="flat",
        level={"pillars": pillars},
        seed=0,
        start=eye,
        max_steps=60,
        goals=asked,
        difficulty="easy",
        view=measure_view_difficulty(eye, asked[0]),
    )


def _colour(name: str) -> tuple[int, int, int]:
    red, green, blue = zlib.crc32(name.encode()).to_bytes(4, "big")[:3]
    return (red, green, blue)
