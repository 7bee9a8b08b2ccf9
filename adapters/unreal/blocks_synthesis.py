"""The part of unreal-blocks in making scenarios: arenas of stretched cubes, and what pictures show of them.

They are measured in rehearsal. The arena and all poses are the same on a real engine; colours and light are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evalsuite.adapters.unreal.backend import Prop
from evalsuite.adapters.unreal.blocks_level import (
    DEED_OF_INTERACTION,
    HALF,
    KINDS,
    BlocksSpec,
    arena_sha256,
    build_arena,
    ground_extent,
)
from evalsuite.adapters.unreal.clearance import EYE_METRES
from evalsuite.crossview.covisibility import Pinhole, covisibility
from evalsuite.crossview.geometry import Point, Pose, pitch_towards, wrap_degrees, yaw_towards
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.simulator import Simulator
from evalsuite.crossview.solids import Solids
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.draws import camera_yaw, must_see, opposite, published_place, start_yaw
from evalsuite.synthesis.playing import PlayedSource, measured_by_playing
from evalsuite.synthesis.source import Ask, Measured, Refused, Rules, grid_of_cells

GOAL_CAMERA_METRES = (2.5, 9.0)
GOAL_CAMERA_HEIGHT = (1.0, 5.0)
GOAL_CAMERA_ASIDE_DEGREES = 15.0

RULES = Rules(
    world="unreal",
    dice="unreal blocks scenario",
    cells=grid_of_cells(DEED_OF_INTERACTION),
    max_steps=600,
    min_goal_pixels=150,
    # 600 steps are 30 s: 129 m at a walk, less what turning and acting take.
    longest_path_m={"easy": 40.0, "medium": 65.0, "hard": 90.0},
    nearest_start_m=5.0,
    tries_per_place=60,
)


class BlocksSource(PlayedSource[Simulator]):
    """Opens arenas.

    Args:
        start: starts the simulator, when the first picture is asked for.
    """

    rules = RULES

    def open(self, ask: Ask, dice: Dice, seed: int) -> BlocksPlace:
        deed = DEED_OF_INTERACTION[ask.interaction]
        return BlocksPlace(self, BlocksSpec(layout=dice.below(2**31), cast=dice.pick(tuple(KINDS)), deed=deed))


class BlocksPlace:
    """One arena."""

    def __init__(self, source: BlocksSource, spec: BlocksSpec) -> None:
        self._source = source
        self._cast = spec.cast
        self._arena = build_arena(spec.layout, spec.cast)
        self._solids = solids_of(self._arena.props)
        self.level: Mapping[str, Any] = spec.model_copy(update={"sha256": arena_sha256(self._arena)}).model_dump(
            mode="json"
        )
        self.plan = self._arena.floor_plan()

    def targets(self, ask: Ask) -> Sequence[Target]:
        things = [each for each in self._arena.things if each.kind == self._cast]
        return [Target(name=each.name, kind=each.kind, position=each.middle) for each in things]

    def start(self, target: Target, ask: Ask, dice: Dice) -> Pose:
        x, y = published_place(target, ask, dice, grain=4)
        if not (abs(x) < HALF - 1.0 and abs(y) < HALF - 1.0 and self.plan.is_walkable((x, y))):
            raise Refused("the start is not free")
        eye = (x, y, EYE_METRES)
        if must_see(ask) and self._arena.hides(eye, target.position, but=target.name):
            raise Refused("the start does not show the target")
        return Pose(x=x, y=y, z=EYE_METRES, yaw=start_yaw(eye, target, ask, dice))

    def goals(self, target: Target, start: Pose, ask: Ask, dice: Dice) -> tuple[Goal, ...]:
        """Somewhere round the thing, looking about at it, with nothing in between."""
        middle = target.position
        x, y = opposite(middle, camera_yaw(start, ask, dice), dice.uniform(*GOAL_CAMERA_METRES))
        z = round(dice.uniform(*GOAL_CAMERA_HEIGHT), 2)
        if not (abs(x) < HALF - 0.5 and abs(y) < HALF - 0.5) or not self.plan.is_walkable((x, y)):
            raise Refused("no room for the goal camera")
        if self._arena.hides((x, y, z), middle, but=target.name):
            raise Refused("the goal view does not show the target")
        aside = [dice.uniform(-GOAL_CAMERA_ASIDE_DEGREES, GOAL_CAMERA_ASIDE_DEGREES) for _ in range(2)]
        yaw = round(wrap_degrees(yaw_towards((x, y, z), middle) + aside[0]), 1)
        pitch = round(min(89.0, pitch_towards((x, y, z), middle) + aside[1]), 1)
        camera = Pose(x=x, y=y, z=z, yaw=yaw, pitch=pitch)
        return (Goal.model_validate({"interaction": ask.interaction, "target": target, "camera": camera}),)

    def measure(self, scenario: Scenario) -> Measured:
        simulator, start, camera = self._source.simulator, scenario.start, scenario.goals[0].camera
        spec = simulator.spec
        lens = Pinhole.of(spec.width, spec.height, horizontal_fov=spec.horizontal_fov)
        return measured_by_playing(
            simulator, scenario, covisibility=lambda: covisibility(start, camera, lens, self._solids.ranges)
        )


def solids_of(props: Iterable[Prop]) -> Solids:
    """What the view ends at."""
    return Solids((_corner(prop, -0.5), _corner(prop, 0.5)) for prop in props)


def _corner(prop: Prop, side: float) -> Point:
    east, north = ground_extent(prop)
    x, y, z = prop.middle
    return (x + side * east, y + side * north, z + side * prop.size[2])
