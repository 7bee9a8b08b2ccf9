"""A simulator that replays a list of facts, so that a test says in full what happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview import Action, CrossViewEnv, Event, Facts, GoalView, Pose, SimulatorSpec, noop_action
from evalsuite.suite.scenario import Scenario

SPEC = SimulatorSpec(
    world="scripted",
    width=60,
    height=30,
    horizontal_fov=90.0,
    vertical_fov=60.0,
    steps_per_second=10.0,
    interactions=frozenset({"approach", "break", "interact", "melee_hunt", "archery"}),
    masked_actions=frozenset({"sneak", "camera.pitch"}),
)


class ScriptedSimulator:
    """Shows `script[0]` at reset and `script[n]` after step n; the last facts stay."""

    def __init__(self, script: Sequence[Facts]) -> None:
        self.script = list(script)
        self.actions: list[Action] = []
        self.goals_shown = 1
        self.closed = 0
        self._step = 0

    @property
    def spec(self) -> SimulatorSpec:
        return SPEC

    def reset(self, scenario: Scenario, seed: int) -> None:
        self.scenario, self.seed = scenario, seed
        self._step, self.goals_shown = 0, 1

    def next_goal(self) -> None:
        self.goals_shown += 1

    def goal_view(self) -> GoalView:
        mask = np.zeros((SPEC.height, SPEC.width), np.uint8)
        mask[5:9, 5:9] = 1
        return GoalView(np.full((SPEC.height, SPEC.width, 3), self.goals_shown, np.uint8), mask)

    def step(self, action: Action) -> None:
        self.actions.append(action)
        self._step += 1

    def frame(self) -> NDArray[np.uint8]:
        return np.full((SPEC.height, SPEC.width, 3), self._step % 256, np.uint8)

    def facts(self) -> Facts:
        return self.script[min(self._step, len(self.script) - 1)]

    def close(self) -> None:
        self.closed += 1


def seen(distance: float = 9.0, *events: Event, pixels: int | None = 0, column: float = 30.0) -> Facts:
    """The agent `distance` m south of the target, which shows `pixels` pixels centred on `column`."""
    return Facts(
        agent=Pose(x=0.0, y=-distance, z=1.6),
        target=(0.0, 0.0, 1.0),
        target_pixels=pixels,
        target_centroid=(column, 15.0) if pixels else None,
        events=events,
    )


def gone(*events: Event) -> Facts:
    """The target is no more."""
    return replace(seen(2.0, *events), target=None)


def scenario(*interactions: str, max_steps: int = 50) -> Scenario:
    """One goal after the other; the targets are called goal-0, goal-1, ..."""
    pose: dict[str, Any] = {"x": 0.0, "y": -9.0, "z": 1.6}
    goals = [
        {
            "interaction": interaction,
            "target": {"name": f"goal-{index}", "kind": "thing", "position": [0.0, 0.0, 1.0]},
            "camera": pose,
        }
        for index, interaction in enumerate(interactions)
    ]
    view = {
        "manhattan_m": 9.0,
        "straight_m": 9.0,
        "view_angle_deg": 0.0,
        "goal_camera_height_m": 0.6,
        "goal_camera_pitch_deg": 0.0,
        "goal_camera_distance_m": 9.0,
    }
    return Scenario.model_validate(
        {
            "id": "scripted/" + "-".join(interactions),
            "world": "scripted",
            "level": {},
            "seed": 0,
            "start": pose,
            "max_steps": max_steps,
            "goals": goals,
            "difficulty": "easy",
            "view": view,
        }
    )


def started(script: Sequence[Facts], *interactions: str, max_steps: int = 50) -> CrossViewEnv:
    """The environment, reset."""
    env = CrossViewEnv(ScriptedSimulator(script), scenario(*interactions, max_steps=max_steps))
    env.reset(seed=0)
    return env


def steps_until_over(env: CrossViewEnv, **changes: Any) -> list[tuple[float, bool, bool]]:
    """Step with `noop_action` and `changes` to the end: (reward, terminated, truncated) of each step."""
    results: list[tuple[float, bool, bool]] = []
    while not results or not (results[-1][1] or results[-1][2]):
        _, reward, terminated, truncated, _ = env.step({**noop_action(), **changes})
        results.append((reward, terminated, truncated))
    return results
