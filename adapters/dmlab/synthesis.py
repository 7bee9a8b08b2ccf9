"""Making scenarios: draw one, refuse it unless the engine shows that its goals can be seen and its start is fair."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from evalsuite.adapters.dmlab.catalogue import FRUIT, LANDMARKS, RULE_OF_INTERACTION, TEXTURE_SETS
from evalsuite.adapters.dmlab.level import TOUCH_METRES, Bot, Level, Placed, floor_plan
from evalsuite.adapters.dmlab.mazes import Maze, make_maze
from evalsuite.adapters.dmlab.measures import CELL_METRES, EYE_METRES, cell_middle
from evalsuite.crossview.difficulty import Difficulty, measure_view_difficulty
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.floor_plan import FloorPlan, Place
from evalsuite.crossview.geometry import Point, Pose, ground_distance, pitch_towards, wrap_degrees, yaw_towards
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.simulator import Simulator
from evalsuite.crossview.spaces import INTERACTIONS
from evalsuite.errors import GoalHidden, SimulatorFault
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario

MAX_STEPS = 300
"""ROCKET-3 (arXiv 2507.23698): 300 steps in DMLab."""

MIN_GOAL_PIXELS = 40
GOAL_CAMERA_METRES = (1.5, 5.0)
MAX_GOAL_PITCH_DEGREES = 50.0
NEAREST_START_METRES = 3.5
LONGEST_ROW_METRES = 52.0
"""Fruit after fruit; with turning, 300 steps are enough for some 55 m of shortest way, for one who knows it."""

MAZES = 4
"""How many mazes there are of each difficulty: compiling one takes seconds, so that scenarios share them."""

_MOST_TRIES = 300


@dataclass(frozen=True)
class Grade:
    """What makes a difficulty: length in metres of the shortest way to the target, and whether it is in view."""

    path: tuple[float, float]
    visible: bool
    maze_cells: int
    rooms: int


GRADES: dict[Difficulty, Grade] = {
    "easy": Grade((3.5, 9.0), True, 9, 3),
    "medium": Grade((9.0, 18.0), False, 11, 4),
    "hard": Grade((18.0, 36.0), False, 15, 5),
}

ROCKET3_MAZE = (11, 4)
ROCKET3_FRUIT = 6
"""As contributed/dmlab30/explore_object_locations_small: 11 x 11 cells, 4 rooms of 3 to 5, fruit to collect."""


@dataclass(frozen=True)
class _Draft:
    level: Level
    targets: tuple[str, ...]
    start: Pose
    path_metres: float


def synthesize_fruit(simulator: Simulator, count: int, seed: int) -> Iterator[Scenario]:
    """`count` scenarios, spread over interaction x difficulty in turn; each depends on (seed, its number) alone."""
    cells = [(interaction, difficulty) for interaction in INTERACTIONS for difficulty in GRADES]
    try:
        for number in range(count):
            interaction, difficulty = cells[number % len(cells)]
            identity = f"{interaction}-{difficulty}-{number // len(cells):04d}".replace("_", "-")
            yield _accepted(identity, interaction, difficulty, seed, simulator)
    finally:
        simulator.close()


def synthesize_rocket3(simulator: Simulator, count: int, seed: int) -> Iterator[Scenario]:
    """`count` scenarios in which fruit after fruit is asked for."""
    try:
        for number in range(count):
            yield _accepted(f"collect-{number:04d}", "interact", None, seed, simulator)
    finally:
        simulator.close()


def _accepted(
    identity: str, interaction: str, difficulty: Difficulty | None, seed: int, simulator: Simulator
) -> Scenario:
    for attempt in range(_MOST_TRIES):
        dice = Dice("dmlab scenario", seed, identity, attempt)
        draft = _draft_row(seed, dice) if difficulty is None else _draft_one(interaction, difficulty, seed, dice)
        if draft is None:
            continue
        scenario = _measured(identity, interaction, difficulty, draft, dice, simulator)
        if scenario is not None:
            return scenario
    raise SimulatorFault(f"no acceptable scenario {identity} in {_MOST_TRIES} tries")


def _draft_one(interaction: str, difficulty: Difficulty, seed: int, dice: Dice) -> _Draft | None:
    grade = GRADES[difficulty]
    number = dice.below(MAZES)
    maze = _maze(difficulty, number, seed, grade.maze_cells, grade.rooms)
    rule = RULE_OF_INTERACTION[interaction]
    hunted = rule in ("melee", "projectile")
    kind = dice.pick(FRUIT)
    other = dice.pick([each for each in FRUIT if each != kind])
    kinds = [kind] * dice.between(2, 4) + [other] * 2 + dice.shuffled(LANDMARKS)[:4]
    free = dice.shuffled(_free_cells(maze))
    level = Level.model_validate(
        {
            "maze": maze.rows,
            "shades": maze.shades,
            "textures": Dice("dmlab textures", seed, difficulty, number).pick(TEXTURE_SETS),
            "seed": Dice("dmlab map", seed, difficulty, number).below(2**31),
            "rule": rule,
            "things": _scattered(kinds, maze, free, dice),
            "bots": [
                Bot(name=f"bot-{index + 1}", row=row, column=column)
                for index, (row, column) in enumerate(free[-2:] if hunted else [])
            ],
        }
    )
    target = level.bots[0].name if hunted else level.things[0].name
    avoid = tuple(each for each in level.things if each.kind in FRUIT and each.name != target)
    plan = floor_plan(level, avoid if rule == "touch" else ())
    middle = level.targets()[target][1]
    if hunted and ground_distance(middle, level.targets()[level.bots[1].name][1]) < 2 * CELL_METRES:
        return None
    start = _start(plan, maze, middle, grade, dice)
    return None if start is None else _Draft(level, (target,), start[0], start[1])


def _draft_row(seed: int, dice: Dice) -> _Draft | None:
    number = dice.below(MAZES)
    cells, rooms = ROCKET3_MAZE
    maze = _maze("rocket3", number, seed, cells, rooms)
    kinds = [dice.pick(FRUIT) for _ in range(ROCKET3_FRUIT)] + dice.shuffled(LANDMARKS)[:3]
    free = dice.shuffled(_free_cells(maze))
    level = Level.model_validate(
        {
            "maze": maze.rows,
            "shades": maze.shades,
            "textures": "MISHMASH",
            "seed": Dice("dmlab map", seed, "rocket3", number).below(2**31),
            "rule": "touch",
            "things": _scattered(kinds, maze, free, dice),
        }
    )
    x, y = cell_middle(*free[-1], len(maze.rows))
    start = Pose(x=x, y=y, z=EYE_METRES, yaw=round(dice.uniform(-180.0, 180.0), 1))
    order = _nearest_first(floor_plan(level), (x, y), [each for each in level.things if each.kind in FRUIT])
    if order is None:
        return None
    ways = _ways(floor_plan(level), (x, y), [level.targets()[name][1][:2] for name in order])
    if ways is None or ways[0] < NEAREST_START_METRES or sum(ways) > LONGEST_ROW_METRES:
        return None
    return _Draft(level, tuple(order), start, ways[0])


def _nearest_first(plan: FloorPlan, start: Place, fruit: Sequence[Placed]) -> list[str] | None:
    """Names in the order of collecting the nearest next; None when the way to one leads over a later one."""
    left, here, order = list(fruit), start, []
    while left:
        ways = [(plan.path_length(here, each.middle[:2]), each) for each in left]
        reachable = [(length, each) for length, each in ways if length is not None]
        if len(reachable) < len(left):
            return None
        _, nearest = min(reachable, key=lambda pair: pair[0])
        left.remove(nearest)
        way = [here, *(plan.path(here, nearest.middle[:2]) or [])]
        if any(_passes(way, each.middle[:2]) for each in left):
            return None
        order.append(nearest.name)
        here = (nearest.x, nearest.y)
    return order


def _ways(plan: FloorPlan, start: Place, places: Sequence[Place]) -> list[float] | None:
    """Lengths of the ways from place to place; None when there is none to one of them."""
    lengths = [plan.path_length(here, there) for here, there in pairwise([start, *places])]
    known = [length for length in lengths if length is not None]
    return known if len(known) == len(places) else None


def _passes(way: Sequence[Place], place: Place) -> bool:
    """Whether a way comes so near to a place that what lies there is touched."""
    for (ax, ay), (bx, by) in pairwise(way):
        length = math.dist((ax, ay), (bx, by))
        for step in range(math.ceil(length / 0.2) + 1):
            share = min(1.0, step * 0.2 / length) if length else 0.0
            x, y = ax + (bx - ax) * share, ay + (by - ay) * share
            if max(abs(x - place[0]), abs(y - place[1])) < TOUCH_METRES:
                return True
    return False


@lru_cache(maxsize=64)
def _maze(group: str, number: int, seed: int, cells: int, rooms: int) -> Maze:
    return make_maze(cells, rooms, Dice("dmlab maze", seed, group, number).below(2**31))


def _free_cells(maze: Maze) -> list[tuple[int, int]]:
    return [(row, column) for row, line in enumerate(maze.rows) for column, cell in enumerate(line) if cell == " "]


def _scattered(kinds: Sequence[str], maze: Maze, free: Sequence[tuple[int, int]], dice: Dice) -> list[Placed]:
    """Things of those kinds, each in a cell of its own and a little off its middle, numbered by kind."""
    made: list[Placed] = []
    for kind, cell in zip(kinds, free, strict=False):
        x, y = cell_middle(*cell, len(maze.rows))
        number = 1 + sum(each.kind == kind for each in made)
        place = (round(x + dice.uniform(-0.3, 0.3), 2), round(y + dice.uniform(-0.3, 0.3), 2))
        made.append(Placed(name=f"{kind}-{number}", kind=kind, x=place[0], y=place[1]))
    return made


def _start(plan: FloorPlan, maze: Maze, target: Point, grade: Grade, dice: Dice) -> tuple[Pose, float] | None:
    """A free place whose way to the target is as long as the grade says, and that way's length."""
    for row, column in dice.shuffled(_free_cells(maze))[:12]:
        x, y = cell_middle(row, column, len(maze.rows))
        if not plan.is_walkable((x, y)):
            continue
        path = plan.path_length((x, y), target[:2])
        if path is None or not grade.path[0] <= path <= grade.path[1]:
            continue
        eye = (x, y, EYE_METRES)
        towards = yaw_towards(eye, target) + dice.uniform(-35.0, 35.0)
        yaw = towards if grade.visible else dice.uniform(-180.0, 180.0)
        clear = plan.clear_line((x, y), target[:2], plan.see_through)
        if clear == grade.visible and ground_distance(eye, target) >= 2.5:
            return Pose(x=x, y=y, z=EYE_METRES, yaw=round(wrap_degrees(yaw), 1)), path
    return None


