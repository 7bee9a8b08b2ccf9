"""What the Minecraft world declares of itself."""

from __future__ import annotations

import math
from importlib.metadata import PackageNotFoundError, version

from evalsuite.crossview.simulator import SimulatorSpec, TimeLimits
from evalsuite.crossview.spaces import INTERACTIONS

WIDTH, HEIGHT = 640, 360
VERTICAL_FOV = 70.0
"""Table 2 of the paper (arXiv 2507.23698), and MineStudio's own setting."""

HORIZONTAL_FOV = 2 * math.degrees(math.atan(math.tan(math.radians(VERTICAL_FOV / 2)) * WIDTH / HEIGHT))
STEPS_PER_SECOND = 20.0
REAL_LIMITS = TimeLimits(start=600.0, reset=420.0, goal_view=30.0, step=30.0, close=20.0)
"""The engine starts in the first reset: a minute and more on a slow disk. A run cuts the client's start sooner."""

REHEARSAL_LIMITS = TimeLimits(start=600.0, reset=90.0, goal_view=10.0, step=20.0, close=10.0)
MASK_SOURCES = {
    "difference": "rendering difference: the target exchanged and put back, exact, with occlusion",
    "hull": "projected hull of the target's body, without occlusion, as in the released ROCKET-3 code",
    "recorded": "recorded with the scenario",
    "sam2": "SAM2 prompted with the projected centre and box",
}


def specification(*, rehearsal: bool, limits: TimeLimits, mask: str, client: str = "minestudio") -> SimulatorSpec:
    """The spec of a simulator on `client` whose goal masks are made by `mask`."""
    full = client == "minestudio"
    engine = "mcprec 6.13 (Minecraft 1.16.5)" if full else "Malmo 0.37.0 (Minecraft 1.11.2)"
    return SimulatorSpec(
        world="minecraft",
        width=WIDTH,
        height=HEIGHT,
        horizontal_fov=HORIZONTAL_FOV,
        vertical_fov=VERTICAL_FOV,
        steps_per_second=STEPS_PER_SECOND,
        interactions=frozenset(INTERACTIONS if full else ("approach", "break")),
        masked_actions=frozenset() if full else frozenset({"use"}),
        lockstep=True,
        determinism="bitwise" if rehearsal else "statistical",
        mask_source=MASK_SOURCES[mask],
        time_limits=limits,
        engine={**_client(client), "client": client, "engine": "stand-in" if rehearsal else engine},
        rehearsal=rehearsal,
    )


def _client(name: str) -> dict[str, str]:
    try:
        return {name: version(name)}
    except PackageNotFoundError:
        return {}
