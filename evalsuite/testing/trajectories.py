"""Playing fixed actions on a simulator and keeping what came of them, here or in a process of its own."""

from __future__ import annotations

import hashlib
import multiprocessing
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from evalsuite.crossview.simulator import Facts, GoalView, Simulator
from evalsuite.crossview.spaces import BUTTONS, Action, noop_action
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario

Moment = tuple[str, Facts]
"""A picture's SHA-256 and the facts that go with it."""

Trajectory = list[Moment]


def varied_actions(count: int, seed: int, masked: frozenset[str] = frozenset()) -> list[Action]:
    """`count` actions that walk, turn and use everything but what is `masked`; the same for the same seed."""
    dice = Dice("varied actions", seed)
    actions: list[Action] = []
    for _ in range(count):
        action = noop_action()
        for name in BUTTONS:
            down = dice.chance(0.7 if name == "forward" else 0.2)
            action[name] = int(down and name not in masked)
        turn = (dice.uniform(-4.0, 4.0), dice.uniform(-15.0, 15.0))
        action["camera"] = np.array(
            [0.0 if f"camera.{axis}" in masked else turn[index] for index, axis in enumerate(("pitch", "yaw"))],
            np.float32,
        )
        actions.append(action)
    return actions


def play(simulator: Simulator, scenario: Scenario, seed: int, actions: Sequence[Action]) -> Trajectory:
    """Reset, then carry out `actions`; one moment for the start and one for each action."""
    simulator.reset(scenario, seed)
    trajectory = [moment(simulator)]
    for action in actions:
        simulator.step(action)
        trajectory.append(moment(simulator))
    return trajectory


def moment(simulator: Simulator) -> Moment:
    """What the simulator shows and tells now."""
    return picture_sha256(simulator.frame()), simulator.facts()


def picture_sha256(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> str:
    return hashlib.sha256(np.ascontiguousarray(picture).tobytes()).hexdigest()


def view_sha256(view: GoalView) -> str:
    return picture_sha256(view.image) + picture_sha256(view.mask)


def first_difference(a: Trajectory, b: Trajectory) -> str:
    """Where two trajectories part, in words; empty when they are the same."""
    for step, (left, right) in enumerate(zip(a, b, strict=True)):
        if left[1] != right[1]:
            return f"the facts differ at step {step}: {left[1]} against {right[1]}"
        if left[0] != right[0]:
            return f"the pictures differ at step {step}"
    return ""


def play_in_own_process(
    make: Callable[[Path], Simulator],
    scenarios: Sequence[Scenario],
    seed: int,
    actions: Sequence[Action],
    time_limit: float = 120.0,
) -> list[Trajectory]:
    """`play` of each scenario on one fresh simulator in a fresh process (spawn); `make` must be picklable."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply_async(_play_fresh, (make, scenarios, seed, actions)).get(time_limit)


def _play_fresh(
    make: Callable[[Path], Simulator], scenarios: Sequence[Scenario], seed: int, actions: Sequence[Action]
) -> list[Trajectory]:
    with tempfile.TemporaryDirectory() as folder:
        simulator = make(Path(folder))
        try:
            return [play(simulator, scenario, seed, actions) for scenario in scenarios]
        finally:
            simulator.close()
