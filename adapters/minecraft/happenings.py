"""From counters, voxels and mobs to what happened to whom: Minecraft counts by kind, a scenario means one thing.

The statistics say that a sheep was killed or a chest opened; where things are, were and no longer are says which.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.minecraft.catalogue import KINDS, OPENED, USED_WITH
from evalsuite.adapters.minecraft.client_process import COUNTERS
from evalsuite.adapters.minecraft.frame import Cell, cell_from_minecraft, eye_pose, from_minecraft
from evalsuite.adapters.minecraft.level import HALF, HEIGHT, SIZE, Level, Thing
from evalsuite.crossview.geometry import Point, Pose, angle_between
from evalsuite.crossview.simulator import Event, Means
from evalsuite.crossview.spaces import Action

REACH_METRES = 5.5
"""Nothing further from the eye is dug or opened (Minecraft: 4.5 to the nearest point)."""

BLOW_STEPS = 5
BLOW_METRES = 4.5
FLIGHT_STEPS = 100
"""An arrow that kills was let go at most so many steps ago."""

DYING_STEPS = 60
"""A killed mob lies in the list for 20 ticks before it is gone."""

_STRIDE_METRES = 3.0
_RAY_STEP = 0.05
_LOST_STEPS = 40


@dataclass
class _Mob:
    thing: Thing
    foot: Point
    missing: int = 0


@dataclass
class _Kill:
    kind: str
    means: Means
    age: int = 0


@dataclass
class Ledger:
    """What is left of a level's things, kept up to date step by step.

    Args:
        level: as it was built.
        solid: `Level.solid` of now.
        gone: names of the things that were broken or killed.
    """

    level: Level
    solid: NDArray[np.bool_] = field(init=False)
    gone: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.solid = self.level.solid.copy()
        for thing in self.level.things:
            if not KINDS[thing.kind].mob and KINDS[thing.kind].full:
                self._set_solid(thing.cell, True)
        self._mobs = {t.name: _Mob(t, t.foot) for t in self.level.things if KINDS[t.kind].mob}
        self._counts: dict[str, dict[str, float]] = {}
        self._kills: list[_Kill] = []
        self._since_blow = self._since_shot = 10**6
        self._window = False

    @property
    def has_mobs(self) -> bool:
        return bool(self._mobs)

    def foot(self, thing: Thing) -> Point:
        """The middle of the thing's underside now."""
        mob = self._mobs.get(thing.name)
        return thing.foot if mob is None else mob.foot

    def begin(self, reply: Mapping[str, Any]) -> None:
        """Take the counters as they stand: the episode starts here."""
        self._counts = _counters(reply)
        self._window = bool(reply["gui"])
        self._find_mobs(reply)

    def observe(self, reply: Mapping[str, Any], action: Action) -> tuple[Event, ...]:
        """What happened in the step that `action` made and `reply` tells of."""
        agent = eye_pose(reply["position"])
        before, self._counts = self._counts, _counters(reply)
        more = {name: _increase(before.get(name, {}), self._counts[name]) for name in COUNTERS}
        self._since_blow = 0 if action["attack"] else self._since_blow + 1
        self._since_shot = 0 if more["use_item"].get("bow") else self._since_shot + 1
        for kind, count in more["kill_entity"].items():
            self._kills += [_Kill(kind, self._means(kind, agent))] * int(count)
        self._find_mobs(reply)
        opened = bool(reply["gui"]) and not self._window
        self._window = bool(reply["gui"])
        return (
            *self._killed(),
            *self._broken(more["mine_block"], reply, agent),
            *self._used(more["custom"], opened, agent),
            *self._used_on(more["use_item"], agent),
        )

    def _means(self, kind: str, agent: Pose) -> Means:
        near = any(
            mob.thing.kind == kind and math.dist(mob.foot, agent.position) <= BLOW_METRES for mob in self._mobs.values()
        )
        if near and self._since_blow <= BLOW_STEPS:
            return "melee"
        return "projectile" if self._since_shot <= FLIGHT_STEPS else "other"

    def _find_mobs(self, reply: Mapping[str, Any]) -> None:
        """Follow each mob to the nearest one of its kind that is listed now."""
        if reply.get("mobs") is None:
            return
        position = reply["position"]
        listed = [
            (_plain(str(each["name"])), from_minecraft(*(position[axis] + float(each[axis]) for axis in "xyz")))
            for each in reply["mobs"]
        ]
        pairs = sorted(
            (math.dist(mob.foot, foot), name, number)
            for name, mob in self._mobs.items()
            for number, (kind, foot) in enumerate(listed)
            if kind == mob.thing.kind and name not in self.gone
        )
        found: dict[str, int] = {}
        for away, name, number in pairs:
            if away <= _STRIDE_METRES and name not in found and number not in found.values():
                found[name] = number
        for name, mob in self._mobs.items():
            if name in found:
                mob.foot, mob.missing = listed[found[name]][1], 0
            else:
                mob.missing += 1

    def _killed(self) -> Iterator[Event]:
        for kill in list(self._kills):
            missing = [m for m in self._mobs.values() if m.missing and m.thing.name not in self.gone]
            victim = next((m.thing.name for m in missing if m.thing.kind == kill.kind), None)
            kill.age += 1
            if victim is not None:
                self.gone.add(victim)
                self._kills.remove(kill)
                yield Event("killed", victim, kill.means)
            elif kill.age > DYING_STEPS or not any(m.thing.kind == kill.kind for m in self._mobs.values()):
                self._kills.remove(kill)
                yield Event("killed", kill.kind, kill.means)
        for name, mob in self._mobs.items():
            if mob.missing > _LOST_STEPS and name not in self.gone:
                self.gone.add(name)
                yield Event("killed", name, "other", by_agent=False)

    def _broken(self, more: Mapping[str, float], reply: Mapping[str, Any], agent: Pose) -> Iterator[Event]:
        left = _cells(reply)
        for kind, count in more.items():
            for _ in range(int(count)):
                thing = next(
                    (
                        each
                        for each in self.level.things
                        if each.kind == kind
                        and each.name not in self.gone
                        and math.dist(each.middle, agent.position) <= REACH_METRES
                        and (left is None or each.cell not in left)
                    ),
                    None,
                )
                if thing is None:
                    self._dig(agent, left)
                    yield Event("broken", kind, "melee")
                else:
                    self.gone.add(thing.name)
                    self._set_solid(thing.cell, False)
                    yield Event("broken", thing.name, "melee")

    def _dig(self, agent: Pose, left: set[Cell] | None) -> None:
        """Take away the first solid cell along the view that is no longer there."""
        ahead = np.array(agent.direction)
        for away in np.arange(0.0, REACH_METRES, _RAY_STEP):
            i, j, k = (math.floor(c) for c in np.array(agent.position) + ahead * away)
            if self._is_solid((i, j, k)) and (left is None or (i, j, k) not in left):
                self._set_solid((i, j, k), False)
                return

    def _used(self, more: Mapping[str, float], opened: bool, agent: Pose) -> Iterator[Event]:
        kinds = {kind for kind, counter in OPENED.items() if more.get(counter)}
        if not kinds and not opened:
            return
        near = [
            (_off(agent, thing), thing.name)
            for thing in self.level.things
            if thing.kind in (kinds or OPENED)
            and thing.name not in self.gone
            and math.dist(thing.middle, agent.position) <= REACH_METRES
        ]
        yield Event("used", min(near)[1] if near else sorted(kinds or {"window"})[0], "hand")

    def _used_on(self, more: Mapping[str, float], agent: Pose) -> Iterator[Event]:
        """A tool or block that was used was used on what the agent pointed at; where it ends up does not count."""
        for tool in USED_WITH:
            if more.get(tool):
                yield Event("used", self._pointed_at(agent) or tool, "hand")

    def _pointed_at(self, agent: Pose) -> str:
        """The name of the block of the level's things in the crosshair; empty for anything else."""
        cells = {
            each.cell: each.name
            for each in self.level.things
            if each.name not in self.gone and not KINDS[each.kind].mob
        }
        ahead = np.array(agent.direction)
        for away in np.arange(0.0, REACH_METRES, _RAY_STEP):
            i, j, k = (math.floor(c) for c in np.array(agent.position) + ahead * away)
            if (i, j, k) in cells or self._is_solid((i, j, k)):
                return cells.get((i, j, k), "")
        return ""

    def _is_solid(self, cell: Cell) -> bool:
        i, j, k = cell[0] + HALF, cell[1] + HALF, cell[2]
        return 0 <= i < SIZE and 0 <= j < SIZE and 0 <= k < HEIGHT and bool(self.solid[i, j, k])

    def _set_solid(self, cell: Cell, filled: bool) -> None:
        self.solid[cell[0] + HALF, cell[1] + HALF, cell[2]] = filled


