"""What the Doom world declares of itself."""

from __future__ import annotations

import math
from importlib.metadata import PackageNotFoundError, version

from evalsuite.crossview.simulator import SimulatorSpec, TimeLimits
from evalsuite.crossview.spaces import INTERACTIONS

WIDTH, HEIGHT = 640, 360
TICS_PER_SECOND = 35
TICS_PER_STEP = 2

FOCAL_X, FOCAL_Y = 240.0, 289.0
"""Pixels at 640x360, measured on known points: the two differ, since Doom's pixels are not square."""


def _engine() -> dict[str, str]:
    try:
        return {"vizdoom": version("vizdoom")}
    except PackageNotFoundError:
        return {}


SPEC = SimulatorSpec(
    world="doom",
    width=WIDTH,
    height=HEIGHT,
    horizontal_fov=2 * math.degrees(math.atan(WIDTH / 2 / FOCAL_X)),
    vertical_fov=2 * math.degrees(math.atan(HEIGHT / 2 / FOCAL_Y)),
    steps_per_second=TICS_PER_SECOND / TICS_PER_STEP,
    interactions=frozenset(INTERACTIONS),
    lockstep=True,
    determinism="bitwise",
    mask_source="engine labels: exact, with occlusion",
    time_limits=TimeLimits(start=30.0, reset=20.0, goal_view=10.0, step=10.0, close=5.0),
    engine=_engine(),
)
