"""A level as a scenario freezes it, what the engine is told of it, and the floor it gives."""

from __future__ import annotations

import hashlib
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, model_validator

from evalsuite.adapters.dmlab.catalogue import (
    BOT,
    BOT_HEIGHT,
    DOOR,
    DOOR_COLOURS,
    KINDS,
    MOST_BOTS,
    RULE_OF_INTERACTION,
    Rule,
    TextureSet,
)
from evalsuite.adapters.dmlab.measures import CELL_METRES, EYE_METRES, cell_middle, cell_of, pose_to_units, to_units
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Point
from evalsuite.errors import UsageError
from evalsuite.suite.level import read_level
from evalsuite.suite.scenario import Scenario

WALL = "*"
DOOR_CELLS = "HI"
"""`H` is passed northwards or southwards, `I` eastwards or westwards."""

PLAN_CELL_METRES = 0.4
BODY_METRES = 0.38
"""Half a player (0.3 m), and a little so that corners are not rubbed."""

TOUCH_METRES = 1.15
"""A thing nearer than this on either axis is touched (the engine's item box reaches 44 to 50 units), with a margin."""

_SPAWN = "P"

TOUCHED_AT_START_METRES = 1.0
START_MARGIN_METRES = 0.05
MOST_THINGS = 100


def _row(row: str) -> str:
    strange = sorted(set(row) - set(WALL + " " + DOOR_CELLS))
    if strange:
        raise ValueError(f"{strange[0]!r} means nothing in a maze: `*` is wall, a blank floor, H and I are doors")
    if not 5 <= len(row) <= 41:
        raise ValueError(f"a row of a maze has 5 to 41 cells, not {len(row)}")
    return row


