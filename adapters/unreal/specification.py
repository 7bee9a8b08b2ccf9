"""What an Unreal world declares of itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from evalsuite.adapters.unreal.actions import MASKED_ACTIONS, ActionMapping
from evalsuite.crossview.simulator import SimulatorSpec, TimeLimits

WIDTH, HEIGHT = 640, 480
HORIZONTAL_FOV = 110.0
"""The published Unreal world's picture: 640 x 480, 110 degrees (arXiv 2507.23698)."""

STEPS_PER_SECOND = 20.0
REAL_LIMITS = TimeLimits(start=60.0, reset=180.0, goal_view=30.0, step=30.0, close=20.0)
REHEARSAL_LIMITS = TimeLimits(start=60.0, reset=60.0, goal_view=20.0, step=20.0, close=10.0)


def vertical_fov(horizontal_fov: float, width: int, height: int) -> float:
    """In degrees, for square pixels."""
    return 2 * math.degrees(math.atan(math.tan(math.radians(horizontal_fov / 2)) * height / width))


def specification(
    world: str,
    interactions: frozenset[str],
    actions: ActionMapping,
    engine: Mapping[str, str],
    mask_source: str,
    *,
    rehearsal: bool,
    lockstep: bool,
    determinism: Literal["bitwise", "statistical", "none"],
    limits: TimeLimits,
    width: int = WIDTH,
    height: int = HEIGHT,
    horizontal_fov: float = HORIZONTAL_FOV,
    masked: frozenset[str] = frozenset(),
) -> SimulatorSpec:
    """The spec of one connection.

    Args:
        engine: what answered, for the record.
        masked: actions that this body has not, beside those that the mapping leaves out.
    """
    return SimulatorSpec(
        world=world,
        width=width,
        height=height,
        horizontal_fov=horizontal_fov,
        vertical_fov=vertical_fov(horizontal_fov, width, height),
        steps_per_second=STEPS_PER_SECOND,
        interactions=interactions,
        masked_actions=MASKED_ACTIONS[actions] | masked,
        lockstep=lockstep,
        determinism=determinism,
        mask_source=mask_source,
        time_limits=limits,
        engine={**engine, "actions": actions},
        rehearsal=rehearsal,
    )
