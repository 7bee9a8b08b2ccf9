"""Making scenarios: draw one, refuse it unless pictures show that its goal can be seen and its start is fair.

They are measured in rehearsal: the arena and all poses are the same on the real engine, colours and shapes are not,
so `goal_target_pixels` of a small thing may differ there by a little.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evalsuite.adapters.minecraft.catalogue import BIOMES, GOAL_CAMERAS, KINDS, KINDS_BY_INTERACTION
from evalsuite.adapters.minecraft.frame import EYE_HEIGHT, yaw_from_minecraft
from evalsuite.adapters.minecraft.level import HALF, Level, LevelSpec, Thing, build_level, level_sha256
from evalsuite.adapters.minecraft.sight import Box, seen_pixels
from evalsuite.adapters.minecraft.simulator import MinecraftSimulator
from evalsuite.crossview.difficulty import DIFFICULTY_METRES, Difficulty, measure_view_difficulty
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Point, Pose, ground_distance, wrap_degrees, yaw_towards
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.spaces import INTERACTIONS
from evalsuite.errors import GoalHidden, SimulatorFault
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario

MAX_STEPS = 600
MIN_GOAL_PIXELS = 60
GEOMETRIC_PIXELS = 40
NEAREST_START_METRES = 5.0
LONGEST_PATH_METRES = {"easy": 40.0, "medium": 70.0, "hard": 90.0}
"""600 steps are 30 s: 130 m at a walk, less what digging and fighting take."""

_MOST_TRIES = 400


@dataclass(frozen=True)
class Task:
    """What a scenario is to be: of which name, interaction and difficulty, and of which kinds (any, when empty).

    `tool` is what the agent holds, if not the usual; `visible` asks that it sees the target from its start.
    """

    identity: str
    interaction: str
    difficulty: Difficulty
    kinds: tuple[str, ...] = ()
    tool: str = ""
    visible: bool = False


@dataclass(frozen=True)
class _Draft:
    level: LevelSpec
    start: Pose
    goal: Goal
    path_metres: float


def synthesize(count: int, seed: int, *, folder: Path) -> Iterator[Scenario]:
    """`count` scenarios, spread over interaction x difficulty in turn; each depends on (seed, its number) alone."""
    cells = [(interaction, difficulty) for interaction in INTERACTIONS for difficulty in DIFFICULTY_METRES]
    tasks = []
    for number in range(count):
        interaction, difficulty = cells[number % len(cells)]
        name = f"{interaction}-{difficulty}-{number // len(cells):04d}".replace("_", "-")
        tasks.append(Task(name, interaction, difficulty))
    return make_scenarios(tasks, seed, folder=folder)


def visible_tasks(layouts: int = 4) -> list[Task]:
    """Twelve tasks after those of the Minecraft Interaction Benchmark (arXiv 2410.17856), in sight at 20 blocks.

    Two each of its groups Hunt, Mine, Interact, Navigate, Tool and Place. Its last two are Interact with something
    in the hand, as in the released ROCKET-1 code (its `env_configs`: "pinpoint the diamond|Interact" with a door).
    """
    tasks = (
        ("hunt", "melee_hunt", "", "sheep"),
        ("hunt", "melee_hunt", "", "pig"),
        ("mine", "break", "", "diamond_ore"),
        ("mine", "break", "", "gold_ore"),
        ("interact", "interact", "", "chest"),
        ("interact", "interact", "", "crafting_table"),
        ("navigate", "approach", "", "diamond_block"),
        ("navigate", "approach", "", "torch"),
        ("tool", "interact", "flint_and_steel", "oak_planks"),
        ("tool", "interact", "diamond_hoe", "dirt"),
        ("place", "interact", "oak_door", "diamond_block"),
        ("place", "interact", "torch", "gold_ore"),
    )
    return [
        Task(_identity(group, tool, kind, f"{layout:04d}"), interaction, "easy", (kind,), tool, visible=True)
        for layout in range(layouts)
        for group, interaction, tool, kind in tasks
    ]


def _identity(*words: str) -> str:
    return "-".join(word for word in words if word).replace("_", "-")


def make_scenarios(tasks: list[Task], seed: int, *, folder: Path) -> Iterator[Scenario]:
    """One accepted scenario for each task, measured in rehearsal."""
    simulator = MinecraftSimulator(folder, rehearse=True)
    try:
        for task in tasks:
            yield _accepted(task, seed, simulator)
    finally:
        simulator.close()


def _accepted(task: Task, seed: int, simulator: MinecraftSimulator) -> Scenario:
    for attempt in range(_MOST_TRIES):
        dice = Dice("minecraft scenario", seed, task.identity, attempt)
        draft = _draft(task, dice)
        if draft is not None:
            scenario = _measured(task, draft, dice, simulator)
            if scenario is not None:
                return scenario
    raise SimulatorFault(f"no acceptable {task.interaction} scenario at {task.difficulty} in {_MOST_TRIES} tries")


def _draft(task: Task, dice: Dice) -> _Draft | None:
    kind = dice.pick(task.kinds or KINDS_BY_INTERACTION[task.interaction])
    spec = LevelSpec(biome=dice.pick(tuple(BIOMES)), layout=dice.below(2**31), cast=kind, tool=task.tool)
    level = build_level(spec)
    things = [each for each in level.things if each.kind == kind]
    if not things:
        return None
    thing, plan = dice.pick(things), level.floor_plan()
    start = _start(plan, thing, DIFFICULTY_METRES[task.difficulty], dice)
    if start is None:
        return None
    path = plan.path_length((start.x, start.y), thing.foot[:2])
    camera = _goal_camera(level, dice)
    if path is None or path > LONGEST_PATH_METRES[task.difficulty] or camera is None:
        return None
    target = Target(name=thing.name, kind=thing.kind, position=thing.middle)
    goal = Goal.model_validate({"interaction": task.interaction, "target": target, "camera": camera})
    return _Draft(spec.model_copy(update={"sha256": level_sha256(level)}), start, goal, path)


def _start(plan: FloorPlan, thing: Thing, distance: float, dice: Dice) -> Pose | None:
    """A free place exactly `distance` metres (Manhattan) from the thing."""
    share = math.floor(dice.uniform(0.0, distance) * 4) / 4
    east, north = dice.pick((-1, 1)), dice.pick((-1, 1))
    x, y = thing.foot[0] + east * share, thing.foot[1] + north * (distance - share)
    if not (abs(x) < HALF - 2 and abs(y) < HALF - 2 and plan.is_walkable((x, y))):
        return None
    eye = (x, y, EYE_HEIGHT)
    towards = yaw_towards(eye, thing.middle) + dice.uniform(-45.0, 45.0)
    yaw = float(round(wrap_degrees(towards if dice.chance(0.5) else dice.uniform(-180.0, 180.0))))
    return Pose(x=x, y=y, z=EYE_HEIGHT, yaw=yaw)


def _goal_camera(level: Level, dice: Dice) -> Pose | None:
    """One of the eight published goal cameras, about the middle of the targets' area."""
    dx, dy, dz, yaw, pitch = dice.pick(GOAL_CAMERAS)
    x, y = level.area[0] + 0.5 + dx, level.area[1] - 0.5 - dz
    z = dy + EYE_HEIGHT
    if not (abs(x) < HALF - 2 and abs(y) < HALF - 2) or _walled_in(level, (x, y, z)):
        return None
    return Pose(x=x, y=y, z=z, yaw=yaw_from_minecraft(yaw), pitch=pitch)


