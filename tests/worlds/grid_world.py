"""A tiny, deterministic world in numpy that the oracle can play in, and that breaks down on demand.

Its "engine" is a real process in a session of its own with a file in /dev/shm, so that what a killed worker
leaves behind is as real as with a game engine. A scenario's level may ask for faults:

    {"faults": [{"at_step": 3, "attempts": 1, "kind": "die"}], "tally": "/a/file"}

at_step 0 is the reset; `attempts` says how many of the first attempts break down, counted in `tally`, which
gets a byte at every reset; `kind` is die (SIGKILL), hang, raise or slow (50 ms every step from there on).
"""

from __future__ import annotations

import math
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.difficulty import DIFFICULTIES, Difficulty, measure_view_difficulty
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Pose, ground_distance, wrap_degrees, yaw_towards
from evalsuite.crossview.goal import Goal, Interaction, Target
from evalsuite.crossview.simulator import Event, Facts, GoalView, Simulator, SimulatorSpec, TimeLimits
from evalsuite.crossview.spaces import INTERACTIONS, Action
from evalsuite.errors import MissingHere, SimulatorFault, UsageError
from evalsuite.runner.leftovers import declare_leftover
from evalsuite.seeding import Dice, derive_seed
from evalsuite.suite.scenario import Scenario, Suite
from evalsuite.synthesis import Ask, Measured, Refused, Rules, grid_of_cells
from evalsuite.synthesis.draws import camera_yaw, opposite, start_yaw
from evalsuite.worlds import Readiness

WIDTH, HEIGHT, FOV = 64, 48, 90.0
SIZE = 24.0
CELL = 0.5
STEP_METRES = 0.3
EYE = 1.6
REACH = {"approach": 1.5, "break": 2.0, "interact": 2.0, "melee_hunt": 2.0, "archery": 10.0}
GRID_METRES: dict[Difficulty, float] = {"easy": 5.0, "medium": 9.0, "hard": 13.0}
DETERMINISM = "GRID_WORLD_DETERMINISM"
"""Environment variable: what the world declares of itself instead of `bitwise`."""

TOKEN = "GRID_WORLD_TOKEN"
"""Environment variable by which a test tells its own simulators' processes and files from another's."""

SPEC = SimulatorSpec(
    world="grid",
    width=WIDTH,
    height=HEIGHT,
    horizontal_fov=FOV,
    vertical_fov=73.7,
    steps_per_second=17.5,
    interactions=frozenset(INTERACTIONS),
    masked_actions=frozenset({"sneak"}),
    determinism="bitwise",
    mask_source="drawn",
    time_limits=TimeLimits(start=10.0, reset=2.0, goal_view=2.0, step=1.0, close=2.0),
    engine={"grid": "1"},
)


