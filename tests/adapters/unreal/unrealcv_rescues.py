"""Rescues to play in the rehearsal's yard, where the tests of UnrealCV need them."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from evalsuite.adapters.unreal.rescue_level import CRATE_METRES
from evalsuite.adapters.unreal.unrealcv_map import EYE_METRES
from evalsuite.crossview.geometry import Point, Pose, pitch_towards, yaw_towards
from evalsuite.crossview.spaces import Action, noop_action
from evalsuite.suite.scenario import Scenario

needs_unrealcv = pytest.mark.skipif(
    importlib.util.find_spec("unrealcv") is None,
    reason="the client unrealcv is not installed (adapters/unreal/README.md says how)",
)

MIDDLES: dict[str, Point] = {
    "casualty": (4.0, 2.0, 0.12),
    "stretcher": (-3.0, -4.0, 0.36),
    "crate-1": (8.0, -4.0, CRATE_METRES / 2),
    "crate-2": (10.0, -4.0, CRATE_METRES / 2),
}
START = (4.0, -3.0)
"""Free floor, 5 m south of the casualty and 7 m east of the stretcher."""


def look_at(x: float, y: float, z: float, target: Point) -> Pose:
    """A camera at (x, y, z) that has the target in its middle."""
    return Pose(x=x, y=y, z=z, yaw=yaw_towards((x, y, z), target), pitch=pitch_towards((x, y, z), target))


def rescue(
    *goals: tuple[str, str],
    start: tuple[float, float] = START,
    yaw: float = 0.0,
    casualty: tuple[float, float] = MIDDLES["casualty"][:2],
    crates: tuple[str, ...] = (),
    max_steps: int = 600,
) -> Scenario:
    """A scenario of (interaction, target) goals; by default the published rescue."""
    asked = goals or (("interact", "casualty"), ("interact", "stretcher"))
    middles = {**MIDDLES, "casualty": (*casualty, MIDDLES["casualty"][2])}
    content: dict[str, Any] = {
        "id": "test/" + "-".join(f"{interaction}-{target}" for interaction, target in asked),
        "world": "unrealcv",
        "level": {
            "map": "rescue-yard",
            "casualty": {"x": casualty[0], "y": casualty[1], "yaw": 30.0},
            "stretcher": {"x": middles["stretcher"][0], "y": middles["stretcher"][1], "yaw": -20.0},
            "crates": [{"name": name, "x": middles[name][0], "y": middles[name][1]} for name in crates],
        },
        "seed": 5,
        "start": {"x": start[0], "y": start[1], "z": EYE_METRES, "yaw": yaw},
        "max_steps": max_steps,
        "goals": [
            {
                "interaction": interaction,
                "target": {"name": name, "kind": name.partition("-")[0], "position": middles[name]},
                "camera": look_at(middles[name][0] + 0.8, middles[name][1] - 2.4, 1.7, middles[name]).model_dump(),
            }
            for interaction, name in asked
        ],
        "difficulty": "easy",
    }
    return Scenario.model_validate(content)


def press(*buttons: str, pitch: float = 0.0, yaw: float = 0.0) -> Action:
    """An action with those buttons down."""
    action = noop_action()
    action.update(dict.fromkeys(buttons, 1))
    action["camera"][:] = (pitch, yaw)
    return action
