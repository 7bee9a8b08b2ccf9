"""What the DMLab world declares of itself, and what a person may choose of it."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from evalsuite.adapters.dmlab.actions import MASKED_ACTIONS, ActionMapping, described
from evalsuite.adapters.dmlab.catalogue import RULE_OF_INTERACTION
from evalsuite.adapters.dmlab.measures import FRAMES_PER_SECOND, UNITS_PER_METRE
from evalsuite.crossview.simulator import SimulatorSpec, TimeLimits
from evalsuite.errors import UsageError

HORIZONTAL_FOV = 90.0
FRAMES_PER_STEP = 2
"""With 2, the published yaw mapping turns by the degrees asked for (4.75 * 0.1055 * 2 = 1.002)."""

SIZE_VARIABLE = "EVALSUITE_DMLAB_SIZE"
ACTIONS_VARIABLE = "EVALSUITE_DMLAB_ACTIONS"
RENDERER_VARIABLE = "EVALSUITE_DMLAB_RENDERER"

_SIZES = ((320, 240), (640, 360))
_RENDERERS = ("software", "hardware")


@dataclass(frozen=True)
class Options:
    """What is chosen for a run: picture size in pixels, action mapping, and what draws."""

    width: int = 320
    height: int = 240
    actions: ActionMapping = "table4"
    renderer: str = "software"

    @staticmethod
    def from_environment(environment: Mapping[str, str] = os.environ) -> Options:
        """The options that the environment variables name. Raises `UsageError` for a value there is not."""
        size = environment.get(SIZE_VARIABLE, "320x240")
        sizes = [f"{width}x{height}" for width, height in _SIZES]
        width, height = map(int, re.findall(r"\d+", _one_of(size, sizes, SIZE_VARIABLE)))
        actions = _one_of(environment.get(ACTIONS_VARIABLE, "table4"), ["table4", "degrees"], ACTIONS_VARIABLE)
        renderer = _one_of(environment.get(RENDERER_VARIABLE, "software"), _RENDERERS, RENDERER_VARIABLE)
        return Options(width, height, cast(ActionMapping, actions), renderer)


def specification(options: Options, *, rehearsal: bool) -> SimulatorSpec:
    """The spec that goes with the options."""
    half = math.tan(math.radians(HORIZONTAL_FOV / 2)) * options.height / options.width
    return SimulatorSpec(
        world="dmlab",
        width=options.width,
        height=options.height,
        horizontal_fov=HORIZONTAL_FOV,
        vertical_fov=2 * math.degrees(math.atan(half)),
        steps_per_second=FRAMES_PER_SECOND / FRAMES_PER_STEP,
        interactions=frozenset(RULE_OF_INTERACTION),
        masked_actions=MASKED_ACTIONS,
        lockstep=True,
        determinism="bitwise",
        mask_source="the target drawn white against black: exact, with occlusion",
        time_limits=TimeLimits(start=60.0, reset=180.0, goal_view=30.0, step=20.0, close=10.0),
        engine={
            "deepmind_lab": "stand-in" if rehearsal else "installed",
            "renderer": "stand-in" if rehearsal else options.renderer,
            "frames_per_step": str(FRAMES_PER_STEP),
            "units_per_metre": f"{UNITS_PER_METRE:g}",
            **described(options.actions),
        },
        rehearsal=rehearsal,
    )


def _one_of(value: str, known: list[str] | tuple[str, ...], variable: str) -> str:
    if value not in known:
        raise UsageError(f"{variable} is {value!r}; it is one of {', '.join(known)}")
    return value
