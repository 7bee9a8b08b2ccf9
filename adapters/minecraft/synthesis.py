"""Minecraft's part in making scenarios: arenas, targets, the published goal cameras, and what pictures show of them.

They are measured in rehearsal: the arena and all poses are the same on the real engine, colours and shapes are not,
so `goal_target_pixels` of a small thing may differ there by a little.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalsuite.adapters.minecraft.catalogue import BIOMES, GOAL_CAMERAS, KINDS, KINDS_BY_INTERACTION
from evalsuite.adapters.minecraft.frame import EYE_HEIGHT, yaw_from_minecraft
from evalsuite.adapters.minecraft.level import HALF, Level, LevelSpec, build_level, level_sha256
from evalsuite.adapters.minecraft.sight import Box, seen_pixels
from evalsuite.adapters.minecraft.simulator import MinecraftSimulator
from evalsuite.adapters.minecraft.specification import HEIGHT, VERTICAL_FOV, WIDTH
from evalsuite.crossview.covisibility import Pinhole, covisibility
from evalsuite.crossview.difficulty import Difficulty
from evalsuite.crossview.geometry import Point, Pose
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.solids import Solids
from evalsuite.crossview.spaces import INTERACTIONS
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.draws import published_place, start_yaw
from evalsuite.synthesis.playing import PlayedSource, measured_by_playing
from evalsuite.synthesis.source import Ask, Cell, Measured, Refused, Rules, grid_of_cells

GEOMETRIC_PIXELS = 40

RULES = Rules(
    world="minecraft",
    dice="minecraft scenario",
    cells=grid_of_cells(INTERACTIONS),
    max_steps=600,
    min_goal_pixels=60,
    # 600 steps are 30 s: 130 m at a walk, less what digging and fighting take.
    longest_path_m={"easy": 40.0, "medium": 70.0, "hard": 90.0},
    nearest_start_m=5.0,
    tries_per_place=60,
)


@dataclass(frozen=True)
class Task:
    """A task after one of the Minecraft Interaction Benchmark: what is done to which kind, and what is held for it."""

    group: str
    interaction: str
    tool: str
    kind: str

    @property
    def name(self) -> str:
        return "-".join(word for word in (self.group, self.tool, self.kind) if word).replace("_", "-")


VISIBLE_TASKS: tuple[Task, ...] = (
    Task("hunt", "melee_hunt", "", "sheep"),
    Task("hunt", "melee_hunt", "", "pig"),
    Task("mine", "break", "", "diamond_ore"),
    Task("mine", "break", "", "gold_ore"),
    Task("interact", "interact", "", "chest"),
    Task("interact", "interact", "", "crafting_table"),
    Task("navigate", "approach", "", "diamond_block"),
    Task("navigate", "approach", "", "torch"),
    Task("tool", "interact", "flint_and_steel", "oak_planks"),
    Task("tool", "interact", "diamond_hoe", "dirt"),
    Task("place", "interact", "oak_door", "diamond_block"),
    Task("place", "interact", "torch", "gold_ore"),
)
"""Twelve tasks after those of the Minecraft Interaction Benchmark (arXiv 2410.17856), in sight at 20 blocks.