def _walled_in(level: Level, camera: Point) -> bool:
    """Whether something solid is right at the camera."""
    i, j, k = (math.floor(c) for c in camera)
    around = (slice(i + HALF - 1, i + HALF + 2), slice(j + HALF - 1, j + HALF + 2), slice(max(0, k - 1), k + 2))
    return bool(level.solid[around].any())


def _measured(task: Task, draft: _Draft, dice: Dice, simulator: MinecraftSimulator) -> Scenario | None:
    """The scenario with what pixels tell; None when the goal view is too poor or the start is the goal."""
    level = build_level(draft.level)
    if not _shows(draft, level, draft.goal.camera) or (task.visible and not _shows(draft, level, draft.start)):
        return None
    scenario = Scenario(
        id=task.identity,
        world="minecraft",
        level=draft.level.model_dump(exclude_defaults=True),
        seed=dice.below(2**31),
        start=draft.start,
        max_steps=MAX_STEPS,
        goals=(draft.goal,),
        difficulty=task.difficulty,
        view=measure_view_difficulty(draft.start, draft.goal, path_m=draft.path_metres),
    )
    env = CrossViewEnv(simulator, scenario)
    try:
        observation, _ = env.reset(seed=0)
    except GoalHidden:
        return None
    pixels = int(observation["goal_mask"].sum())
    near = ground_distance(draft.start.position, draft.goal.target.position)
    if pixels < MIN_GOAL_PIXELS or env.summary.success_at_reset or near < NEAREST_START_METRES:
        return None
    view = measure_view_difficulty(
        draft.start,
        draft.goal,
        path_m=draft.path_metres,
        goal_target_pixels=pixels,
        start_target_pixels=env.facts.target_pixels,
    )
    return scenario.model_copy(update={"view": view})


def _shows(draft: _Draft, level: Level, camera: Pose) -> bool:
    """Whether by geometry the target shows well enough from `camera`: cheaper than asking the engine."""
    thing = level.thing(draft.goal.target.name)
    kind = KINDS[thing.kind]
    own_cell = None if kind.mob else thing.cell
    pixels, _ = seen_pixels(camera, Box(thing.foot, kind.width, kind.height), level.solid, own_cell)
    return pixels >= GEOMETRIC_PIXELS
