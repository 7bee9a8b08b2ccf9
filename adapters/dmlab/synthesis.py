"""DMLab's part in making scenarios: mazes with fruit, landmarks and bots, and what the engine shows of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from evalsuite.adapters.dmlab.catalogue import FRUIT, LANDMARKS, RULE_OF_INTERACTION, TEXTURE_SETS
from evalsuite.adapters.dmlab.level import TOUCH_METRES, WALL, Bot, Level, Placed, floor_plan
from evalsuite.adapters.dmlab.mazes import Maze, make_maze
from evalsuite.adapters.dmlab.measures import CELL_METRES, EYE_METRES, cell_middle
from evalsuite.crossview.covisibility import Pinhole, covisibility
from evalsuite.crossview.difficulty import Difficulty
from evalsuite.crossview.floor_plan import FloorPlan, Place
from evalsuite.crossview.geometry import Point, Pose, ground_distance, pitch_towards, wrap_degrees, yaw_towards
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.simulator import Simulator
from evalsuite.crossview.solids import Solids
from evalsuite.crossview.spaces import INTERACTIONS
from evalsuite.crossview.view_gap import VIEW_GAPS
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.draws import camera_yaw, opposite
from evalsuite.synthesis.playing import PlayedSource, measured_by_playing
from evalsuite.synthesis.source import Ask, Cell, Measured, Refused, Rules, grid_of_cells

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

WALL_METRES = 2.0
"""As far as a look from any camera here goes: none is higher."""


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


FRUIT_RULES = Rules(
    world="dmlab",
    dice="dmlab scenario",
    cells=grid_of_cells(
        INTERACTIONS,
        tuple(GRADES),
        {
            name: tuple(gap for gap in VIEW_GAPS if grade.visible or gap.in_view is not True)
            for name, grade in GRADES.items()
        },
    ),
    max_steps=MAX_STEPS,
    min_goal_pixels=MIN_GOAL_PIXELS,
    longest_path_m={name: grade.path[1] for name, grade in GRADES.items()},
    nearest_start_m=2.5,
    tries_per_place=12,
)


def difficulty_of(path_m: float) -> Difficulty:
    """The grade of a way of that length in metres."""
    return next((name for name, grade in GRADES.items() if path_m <= grade.path[1]), "hard")


ROW_RULES = Rules(
    world="dmlab",
    dice="dmlab row",
    cells=(Cell("collect", "interact", "hard", gaps=()),),
    max_steps=MAX_STEPS,
    min_goal_pixels=MIN_GOAL_PIXELS,
    longest_path_m=dict.fromkeys(GRADES, LONGEST_ROW_METRES),
    nearest_start_m=0.0,
    tries_per_place=6,
    most_places=120,
    grade=difficulty_of,
)


class FruitSource(PlayedSource[Simulator]):
    """Mazes in which one thing is asked for.

    Args:
        start: starts the simulator, when the first picture is asked for.
    """

    rules = FRUIT_RULES

    def open(self, ask: Ask, dice: Dice, seed: int) -> MazePlace:
        grade, number = GRADES[ask.difficulty], dice.below(MAZES)
        maze = _maze(ask.difficulty, number, seed, grade.maze_cells, grade.rooms)
        rule = RULE_OF_INTERACTION[ask.interaction]
        hunted = rule in ("melee", "projectile")
        kind = dice.pick(FRUIT)
        other = dice.pick([each for each in FRUIT if each != kind])
        kinds = [kind] * dice.between(2, 4) + [other] * 2 + dice.shuffled(LANDMARKS)[:4]
        free = dice.shuffled(_free_cells(maze))
        level = Level.model_validate(
            {
                "maze": maze.rows,
                "shades": maze.shades,
                "textures": Dice("dmlab textures", seed, ask.difficulty, number).pick(TEXTURE_SETS),
                "seed": Dice("dmlab map", seed, ask.difficulty, number).below(2**31),
                "rule": rule,
                "things": _scattered(kinds, maze, free, dice),
                "bots": [
                    Bot(name=f"bot-{index + 1}", row=row, column=column)
                    for index, (row, column) in enumerate(free[-2:] if hunted else [])
                ],
            }
        )
        name = level.bots[0].name if hunted else level.things[0].name
        avoid = tuple(each for each in level.things if each.kind in FRUIT and each.name != name)
        apart = [level.targets()[bot.name][1] for bot in level.bots]
        if hunted and ground_distance(apart[0], apart[1]) < 2 * CELL_METRES:
            raise Refused("the bots are too near to each other")
        return MazePlace(self, level, floor_plan(level, avoid if rule == "touch" else ()), (name,), grade)


class RowSource(FruitSource):
    """Mazes in which fruit after fruit is asked for."""

    rules = ROW_RULES

    def open(self, ask: Ask, dice: Dice, seed: int) -> MazePlace:
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
        plan = floor_plan(level)
        order = _nearest_first(plan, (x, y), [each for each in level.things if each.kind in FRUIT])
        if order is None:
            raise Refused("the way to one fruit leads over another")
        ways = _ways(plan, (x, y), [level.targets()[name][1][:2] for name in order])
        if ways is None or ways[0] < NEAREST_START_METRES:
            raise Refused("the start is too near to the target")
        if sum(ways) > LONGEST_ROW_METRES:
            raise Refused("the way is too long for the step limit")
        return MazePlace(self, level, plan, tuple(order), None, start)


class MazePlace:
    """One maze with what lies in it.

    Args:
        names: of the targets, in the order in which they are asked for.
        grade: that the start has to be of; None where `given_start` is it.
    """

    def __init__(
        self,
        source: FruitSource,
        level: Level,
        plan: FloorPlan,
        names: tuple[str, ...],
        grade: Grade | None,
        given_start: Pose | None = None,
    ) -> None:
        self._source, self._names, self._grade, self._given_start = source, names, grade, given_start
        self._maze = level
        self._cameras_plan = floor_plan(level)
        self._solids = Solids(walls(level))
        self.level: Mapping[str, Any] = level.model_dump(mode="json")
        self.plan = plan

    def targets(self, ask: Ask) -> Sequence[Target]:
        return [self._target(self._names[0])]

    def start(self, target: Target, ask: Ask, dice: Dice) -> Pose:
        """A free place whose way to the target is as long as the grade says."""
        if self._given_start is not None:
            return self._given_start
        assert self._grade is not None
        rows = len(self._maze.maze)
        floor = [(j, i) for j, line in enumerate(self._maze.maze) for i, cell in enumerate(line) if cell == " "]
        x, y = cell_middle(*dice.pick(floor), rows)
        if not self.plan.is_walkable((x, y)):
            raise Refused("the start is not free")
        if self.plan.clear_line((x, y), target.position[:2], self.plan.see_through) != self._grade.visible:
            raise Refused("the start is not as its difficulty says")
        path_m = self.plan.path_length((x, y), target.position[:2])
        if path_m is None or not self._grade.path[0] <= path_m <= self._grade.path[1]:
            raise Refused("the start is not as its difficulty says")
        towards = yaw_towards((x, y, EYE_METRES), target.position) + dice.uniform(-35.0, 35.0)
        yaw = towards if self._grade.visible else dice.uniform(-180.0, 180.0)
        return Pose(x=x, y=y, z=EYE_METRES, yaw=round(wrap_degrees(yaw), 1))

    def goals(self, target: Target, start: Pose, ask: Ask, dice: Dice) -> tuple[Goal, ...]:
        return tuple(
            Goal.model_validate(
                {
                    "interaction": ask.interaction,
                    "target": self._target(name),
                    "camera": self._camera(self._target(name).position, start, ask, dice),
                }
            )
            for name in self._names
        )

    def measure(self, scenario: Scenario) -> Measured:
        simulator, start, camera = self._source.simulator, scenario.start, scenario.goals[0].camera
        spec = simulator.spec
        lens = Pinhole.of(spec.width, spec.height, horizontal_fov=spec.horizontal_fov)
        found = measured_by_playing(
            simulator, scenario, covisibility=lambda: covisibility(start, camera, lens, self._solids.ranges)
        )
        if self._grade is not None and bool(found.start_pixels) != self._grade.visible:
            raise Refused("the start is not as its difficulty says")
        return found

    def _target(self, name: str) -> Target:
        kind, middle = self._maze.targets()[name]
        return Target(name=name, kind=kind, position=middle)

    def _camera(self, target: Point, start: Pose, ask: Ask, dice: Dice) -> Pose:
        """A camera that looks at the target: in two of three at a walker's height, else raised, up to 50 degrees."""
        plan = self._cameras_plan
        for _ in range(30):
            x, y = opposite(target, camera_yaw(start, ask, dice), dice.uniform(*GOAL_CAMERA_METRES))
            raised = dice.chance(1 / 3)
            z = round(dice.uniform(1.4, 1.9) if raised else dice.uniform(0.7, 1.2), 2)
            if not plan.is_walkable((x, y)) or not plan.clear_line((x, y), target[:2], plan.see_through):
                continue
            look = pitch_towards((x, y, z), target)
            if look <= MAX_GOAL_PITCH_DEGREES:
                return Pose(x=x, y=y, z=z, yaw=round(yaw_towards((x, y, z), target), 1), pitch=round(look, 1))
        raise Refused("no room for the goal camera")


def walls(level: Level) -> Iterator[tuple[Point, Point]]:
    """A box for each run of wall along a row."""
    for row, line in enumerate(level.maze):
        south = (len(level.maze) - 1 - row) * CELL_METRES
        column = 0
        while column < len(line):
            length = len(line[column:]) - len(line[column:].lstrip(WALL))
            if length:
                west, east = column * CELL_METRES, (column + length) * CELL_METRES
                yield (west, south, 0.0), (east, south + CELL_METRES, WALL_METRES)
            column += max(1, length)


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
