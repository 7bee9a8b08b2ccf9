"""The commands that turn a scenario into the start of an episode (Minecraft Java 1.16 syntax)."""

from __future__ import annotations

from collections.abc import Iterator

from evalsuite.adapters.minecraft.catalogue import ARROWS, FLOWERS, KINDS, SWORDS
from evalsuite.adapters.minecraft.frame import (
    EYE_HEIGHT,
    FLOOR_Y,
    Cell,
    cell_to_minecraft,
    to_minecraft,
    yaw_to_minecraft,
)
from evalsuite.adapters.minecraft.level import HALF, HEIGHT, Level, LevelSpec, Thing
from evalsuite.crossview.geometry import Point, Pose
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario

_SETTINGS = (
    "/gamerule sendCommandFeedback false",
    "/gamemode spectator @p",
    "/gamerule doMobSpawning false",
    "/gamerule doDaylightCycle false",
    "/gamerule doWeatherCycle false",
    "/gamerule randomTickSpeed 0",
    "/gamerule doFireTick false",
    "/gamerule mobGriefing false",
    "/gamerule doTileDrops false",
    "/gamerule doMobLoot false",
    "/difficulty peaceful",
    "/time set 6000",
    "/weather clear 1000000",
)
AWAY_BLOCKS = 60
"""How far up a mob is taken out of the picture."""


def settings() -> Iterator[str]:
    """What holds for every scenario: noon, no weather, nothing that comes by itself, an observer in the sky."""
    yield from _SETTINGS
    yield f"/tp @p 0.5 {FLOOR_Y + HEIGHT + 8} 0.5 0 90"
    yield f"/forceload add {-HALF} {-HALF} {HALF - 1} {HALF - 1}"
    yield "/kill @e[type=!minecraft:player]"


def arena(level: Level) -> Iterator[str]:
    """The floor and everything that is built and put on it; mobs stand still, flowers on grass."""
    yield fill((-HALF, -HALF, -2), (HALF - 1, HALF - 1, -1), level.ground)
    for each in level.cuboids:
        yield fill(each.low, each.high, each.kind)
    for thing in level.things:
        if thing.kind in FLOWERS:
            i, j, k = thing.cell
            yield setblock((i, j, k - 1), "grass_block")
        yield put(thing)


def fill(low: Cell, high: Cell, kind: str) -> str:
    corners = [*cell_to_minecraft(low), *cell_to_minecraft(high)]
    return f"/fill {' '.join(map(str, corners))} minecraft:{kind}{_state(kind)}"


def put(thing: Thing) -> str:
    """The command that puts a thing where the level has it."""
    if not KINDS[thing.kind].mob:
        return setblock(thing.cell, thing.kind)
    x, y, z = to_minecraft(thing.foot)
    turned = f"Rotation:[{yaw_to_minecraft(thing.yaw):g}f,0f]"
    tags = f'{{NoAI:1b,Silent:1b,PersistenceRequired:1b,{turned},Tags:["{thing.name}"]}}'
    return f"/summon minecraft:{thing.kind} {x:g} {y:g} {z:g} {tags}"


def setblock(cell: Cell, kind: str) -> str:
    return f"/setblock {' '.join(map(str, cell_to_minecraft(cell)))} minecraft:{kind}{_state(kind)}"


def exchange(thing: Thing) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """(first, exchange, restore): commands that make the target look otherwise and put it back.

    A full block is shown once as black and once as white: nothing changes but its own faces, since light and
    shading do not pass either. Anything else is taken away; a mob goes up into the sky and comes back.
    """
    if KINDS[thing.kind].mob:
        selector = f"@e[tag={thing.name},limit=1]"
        x, y, z = to_minecraft(thing.foot)
        yaw = yaw_to_minecraft(thing.yaw)
        away = f"/tp {selector} {x:g} {y + AWAY_BLOCKS:g} {z:g} {yaw:g} 0"
        return (), (away,), (f"/tp {selector} {x:g} {y:g} {z:g} {yaw:g} 0",)
    if KINDS[thing.kind].full:
        white, black = (setblock(thing.cell, f"{colour}_concrete") for colour in ("white", "black"))
        return (white,), (black,), (white,)
    return (), (setblock(thing.cell, "air"),), (setblock(thing.cell, thing.kind),)


def look(camera: Pose) -> str:
    """Bring the observer's eye to `camera`."""
    return _teleport((camera.x, camera.y, camera.z - EYE_HEIGHT), camera.yaw, camera.pitch)


def kit(scenario: Scenario, spec: LevelSpec) -> Iterator[str]:
    """What the agent holds: bow and arrows, a sword drawn by the scenario's seed, or a pickaxe that breaks anything.

    The paper names the first two (appendix A); the pickaxe is ours.
    """
    yield "/clear @p"
    interaction = scenario.interaction
    if interaction == "archery":
        yield _hold(0, spec.tool or "bow", 1)
        yield _hold(1, "arrow", ARROWS)
    elif interaction == "melee_hunt":
        yield _hold(0, spec.tool or Dice("minecraft sword", scenario.seed).pick(SWORDS), 1)
    elif interaction == "break" or spec.tool:
        yield _hold(0, spec.tool or "diamond_pickaxe", 1)


def begin(scenario: Scenario, level: Level) -> Iterator[str]:
    """Set the agent down and let the mobs go."""
    start = scenario.start
    yield _teleport((start.x, start.y, start.z - EYE_HEIGHT), start.yaw, start.pitch)
    yield "/gamemode survival @p"
    yield _teleport((start.x, start.y, start.z - EYE_HEIGHT), start.yaw, start.pitch)
    for thing in level.things:
        if KINDS[thing.kind].mob:
            yield f"/data merge entity @e[tag={thing.name},limit=1] {{NoAI:0b}}"


def _teleport(feet: Point, yaw: float, pitch: float) -> str:
    x, y, z = to_minecraft(feet)
    return f"/tp @p {x:.4f} {y:.4f} {z:.4f} {yaw_to_minecraft(yaw):.3f} {pitch:.3f}"


def _hold(slot: int, item: str, count: int) -> str:
    return f"/replaceitem entity @p hotbar.{slot} minecraft:{item} {count}"


def _state(kind: str) -> str:
    """Leaves far from a log would wither."""
    return "[persistent=true]" if kind.endswith("_leaves") else ""