def _goal_camera(level: Level, target: Point, dice: Dice) -> Pose | None:
    """A camera that looks at the target: in two of three at a walker's height, else raised, up to 50 degrees down."""
    plan = floor_plan(level)
    for _ in range(30):
        away, bearing = dice.uniform(*GOAL_CAMERA_METRES), dice.uniform(-180.0, 180.0)
        offset = Pose(x=0.0, y=0.0, z=0.0, yaw=bearing).direction
        x, y = round(target[0] + offset[0] * away, 2), round(target[1] + offset[1] * away, 2)
        raised = dice.chance(1 / 3)
        z = round(dice.uniform(1.4, 1.9) if raised else dice.uniform(0.7, 1.2), 2)
        if not plan.is_walkable((x, y)) or not plan.clear_line((x, y), target[:2], plan.see_through):
            continue
        look = pitch_towards((x, y, z), target)
        if look <= MAX_GOAL_PITCH_DEGREES:
            return Pose(x=x, y=y, z=z, yaw=round(yaw_towards((x, y, z), target), 1), pitch=round(look, 1))
    return None


def _measured(
    identity: str,
    interaction: str,
    difficulty: Difficulty | None,
    draft: _Draft,
    dice: Dice,
    simulator: Simulator,
) -> Scenario | None:
    """The scenario with what pixels tell; None when a goal view is too poor or the start is not as graded."""
    targets = draft.level.targets()
    goals = []
    for name in draft.targets:
        kind, middle = targets[name]
        camera = _goal_camera(draft.level, middle, dice)
        if camera is None:
            return None
        goals.append(
            Goal.model_validate(
                {"interaction": interaction, "target": Target(name=name, kind=kind, position=middle), "camera": camera}
            )
        )
    scenario = Scenario(
        id=identity,
        world="dmlab",
        level=draft.level.model_dump(mode="json"),
        seed=dice.below(2**31),
        start=draft.start,
        max_steps=MAX_STEPS,
        goals=tuple(goals),
        difficulty=difficulty or _graded(draft.path_metres),
        view=measure_view_difficulty(draft.start, goals[0], path_m=draft.path_metres),
    )
    env = CrossViewEnv(simulator, scenario)
    try:
        observation, _ = env.reset(seed=0)
    except GoalHidden:
        return None
    seen = env.facts.target_pixels or 0
    if difficulty is not None and (seen > 0) != GRADES[difficulty].visible:
        return None
    pixels = int(observation["goal_mask"].sum())
    if pixels < MIN_GOAL_PIXELS or env.summary.success_at_reset or not _later_goals_are_seen(simulator, scenario):
        return None
    view = measure_view_difficulty(
        draft.start, goals[0], path_m=draft.path_metres, goal_target_pixels=pixels, start_target_pixels=seen
    )
    return scenario.model_copy(update={"view": view})


def _later_goals_are_seen(simulator: Simulator, scenario: Scenario) -> bool:
    for _ in scenario.goals[1:]:
        simulator.next_goal()
        if simulator.goal_view().mask.sum() < MIN_GOAL_PIXELS:
            return False
    return True


def _graded(path: float) -> Difficulty:
    return next((name for name, grade in GRADES.items() if path <= grade.path[1]), "hard")