Two each of its groups Hunt, Mine, Interact, Navigate, Tool and Place. The last two are Interact with something in the
hand, as in the released ROCKET-1 code (its `env_configs`: "pinpoint the diamond|Interact" with a door).
"""


class MinecraftSource(PlayedSource[MinecraftSimulator]):
    """Opens arenas; the client starts with the first picture.

    Args:
        tasks: to make scenarios of these, in sight from the start, instead of every interaction and difficulty.
    """

    def __init__(self, folder: Path, tasks: Sequence[Task] = ()) -> None:
        super().__init__(lambda: MinecraftSimulator(folder, rehearse=True))
        self._tasks = {task.name: task for task in tasks}
        in_sight: Difficulty = "easy"
        cells = tuple(Cell(task.name, task.interaction, in_sight, gaps=()) for task in tasks)
        self.rules = replace(RULES, cells=cells) if cells else RULES

    def open(self, ask: Ask, dice: Dice, seed: int) -> MinecraftPlace:
        task = self._tasks.get(ask.cell.name)
        kinds = (task.kind,) if task else KINDS_BY_INTERACTION[ask.interaction]
        spec = LevelSpec(
            biome=dice.pick(tuple(BIOMES)),
            layout=dice.below(2**31),
            cast=dice.pick(kinds),
            tool=task.tool if task else "",
        )
        return MinecraftPlace(self, spec, in_sight=task is not None)


class MinecraftPlace:
    """One arena."""

    def __init__(self, source: MinecraftSource, spec: LevelSpec, *, in_sight: bool) -> None:
        self._source = source
        self._cast = spec.cast
        self._in_sight = in_sight
        self._level = build_level(spec)
        boxes = [(each.low, (each.high[0] + 1, each.high[1] + 1, each.high[2] + 1)) for each in self._level.cuboids]
        self._solids = Solids(boxes)
        frozen = spec.model_copy(update={"sha256": level_sha256(self._level)})
        self.level: Mapping[str, Any] = frozen.model_dump(exclude_defaults=True)
        self.plan = self._level.floor_plan()

    def targets(self, ask: Ask) -> Sequence[Target]:
        return [
            Target(name=each.name, kind=each.kind, position=each.middle)
            for each in self._level.things
            if each.kind == self._cast
        ]

    def start(self, target: Target, ask: Ask, dice: Dice) -> Pose:
        x, y = published_place(target, ask, dice, grain=4)
        if not (abs(x) < HALF - 2 and abs(y) < HALF - 2 and self.plan.is_walkable((x, y))):
            raise Refused("the start is not free")
        start = Pose(x=x, y=y, z=EYE_HEIGHT, yaw=start_yaw((x, y, EYE_HEIGHT), target, ask, dice))
        needed = self._in_sight or (ask.gap is not None and ask.gap.in_view is True)
        if needed and not self._shows(target, start):
            raise Refused("the start does not show the target")
        return start

    def goals(self, target: Target, start: Pose, ask: Ask, dice: Dice) -> tuple[Goal, ...]:
        """One of the eight published goal cameras, about the middle of the targets' area."""
        dx, dy, dz, yaw, pitch = dice.pick(GOAL_CAMERAS)
        x, y = self._level.area[0] + 0.5 + dx, self._level.area[1] - 0.5 - dz
        z = dy + EYE_HEIGHT
        if not (abs(x) < HALF - 2 and abs(y) < HALF - 2) or _walled_in(self._level, (x, y, z)):
            raise Refused("no room for the goal camera")
        camera = Pose(x=x, y=y, z=z, yaw=yaw_from_minecraft(yaw), pitch=pitch)
        if not self._shows(target, camera):
            raise Refused("the goal view does not show the target")
        return (Goal.model_validate({"interaction": ask.interaction, "target": target, "camera": camera}),)

    def measure(self, scenario: Scenario) -> Measured:
        start, camera = scenario.start, scenario.goals[0].camera
        lens = Pinhole.of(WIDTH, HEIGHT, vertical_fov=VERTICAL_FOV)
        return measured_by_playing(
            self._source.simulator,
            scenario,
            covisibility=lambda: covisibility(start, camera, lens, self._solids.ranges),
        )

    def _shows(self, target: Target, camera: Pose) -> bool:
        """Whether by geometry the target shows well enough from `camera`: cheaper than asking the engine."""
        thing = self._level.thing(target.name)
        kind = KINDS[thing.kind]
        own_cell = None if kind.mob else thing.cell
        pixels, _ = seen_pixels(camera, Box(thing.foot, kind.width, kind.height), self._level.solid, own_cell)
        return pixels >= GEOMETRIC_PIXELS


def _walled_in(level: Level, camera: Point) -> bool:
    """Whether something solid is right at the camera."""
    i, j, k = (math.floor(c) for c in camera)
    around = (slice(i + HALF - 1, i + HALF + 2), slice(j + HALF - 1, j + HALF + 2), slice(max(0, k - 1), k + 2))
    return bool(level.solid[around].any())
