"""What the robot world declares of itself."""

from __future__ import annotations

import math
from collections.abc import Mapping

from evalsuite.adapters.robot.config import RobotConfig
from evalsuite.crossview.simulator import SimulatorSpec, TimeLimits

REAL_LIMITS = TimeLimits(start=120.0, reset=3600.0, goal_view=60.0, step=600.0, close=15.0)
"""A reset and the last step of an episode that a person judges wait for that person."""

REHEARSAL_LIMITS = TimeLimits(start=120.0, reset=120.0, goal_view=60.0, step=60.0, close=15.0)


def masked_actions(config: RobotConfig, abilities: frozenset[str]) -> frozenset[str]:
    """Table 4 of ROCKET-3 (arXiv 2507.23698), and what this robot lacks besides."""
    masked = {"use", "jump", "sneak", "sprint"}
    masked |= set() if "sideways" in abilities else {"left", "right"}
    masked |= set() if "camera pitch" in abilities else {"camera.pitch"}
    masked |= set() if "beeper" in abilities else {"attack"}
    return frozenset(masked)


def specification(
    config: RobotConfig, abilities: frozenset[str], engine: Mapping[str, str], *, rehearsal: bool
) -> SimulatorSpec:
    """The spec of a robot with these abilities."""
    camera = config.camera
    half = math.tan(math.radians(camera.horizontal_fov / 2)) * camera.height / camera.width
    return SimulatorSpec(
        world="robot",
        width=camera.width,
        height=camera.height,
        horizontal_fov=camera.horizontal_fov,
        vertical_fov=2 * math.degrees(math.atan(half)),
        steps_per_second=config.rate,
        interactions=frozenset({"approach"}),
        masked_actions=masked_actions(config, abilities),
        lockstep=False,
        determinism="none",
        mask_source="rendered, exact" if rehearsal else "a person, with grabCut (goal photo)",
        time_limits=REHEARSAL_LIMITS if rehearsal else REAL_LIMITS,
        engine={
            "robot": config.name,
            "execution": config.execution,
            "scored by": "tags" if config.overhead is not None else "operator",
            **engine,
        },
        rehearsal=rehearsal,
        approach_radius=config.approach_radius,
    )
