"""Minecraft behind the Simulator door, on MineStudio's client as it is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.minecraft import building
from evalsuite.adapters.minecraft.catalogue import KINDS, KINDS_BY_INTERACTION, USED_WITH
from evalsuite.adapters.minecraft.client import Client, Picture
from evalsuite.adapters.minecraft.frame import EYE_HEIGHT, eye_pose
from evalsuite.adapters.minecraft.happenings import Ledger
from evalsuite.adapters.minecraft.launchers import real_environment, rehearsal_environment
from evalsuite.adapters.minecraft.level import HALF, HEIGHT, Level, Thing, level_of
from evalsuite.adapters.minecraft.masks import difference_mask, require_sam2, sam2_mask
from evalsuite.adapters.minecraft.sight import Box, hull_mask, seen_pixels
from evalsuite.adapters.minecraft.specification import HEIGHT as ROWS
from evalsuite.adapters.minecraft.specification import REAL_LIMITS, REHEARSAL_LIMITS, WIDTH, specification
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.goal import Goal
from evalsuite.crossview.simulator import Event, Facts, GoalView, SimulatorSpec, TimeLimits
from evalsuite.crossview.spaces import BUTTONS, Action, noop_action
from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.seeding import derive_seed
from evalsuite.suite.scenario import Scenario

REAL_EMPTY_FRAMES, REHEARSAL_EMPTY_FRAMES = 20, 1
REAL_SETTLING_FRAMES, REHEARSAL_SETTLING_FRAMES = 20, 1
"""Frames to wait after a jump until the engine has drawn what is there."""

_EVERYWHERE = [-2 * HALF, 2 * HALF, -HEIGHT, HEIGHT, -2 * HALF, 2 * HALF]
_WITHIN_REACH = [-6, 6, -5, 6, -6, 6]
_CLOSE_WINDOW = "inventory"

REACH_METRES: Mapping[str, float] = {
    "approach": 1.7,
    "break": 2.2,
    "interact": 2.0,
    "melee_hunt": 2.4,
    "archery": 5.0,
}
"""Eye to target along the ground at which the oracle acts; an arrow of half a draw falls little on that way."""


class MinecraftSimulator:
    """One client and its engine, one scenario at a time.

    Every reset makes a new world from the scenario's seed, builds the arena in it, takes the goal views with the
    player as a spectator while the mobs stand still, and only then sets the agent down: looking at the goal later
    disturbs nothing, since it was looked at before. After a fault the next reset starts a new client.

    Args:
        folder: where the client and the engine keep everything.
        rehearse: let the stand-in play the engine.
        limits: seconds that each phase may take.
    """

    def __init__(self, folder: Path, *, rehearse: bool = False, limits: TimeLimits | None = None) -> None:
        self._folder = folder
        self._rehearse = rehearse
        self._limits = limits or (REHEARSAL_LIMITS if rehearse else REAL_LIMITS)
        self._mask = "difference"
        self._closed = False
        self._reply: dict[str, Any] = {}
        self._picture: Picture = np.zeros((ROWS, WIDTH, 3), np.uint8)
        self._events: tuple[Event, ...] = ()
        self._client: Client | None = self._started()

    @property
    def spec(self) -> SimulatorSpec:
        return specification(rehearsal=self._rehearse, limits=self._limits, mask=self._mask)

    def reset(self, scenario: Scenario, seed: int) -> None:
        if self._closed:
            raise SimulatorFault("the Minecraft client has been closed")
        level_spec, level = level_of(scenario)
        self._mask = level_spec.mask
        if self._mask == "sam2":
            require_sam2()
        self._scenario, self._level, self._goal_index = scenario, level, 0
        self._client = self._client or self._started()
        self._ask("reset", self._limits.reset, seed=derive_seed("minecraft world", scenario.id, scenario.seed, seed))
        self._command(building.settings())
        self._command(building.arena(level))
        self._wait()
        self._goal_views = [self._look(goal, level) for goal in scenario.goals]
        self._command(building.kit(scenario, level_spec))
        self._command(building.begin(scenario, level))
        self._ledger = Ledger(level)
        self._events = ()
        if not self._rehearse:
            self._wait()
        self._observe(noop_action(), start=True)

    def next_goal(self) -> None:
        self._goal_index += 1

    def goal_view(self) -> GoalView:
        """The view taken at reset."""
        view = self._goal_views[self._goal_index]
        return GoalView(view.image.copy(), view.mask.copy())

    def step(self, action: Action) -> None:
        self._observe(action, start=False)

    def frame(self) -> NDArray[np.uint8]:
        picture: NDArray[np.uint8] = self._picture.copy()
        return picture

    def facts(self) -> Facts:
        target = self._target
        agent = eye_pose(self._reply["position"])
        if target.name in self._ledger.gone:
            return Facts(agent=agent, target=None, target_pixels=0, events=self._events)
        kind, foot = KINDS[target.kind], self._ledger.foot(target)
        own_cell = None if kind.mob else target.cell
        body = Box(foot, kind.width, kind.height)
        pixels, centroid = seen_pixels(agent, body, self._ledger.solid, own_cell)
        return Facts(
            agent=agent,
            target=(foot[0], foot[1], foot[2] + kind.height / 2),
            target_pixels=pixels,
            target_centroid=centroid,
            events=self._events,
        )

    def allow(self, limits: TimeLimits) -> None:
        self._limits = limits

    def floor_plan(self) -> FloorPlan:
        return self._level.floor_plan()

    def reach(self) -> Mapping[str, float]:
        return REACH_METRES

    def close(self) -> None:
        self._closed = True
        client, self._client = self._client, None
        if client is not None:
            # Ended politely, the real engine takes its display with it; the client takes 3 s for that.
            client.close(0.0 if self._rehearse else self._limits.close / 2)

    @property
    def _goal(self) -> Goal:
        return self._scenario.goals[self._goal_index]

    @property
    def _target(self) -> Thing:
        return self._level.thing(self._goal.target.name)

    def _started(self) -> Client:
        folder = Path(tempfile.mkdtemp(dir=self._folder, prefix="client-"))
        environment = rehearsal_environment(folder) if self._rehearse else real_environment(folder)
        client = Client("minestudio", folder, environment)
        frames = REHEARSAL_EMPTY_FRAMES if self._rehearse else REAL_EMPTY_FRAMES
        try:
            client.ask("start", self._limits.start, width=WIDTH, height=ROWS, empty_frames=frames)
        except SimulatorFault:
            client.close(0.0)
            raise
        return client

    def _ask(self, what: str, limit: float, **arguments: Any) -> tuple[dict[str, Any], Picture]:
        """Ask the client; one that failed is ended with its engine, and the next reset starts another."""
        if self._client is None:
            raise SimulatorFault("the Minecraft client has ended")
        try:
            reply, picture = self._client.ask(what, limit, **arguments)
        except SimulatorFault:
            client, self._client = self._client, None
            client.close(0.0)
            raise
        if picture is None or picture.shape != (ROWS, WIDTH, 3):
            raise SimulatorFault(f"the Minecraft client gave no picture of {WIDTH} x {ROWS} at {what!r}")
        return reply, picture

    def _command(self, commands: Iterable[str]) -> None:
        for command in commands:
            self._ask("command", self._limits.step, command=command)

    def _wait(self) -> Picture:
        frames = REHEARSAL_SETTLING_FRAMES if self._rehearse else REAL_SETTLING_FRAMES
        for _ in range(frames):
            picture = self._ask("step", self._limits.step, action={"camera": [0.0, 0.0]})[1]
        return picture

    def _look(self, goal: Goal, level: Level) -> GoalView:
        """The picture from the goal camera and the target's mask in it; the target is left as it was."""
        target = level.thing(goal.target.name)
        kind = KINDS[target.kind]
        self._command([building.look(goal.camera)])
        image = self._wait()
        hull = hull_mask(goal.camera, Box(target.foot, kind.width, kind.height))
        if self._mask == "hull":
            return GoalView(image, hull)
        if self._mask == "sam2":
            return GoalView(image, sam2_mask(image, hull))
        pictures = [image]
        for commands in building.exchange(target):
            if commands:
                self._command(commands)
                pictures.append(self._wait())
        if kind.full:
            self._command([building.put(target)])
        shown, exchanged, restored = pictures[-3:]
        return GoalView(image, difference_mask(shown, exchanged, restored, hull))

    def _observe(self, action: Action, *, start: bool) -> None:
        asked: dict[str, Any] = {name: int(action[name]) for name in BUTTONS}
        asked["camera"] = [float(degrees) for degrees in action["camera"]]
        if self._ledger.has_mobs:
            asked["mobs"] = _EVERYWHERE
        if action["attack"]:
            asked["voxels"] = _WITHIN_REACH
        if not start and self._reply["gui"]:
            # The action space has no key that closes a window, and an agent can't walk with one open.
            asked[_CLOSE_WINDOW] = 1
        self._reply, self._picture = self._ask("step", self._limits.step, action=asked)
        if start:
            self._ledger.begin(self._reply)
        else:
            self._events = self._ledger.observe(self._reply, action)