def _off(agent: Pose, thing: Thing) -> float:
    """Angle in degrees between the view and the thing's middle."""
    away = (thing.middle[0] - agent.x, thing.middle[1] - agent.y, thing.middle[2] - agent.z)
    return angle_between(agent.direction, away)


def _counters(reply: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    return {name: {_plain(key): count for key, count in (reply.get(name) or {}).items()} for name in COUNTERS}


def _increase(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    return {name: count - before.get(name, 0.0) for name, count in now.items() if count > before.get(name, 0.0)}


def _plain(name: str) -> str:
    """A name without its namespace, whichever way it is written."""
    return name.replace(":", ".").rpartition(".")[2].lower().replace(" ", "_")


def _cells(reply: Mapping[str, Any]) -> set[Cell] | None:
    """The cells that hold a block, of those that were asked for; None when none were.

    The engine gives places relative to the player. Whether they count from the player's own block or from the
    exact place, and to a block's corner or its middle, the floor of the sum is the block.
    """
    if reply.get("voxels") is None:
        return None
    position = reply["position"]
    cells = set()
    for each in reply["voxels"]:
        if _plain(str(each["type"])) not in ("air", "cave_air", "void_air"):
            x, y, z = (math.floor(position[axis] + float(each[axis]) + 1e-4) for axis in "xyz")
            cells.add(cell_from_minecraft(x, y, z))
    return cells
