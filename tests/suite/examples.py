"""Suites made up for the tests."""

from __future__ import annotations

from typing import Any

from evalsuite.suite.scenario import Suite


def scenario_fields(name: str = "first", **changes: Any) -> dict[str, Any]:
    """A right scenario as plain data, with changes."""
    return {
        "id": f"made-up/{name}",
        "world": "flat",
        "level": {"theme": "meadow", "size": 3, "heights": [0.5, 1e-7], "open": True, "none": None},
        "seed": 7,
        "start": {"x": 0.0, "y": -1.5, "z": 1.62, "yaw": 30.0},
        "max_steps": 100,
        "goals": [
            {
                "interaction": "break",
                "target": {"name": "crate-1", "kind": "crate", "position": [1.0, 2.0, 0.5]},
                "camera": {"x": 0.0, "y": 0.0, "z": 3.0, "yaw": 20.0, "pitch": 12.5},
            }
        ],
        "difficulty": "easy",
        "view": {
            "manhattan_m": 20.0,
            "straight_m": 15.0,
            "view_angle_deg": 40.0,
            "goal_camera_height_m": 2.5,
            "goal_camera_pitch_deg": 12.5,
            "goal_camera_distance_m": 2.2,
        },
    } | changes


def suite_fields(*scenarios: dict[str, Any]) -> dict[str, Any]:
    """A right suite as plain data; by default with two scenarios."""
    return {
        "schema": 1,
        "suite": "made-up",
        "version": "1.0",
        "description": "Ünïcode: and a colon",
        "scenarios": list(scenarios) or [scenario_fields("first"), scenario_fields("second", seed=8)],
    }


def made_up_suite(*scenarios: dict[str, Any]) -> Suite:
    return Suite.model_validate(suite_fields(*scenarios))
