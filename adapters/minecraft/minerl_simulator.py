"""Minecraft on MineRL 0.4.4: the slice that a client without commands, voxels and mobs can carry.

The level is drawn by the mission itself; goal views come recorded with the scenario; Approach is judged by the
place that is observed, Break by the count of blocks mined and by which of them the agent looked at.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.minecraft.catalogue import KINDS
from evalsuite.adapters.minecraft.client import Client, Picture
from evalsuite.adapters.minecraft.frame import (
    EYE_HEIGHT,
    Cell,
    cell_to_minecraft,
    eye_pose,
    to_minecraft,
    yaw_to_minecraft,
)
from evalsuite.adapters.minecraft.happenings import Ledger
from evalsuite.adapters.minecraft.launchers import minerl_environment, minerl_rehearsal_environment
from evalsuite.adapters.minecraft.level import HALF, Level, level_of
from evalsuite.adapters.minecraft.recordings import recall
from evalsuite.adapters.minecraft.sight import Box, seen_pixels
from evalsuite.adapters.minecraft.simulator import REACH_METRES
from evalsuite.adapters.minecraft.specification import HEIGHT, REAL_LIMITS, REHEARSAL_LIMITS, WIDTH, specification
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.simulator import Event, Facts, GoalView, SimulatorSpec, TimeLimits
from evalsuite.crossview.spaces import BUTTONS, Action
from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.seeding import derive_seed
from evalsuite.suite.scenario import Scenario

INTERACTIONS = ("approach", "break")
_MASKED = "use"


class MineRLSimulator:
    """One MineRL client and its engine.

    Args:
        folder: where everything is kept.
        python: the interpreter that has MineRL: it wants an older numpy and gym than evalsuite.
        rehearse: let the stand-in play the engine.
    """

    def __init__(self, folder: Path, python: str, *, rehearse: bool = False) -> None:
        self._rehearse = rehearse
        self._limits = REHEARSAL_LIMITS if rehearse else REAL_LIMITS
        own = Path(tempfile.mkdtemp(dir=folder, prefix="client-"))
        environment = minerl_rehearsal_environment(own) if rehearse else minerl_environment(own)
        self._client: Client | None = Client("minerl", own, environment, python)
        self._reply: dict[str, Any] = {}
        self._picture: Picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        self._events: tuple[Event, ...] = ()
        try:
            self._client.ask("start", self._limits.start, width=WIDTH, height=HEIGHT)
        except SimulatorFault:
            self.close()
            raise

    @property
    def spec(self) -> SimulatorSpec:
        return specification(rehearsal=self._rehearse, limits=self._limits, mask="recorded", client="minerl")

    def reset(self, scenario: Scenario, seed: int) -> None:
        level_spec, level = level_of(scenario)
        if len(level_spec.recorded) != len(scenario.goals):
            raise UsageError(f"{scenario.id}: MineRL has no camera to move: level.recorded must hold each goal's view")
        self._scenario, self._level, self._goal_index = scenario, level, 0
        self._views = [recall(text) for text in level_spec.recorded]
        self._events = ()
        start = scenario.start
        feet = to_minecraft((start.x, start.y, start.z - EYE_HEIGHT))
        tool = level_spec.tool or ("diamond_pickaxe" if scenario.interaction == "break" else "")
        self._reply, self._picture = self._ask(
            "reset",
            self._limits.reset,
            seed=derive_seed("minecraft world", scenario.id, scenario.seed, seed),
            drawing="".join(drawing(level)),
            start=[*feet, yaw_to_minecraft(start.yaw), start.pitch],
            items=[{"type": tool, "quantity": 1}] if tool else [],
        )
        self._ledger = Ledger(level)
        self._ledger.begin(self._reply)

    def next_goal(self) -> None:
        self._goal_index += 1

    def goal_view(self) -> GoalView:
        view = self._views[self._goal_index]
        return GoalView(view.image.copy(), view.mask.copy())

    def step(self, action: Action) -> None:
        asked: dict[str, Any] = {name: int(action[name]) for name in BUTTONS if name != _MASKED}
        asked["camera"] = [float(degrees) for degrees in action["camera"]]
        self._reply, self._picture = self._ask("step", self._limits.step, action=asked)
        self._events = self._ledger.observe(self._reply, action)

    def frame(self) -> NDArray[np.uint8]:
        copied: NDArray[np.uint8] = self._picture.copy()
        return copied

    def facts(self) -> Facts:
        target = self._level.thing(self._scenario.goals[self._goal_index].target.name)
        agent = eye_pose(self._reply["position"])
        if target.name in self._ledger.gone:
            return Facts(agent=agent, target=None, target_pixels=0, events=self._events)
        kind = KINDS[target.kind]
        body = Box(target.foot, kind.width, kind.height)
        pixels, centroid = seen_pixels(agent, body, self._ledger.solid, target.cell)
        return Facts(agent, target.middle, pixels, centroid, self._events)

    def allow(self, limits: TimeLimits) -> None:
        self._limits = limits

    def floor_plan(self) -> FloorPlan:
        return self._level.floor_plan()

    def reach(self) -> Mapping[str, float]:
        return {name: REACH_METRES[name] for name in INTERACTIONS}

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close(0.0 if self._rehearse else self._limits.close / 2)

    def _ask(self, what: str, limit: float, **arguments: Any) -> tuple[dict[str, Any], Picture]:
        if self._client is None:
            raise SimulatorFault("the MineRL client has ended")
        try:
            reply, picture = self._client.ask(what, limit, **arguments)
        except SimulatorFault:
            self.close()
            raise
        if picture is None:
            raise SimulatorFault(f"the MineRL client gave no picture at {what!r}")
        return reply, picture


def drawing(level: Level) -> Iterator[str]:
    """The level as Malmo's XML draws it; names are those of Minecraft 1.11 where this suite's levels need them."""
    if any(KINDS[thing.kind].mob for thing in level.things):
        raise UsageError("MineRL can't carry scenarios with mobs: it reports none")
    yield _cuboid((-HALF, -HALF, -2), (HALF - 1, HALF - 1, -1), level.ground)
    for each in level.cuboids:
        yield _cuboid(each.low, each.high, each.kind)
    for thing in level.things:
        yield _cuboid(thing.cell, thing.cell, thing.kind)


def check_minerl_scenario(scenario: Scenario) -> None:
    """Raise `UsageError` when MineRL can't carry the scenario."""
    _, level = level_of(scenario)
    list(drawing(level))
    for goal in scenario.goals:
        if goal.interaction not in INTERACTIONS:
            raise UsageError(
                f"{scenario.id}: MineRL can judge {' and '.join(INTERACTIONS)} only, not {goal.interaction}"
            )


def _cuboid(low: Cell, high: Cell, kind: str) -> str:
    a, b = cell_to_minecraft(low), cell_to_minecraft(high)
    ends = " ".join(
        f'{axis}{end}="{value}"' for end, cell in ((1, a), (2, b)) for axis, value in zip("xyz", cell, strict=True)
    )
    return f'<DrawCuboid {ends} type="{kind}"/>'