def check_scenario(scenario: Scenario) -> None:
    """Raise `UsageError` when the scenario can't be played in Minecraft; starts nothing."""
    spec, level = level_of(scenario)
    names = {thing.name: thing for thing in level.things}
    if abs(scenario.start.z - EYE_HEIGHT) > 0.01:
        raise UsageError(f"{scenario.id}: start.z is the eye's height above the arena's floor, {EYE_HEIGHT} m")
    if not (abs(scenario.start.x) < HALF and abs(scenario.start.y) < HALF):
        raise UsageError(f"{scenario.id}: start: the arena reaches from -{HALF} to {HALF}")
    for number, goal in enumerate(scenario.goals):
        where = f"{scenario.id}: goals[{number}]"
        thing = names.get(goal.target.name)
        if thing is None or thing.kind != goal.target.kind:
            there = ", ".join(f"{each.name} at {list(each.middle)}" for each in level.things)
            raise UsageError(
                f"{where}.target: the level has no {goal.target.kind} named {goal.target.name!r}; it has {there}"
            )
        if np.abs(np.subtract(thing.middle, goal.target.position)).max() > 0.01:
            raise UsageError(
                f"{where}.target.position: {goal.target.name} stands at {list(thing.middle)}; biome, layout and cast "
                "together decide where things stand: after changing one, look at start and camera again too"
            )
        kinds = KINDS_BY_INTERACTION[goal.interaction]
        if goal.interaction == "interact":
            kinds += USED_WITH.get(spec.tool, ())
        if thing.kind not in kinds:
            with_tool = f" with {spec.tool}" if spec.tool else ""
            raise UsageError(f"{where}: {goal.interaction}{with_tool} is for {', '.join(kinds)}, not for {thing.kind}")
        if goal.interaction != scenario.goals[0].interaction:
            raise UsageError(f"{where}: the kit is that of the first goal's interaction; it can't be mixed")