Row = Annotated[str, AfterValidator(_row)]
Shade = Annotated[str, StringConstraints(pattern=r"^[.A-Z]{5,41}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]


class Placed(BaseModel):
    """A thing that lies or stands somewhere: fruit, key or landmark."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    kind: Name
    x: FiniteFloat
    y: FiniteFloat

    @property
    def middle(self) -> Point:
        return (self.x, self.y, KINDS[self.kind].height)


class Door(BaseModel):
    """A fence door in a cell `H` or `I` of the maze; `key` names the thing that opens it, "none" for nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    row: Annotated[int, Field(ge=0)]
    column: Annotated[int, Field(ge=0)]
    key: Name = "none"


class Bot(BaseModel):
    """A bot and the cell it starts in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    row: Annotated[int, Field(ge=0)]
    column: Annotated[int, Field(ge=0)]


class Level(BaseModel):
    """A whole level. Rows run from north to south; `shades` name the rooms' looks with letters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    maze: Annotated[tuple[Row, ...], Field(min_length=5, max_length=41)]
    shades: tuple[Shade, ...] = ()
    textures: TextureSet = "MISHMASH"
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    rule: Rule
    things: Annotated[tuple[Placed, ...], Field(max_length=MOST_THINGS)] = ()
    doors: tuple[Door, ...] = ()
    bots: Annotated[tuple[Bot, ...], Field(max_length=MOST_BOTS)] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> Level:
        if len({len(row) for row in self.maze}) != 1:
            raise ValueError("the maze's rows are of different lengths")
        edge = (*self.maze[0], *self.maze[-1], *(row[0] + row[-1] for row in self.maze))
        if set("".join(edge)) != {WALL}:
            raise ValueError(
                "the maze is open to the outside: its first and last rows and columns have to be wall, `*`"
            )
        if self.shades and [len(row) for row in self.shades] != [len(row) for row in self.maze]:
            raise ValueError("shades and maze differ in size")
        named: list[Placed | Door | Bot] = [*self.things, *self.doors, *self.bots]
        names = [each.name for each in named]
        if len(set(names)) != len(names):
            raise ValueError("two things in the level have the same name")
        for thing in self.things:
            if thing.kind not in KINDS:
                raise ValueError(f"there is no kind {thing.kind!r}; known: {', '.join(KINDS)}")
            if not self.is_open((thing.x, thing.y)):
                raise ValueError(f"{thing.name} lies in a wall")
        keys = [thing.name for thing in self.things if KINDS[thing.kind].role == "key"]
        for door in self.doors:
            if door.name not in DOOR_COLOURS:
                raise ValueError(f"there is no door {door.name!r}; known: {', '.join(DOOR_COLOURS)}")
            if self.cell(door.row, door.column) not in DOOR_CELLS:
                raise ValueError(f"{door.name} is not at a cell H or I of the maze")
            if door.key not in ("none", *keys):
                raise ValueError(f"{door.name} wants the key {door.key!r}; the level has {', '.join(keys) or 'no key'}")
        if len({(door.row, door.column) for door in self.doors}) != len(self.doors):
            raise ValueError("two doors are in the same cell")
        for bot in self.bots:
            if self.cell(bot.row, bot.column) != " ":
                raise ValueError(f"{bot.name} does not start on free floor")
        return self

    @property
    def rows(self) -> int:
        return len(self.maze)

    @property
    def columns(self) -> int:
        return len(self.maze[0])

    def cell(self, row: int, column: int) -> str:
        """What the maze has there; a wall outside of it."""
        inside = 0 <= row < self.rows and 0 <= column < self.columns
        return self.maze[row][column] if inside else WALL

    def is_open(self, place: tuple[float, float]) -> bool:
        """Whether a place is on the floor, doors included."""
        return self.cell(*cell_of(*place, self.rows)) != WALL

    def door_middle(self, door: Door) -> Point:
        x, y = cell_middle(door.row, door.column, self.rows)
        return (x, y, CELL_METRES / 2)

    def bot_start(self, bot: Bot) -> Point:
        x, y = cell_middle(bot.row, bot.column, self.rows)
        return (x, y, BOT_HEIGHT / 2)

    def targets(self) -> dict[str, tuple[str, Point]]:
        """Name -> (kind, where its middle is at the start) of everything that can be a goal's target."""
        things = {thing.name: (thing.kind, thing.middle) for thing in self.things}
        doors = {door.name: (DOOR, self.door_middle(door)) for door in self.doors}
        return {**things, **doors, **{bot.name: (BOT, self.bot_start(bot)) for bot in self.bots}}


def level_of(scenario: Scenario) -> Level:
    """The scenario's level, checked. Raises `UsageError` when scenario and level do not fit together."""
    level = read_level(scenario, Level)
    targets = level.targets()
    if not level.is_open((scenario.start.x, scenario.start.y)):
        raise UsageError(f"{scenario.id}: start: it lies in a wall")
    if abs(scenario.start.z - EYE_METRES) > START_MARGIN_METRES:
        raise UsageError(f"{scenario.id}: start.z: a player's eye is at {EYE_METRES:.2f} m, not {scenario.start.z:g}")
    for thing in level.things if level.rule == "touch" else ():
        away = max(abs(thing.x - scenario.start.x), abs(thing.y - scenario.start.y))
        if KINDS[thing.kind].role != "landmark" and away < TOUCHED_AT_START_METRES:
            raise UsageError(f"{scenario.id}: start: {thing.name} lies there and would be collected at once")
    for number, goal in enumerate(scenario.goals):
        where = f"{scenario.id}: goals[{number}]"
        kind, middle = targets.get(goal.target.name, ("", None))
        if kind != goal.target.kind or middle is None:
            raise UsageError(f"{where}.target: the level has no {goal.target.kind} named {goal.target.name!r}")
        if max(abs(a - b) for a, b in zip(middle, goal.target.position, strict=True)) > 0.01:
            raise UsageError(f"{where}.target.position: {goal.target.name} is at {middle}")
        if not level.is_open((goal.camera.x, goal.camera.y)) or not 0.0 < goal.camera.z < CELL_METRES:
            raise UsageError(f"{where}.camera: it is not between floor and {CELL_METRES:g} m over it, or in a wall")
        needed = RULE_OF_INTERACTION[goal.interaction]
        if needed != level.rule:
            raise UsageError(f"{where}: {goal.interaction} needs the level's rule to be {needed!r}, not {level.rule!r}")
        if (kind == BOT) != (level.rule in ("melee", "projectile")):
            raise UsageError(f"{where}: {goal.interaction} is not for a {kind}")
        if kind in KINDS and KINDS[kind].role == "landmark" and level.rule != "look":
            raise UsageError(f"{where}: a landmark can only be approached")
    return level


def statements(level: Level, scenario: Scenario) -> str:
    """What the property `level` of levels/cross_view.lua is set to: one line a statement, lengths in units."""
    marked = {goal.target.name for goal in scenario.goals}
    _, _, _, pitch, angle = pose_to_units(scenario.start)
    lines = [
        f"seed {level.seed}",
        f"textures {level.textures}",
        f"maze {'/'.join(_with_spawns(level))}",
        *([f"variations {'/'.join(level.shades)}"] if level.shades else []),
        *(_door_line(level, door) for door in level.doors),
    ]
    made_of = "\n".join([*lines, "bots" if level.bots else ""])
    lines += [f"map cv_{hashlib.sha256(made_of.encode()).hexdigest()[:16]}", f"rule {level.rule}"]
    for bot in level.bots:
        x, y, _ = level.bot_start(bot)
        lines.append(f"bot {bot.name} {to_units(x)} {to_units(y)}")
    lines += [f"start {to_units(scenario.start.x)} {to_units(scenario.start.y)} {pitch} {angle}"]
    for thing in level.things:
        kind = KINDS[thing.kind]
        place = " ".join(str(to_units(v)) for v in thing.middle)
        lines.append(f"thing {thing.name} {kind.model} {kind.role} {int(thing.name in marked)} {place}")
    return "\n".join(lines)


def mark_of(level: Level, name: str) -> str:
    """How the Lua level calls the thing or door that is to be masked."""
    for number, thing in enumerate(level.things, start=1):
        if thing.name == name:
            return f"thing {number}"
    return f"door {name}"


def floor_plan(level: Level, avoid: tuple[Placed, ...] = ()) -> FloorPlan:
    """Where one can walk without touching any of `avoid`; closed doors count as floor."""
    per_cell = round(CELL_METRES / PLAN_CELL_METRES)
    free = np.array([[cell != WALL for cell in row] for row in reversed(level.maze)])
    open_floor = np.kron(free, np.ones((per_cell, per_cell), bool)).astype(bool)
    walkable = _shrunk(open_floor)
    rows, columns = np.indices(walkable.shape)
    x, y = (columns + 0.5) * PLAN_CELL_METRES, (rows + 0.5) * PLAN_CELL_METRES
    for thing in avoid:
        walkable &= ~((np.abs(x - thing.x) < TOUCH_METRES) & (np.abs(y - thing.y) < TOUCH_METRES))
    return FloorPlan(walkable=walkable, see_through=open_floor, cell=PLAN_CELL_METRES)


def _shrunk(free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells whose middle is at least `BODY_METRES` from every wall."""
    reach = int(np.ceil(BODY_METRES / PLAN_CELL_METRES - 0.5))
    padded = np.pad(free, reach)
    height, width = free.shape
    kept = np.ones_like(free)
    for row in range(2 * reach + 1):
        for column in range(2 * reach + 1):
            kept &= padded[row : row + height, column : column + width]
    return kept


def _with_spawns(level: Level) -> list[str]:
    """The maze with a spawn point for the agent and each bot; where they really start is told apart from the map."""
    rows = [list(row) for row in level.maze]
    free = [(row, column) for row, line in enumerate(rows) for column, cell in enumerate(line) if cell == " "]
    for row, column in free[: 1 + len(level.bots)]:
        rows[row][column] = _SPAWN
    return ["".join(row) for row in rows]


def _door_line(level: Level, door: Door) -> str:
    colour = " ".join(map(str, DOOR_COLOURS[door.name]))
    return f"door {door.name} door_{door.column}_{level.rows - 1 - door.row} {door.key} {colour}"