class GridSimulator:
    """Flat ground, walls as cells, one target. It takes as many seconds to come up as GRID_WORLD_START says."""

    def __init__(self) -> None:
        name = f"/dev/shm/evalgrid-{os.environ.get(TOKEN, '')}-{secrets.token_hex(8)}"
        declare_leftover(name)
        self._shared = Path(name)
        self._shared.write_bytes(b"picture")
        time.sleep(float(os.environ.get("GRID_WORLD_START", "0")))
        self._engine = subprocess.Popen(["sleep", "3600"], start_new_session=True)
        self._faults: list[dict[str, Any]] = []
        self._drawn = 0

    @property
    def spec(self) -> SimulatorSpec:
        return replace(SPEC, determinism="statistical") if os.environ.get(DETERMINISM) == "statistical" else SPEC

    def reset(self, scenario: Scenario, seed: int) -> None:
        if "needs" in scenario.level:
            raise MissingHere(f"the level needs {scenario.level['needs']}")
        self._scenario, self._goal_index = scenario, 0
        self._walls = _walls(scenario.level)
        self._colour = derive_seed(scenario.id, scenario.seed, seed) % 200
        self._agent = scenario.start
        self._gone = False
        self._events: tuple[Event, ...] = ()
        self._drawn = self._steps = 0
        self._faults = [fault for fault in scenario.level.get("faults", ()) if self._attempt() <= fault["attempts"]]
        if "tally" in scenario.level:
            with open(scenario.level["tally"], "ab") as tally:
                tally.write(b".")
        self._break_down()

    def next_goal(self) -> None:
        self._goal_index += 1
        self._gone = False

    def goal_view(self) -> GoalView:
        image = self._picture(self._goal.camera)
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        hidden = self._scenario.level.get("goal_hidden", ())
        if hidden is not True and self._goal.target.name not in (hidden or ()):
            mask[20:30, 28:36] = 1
        return GoalView(image, mask)

    def step(self, action: Action) -> None:
        self._steps += 1
        self._events = ()
        self._break_down()
        agent = self._agent
        pitch = float(np.clip(agent.pitch + action["camera"][0], -90.0, 90.0))
        yaw = wrap_degrees(agent.yaw + float(action["camera"][1]))
        ahead, aside = action["forward"] - action["back"], action["right"] - action["left"]
        pace = STEP_METRES * (1.5 if action["sprint"] else 1.0)
        sine, cosine = math.sin(math.radians(yaw)), math.cos(math.radians(yaw))
        x = agent.x + pace * (ahead * sine + aside * cosine)
        y = agent.y + pace * (ahead * cosine - aside * sine)
        if self._blocked(x, y):
            x, y = agent.x, agent.y
        self._agent = Pose(x=x, y=y, z=EYE, yaw=yaw, pitch=pitch)
        self._act(action)

    def frame(self) -> NDArray[np.uint8]:
        return self._picture(self._agent)

    def facts(self) -> Facts:
        centroid = None if self._gone else self._seen_at()
        return Facts(
            agent=self._agent,
            target=None if self._gone else self._goal.target.position,
            target_pixels=0 if centroid is None else 12,
            target_centroid=centroid,
            events=self._events,
        )

    def close(self) -> None:
        self._engine.kill()
        self._engine.wait()
        self._shared.unlink(missing_ok=True)

    def floor_plan(self) -> FloorPlan:
        return FloorPlan(~self._walls, ~self._walls, CELL)

    def reach(self) -> Mapping[str, float]:
        return REACH

    @property
    def _goal(self) -> Goal:
        return self._scenario.goals[self._goal_index]

    def _attempt(self) -> int:
        tally = self._scenario.level.get("tally")
        return 1 + (os.path.getsize(tally) if tally and os.path.exists(tally) else 0)

    def _break_down(self) -> None:
        for fault in self._faults:
            if fault["kind"] == "slow" and self._steps >= fault["at_step"]:
                time.sleep(0.05)
            elif fault["at_step"] != self._steps:
                continue
            elif fault["kind"] == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            elif fault["kind"] == "hang":
                time.sleep(3600.0)
            elif fault["kind"] == "raise":
                raise SimulatorFault("the engine said no")

    def _blocked(self, x: float, y: float) -> bool:
        if not (0.0 <= x < SIZE and 0.0 <= y < SIZE):
            return True
        return bool(self._walls[int(y / CELL), int(x / CELL)])

    def _act(self, action: Action) -> None:
        target, interaction = self._goal.target, self._goal.interaction
        if self._gone:
            return
        distance = ground_distance(self._agent.position, target.position)
        off = abs(wrap_degrees(yaw_towards(self._agent.position, target.position) - self._agent.yaw))
        if action["attack"] and distance <= 2.5 and off < 20.0:
            kind = "killed" if interaction in ("melee_hunt", "archery") else "broken"
            self._happen(Event("killed" if kind == "killed" else "broken", target.name, "melee"), gone=True)
        elif action["use"] and distance <= 2.5 and off < 20.0 and interaction == "interact":
            self._happen(Event("used", target.name, "hand"), gone=False)
        if action["use"]:
            self._drawn += 1
        else:
            if self._drawn >= 9 and interaction == "archery" and off < 5.0 and distance < 15.0:
                self._happen(Event("killed", target.name, "projectile"), gone=True)
            self._drawn = 0

    def _happen(self, event: Event, *, gone: bool) -> None:
        self._events = (*self._events, event)
        self._gone = gone

    def _seen_at(self) -> tuple[float, float] | None:
        target = self._goal.target.position
        turn = wrap_degrees(yaw_towards(self._agent.position, target) - self._agent.yaw)
        here = (self._agent.x, self._agent.y)
        if abs(turn) > FOV / 2 or not self.floor_plan().clear_line(here, target[:2]):
            return None
        return (WIDTH / 2 * (1.0 + math.tan(math.radians(turn))), HEIGHT / 2)

    def _picture(self, pose: Pose) -> NDArray[np.uint8]:
        picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        columns = np.arange(WIDTH)
        picture[..., 0] = self._colour
        picture[..., 1] = (columns * 2 + round(pose.yaw * 4)) % 256
        picture[..., 2] = round(pose.x * 10) % 256
        picture[HEIGHT // 2 :, :, 0] = round(pose.y * 10) % 256
        return picture


class GridWorld:
    """The world as it is registered."""

    name = "grid"
    summary = "a test's world"

    def readiness(self) -> Readiness:
        return Readiness("ready", "numpy is enough")

    def check(self, scenario: Scenario) -> None:
        unknown = set(scenario.level) - {"walls", "faults", "tally", "goal_hidden", "needs"}
        if unknown:
            raise UsageError(f"{scenario.id}: level.{sorted(unknown)[0]} is unknown to the world 'grid'")

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        return GridSimulator()

    def scenario_source(self, folder: Path) -> GridSource:
        return GridSource()


class GridPlace:
    """The field with some walls; its targets stand on a lattice."""

    def __init__(self, dice: Dice) -> None:
        corners = [(dice.between(4, 16), dice.between(4, 16)) for _ in range(dice.between(0, 2))]
        self.level: dict[str, Any] = {"walls": [[x, y, x + 2, y + 2] for x, y in corners]}
        self.plan = FloorPlan(~_walls(self.level), ~_walls(self.level), CELL)

    def targets(self, ask: Ask) -> list[Target]:
        spots = [(x, y) for x in (3.25, 12.25, 21.25) for y in (3.25, 12.25, 21.25) if self.plan.is_walkable((x, y))]
        return [Target(name=f"crate-{x:g}-{y:g}", kind="crate", position=(x, y, 0.5)) for x, y in spots]

    def start(self, target: Target, ask: Ask, dice: Dice) -> Pose:
        away = GRID_METRES[ask.difficulty]
        east = round(dice.uniform(-away, away) * 4) / 4
        north = dice.pick((-1, 1)) * (away - abs(east))
        x, y = target.position[0] + east, target.position[1] + north
        if not (0.0 < x < SIZE and 0.0 < y < SIZE and self.plan.is_walkable((x, y))):
            raise Refused("the start is not free")
        return Pose(x=x, y=y, z=EYE, yaw=start_yaw((x, y, EYE), target, ask, dice))

    def goals(self, target: Target, start: Pose, ask: Ask, dice: Dice) -> tuple[Goal, ...]:
        yaw = round(camera_yaw(start, ask, dice))
        x, y = opposite(target.position, yaw, 3.0)
        camera = Pose(x=x, y=y, z=EYE, yaw=yaw)
        return (Goal(interaction=_as_interaction(ask.interaction), target=target, camera=camera),)

    def measure(self, scenario: Scenario) -> Measured:
        start, target = scenario.start, scenario.goals[0].target.position
        turn = wrap_degrees(yaw_towards(start.position, target) - start.yaw)
        seen = abs(turn) < FOV / 2 and self.plan.clear_line((start.x, start.y), target[:2])
        if "GRID_WORLD_SYNTHESIS" in os.environ:
            time.sleep(float(os.environ["GRID_WORLD_SYNTHESIS"]))
        return Measured(goal_pixels=(80,), start_pixels=12 if seen else 0, solved=False)


class GridSource:
    """Makes scenarios without starting anything; GRID_WORLD_SYNTHESIS is how many seconds it looks at each."""

    rules = Rules(
        world="grid",
        dice="grid scenario",
        cells=grid_of_cells(INTERACTIONS),
        max_steps=120,
        min_goal_pixels=1,
        longest_path_m=dict.fromkeys(DIFFICULTIES, 40.0),
        nearest_start_m=3.0,
        scenarios_per_place=4,
    )

    def open(self, ask: Ask, dice: Dice, seed: int) -> GridPlace:
        return GridPlace(dice)

    def close(self) -> None:
        pass


WORLD = GridWorld()


def grid_scenario(
    name: str,
    *,
    interaction: str = "approach",
    difficulty: Difficulty = "easy",
    seed: int = 0,
    max_steps: int = 60,
    level: dict[str, Any] | None = None,
    target: tuple[float, float] = (12.0, 14.0),
) -> Scenario:
    """A scenario that starts at (4, 4) and that the oracle solves in some 40 steps."""
    start = Pose(x=4.0, y=4.0, z=EYE, yaw=0.0)
    goal = Goal(
        interaction=_as_interaction(interaction),
        target=Target(name="target", kind="crate", position=(*target, 0.5)),
        camera=Pose(x=target[0] - 3.0, y=target[1], z=EYE, yaw=90.0),
    )
    return Scenario(
        id=name,
        world="grid",
        level=level or {},
        seed=seed,
        start=start,
        max_steps=max_steps,
        goals=(goal,),
        difficulty=difficulty,
        view=measure_view_difficulty(start, goal),
    )


def grid_suite(*scenarios: Scenario, name: str = "grid-test") -> Suite:
    """A suite of these scenarios; of five, one an interaction, when none is given."""
    ours = scenarios or tuple(grid_scenario(f"{each}-0", interaction=each) for each in INTERACTIONS)
    return Suite(suite=name, version="1", scenarios=ours)


def _as_interaction(name: str) -> Interaction:
    return Goal.model_validate(
        {"interaction": name, "target": Target(name="t", kind="k", position=(0, 0, 0)), "camera": Pose(x=0, y=0, z=0)}
    ).interaction


def _walls(level: Mapping[str, Any]) -> NDArray[np.bool_]:
    """`walls` is a list of rectangles [west, south, east, north] in metres."""
    cells = round(SIZE / CELL)
    walls = np.zeros((cells, cells), np.bool_)
    for west, south, east, north in level.get("walls", ()):
        walls[int(south / CELL) : int(north / CELL), int(west / CELL) : int(east / CELL)] = True
    return walls
