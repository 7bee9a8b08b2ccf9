"""From the suite's actions to the engine's seven numbers: as published, or degree for degree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.dmlab.measures import DEGREES_PER_PIXEL, MOST_PIXELS
from evalsuite.crossview.spaces import Action

ActionMapping = Literal["table4", "degrees"]
EngineAction = NDArray[np.intc]

YAW_PIXELS_PER_DEGREE = 4.75
PITCH_PIXELS_PER_DEGREE = 2.78
"""ROCKET-3 (arXiv 2507.23698), table 4. Held for 2 frames, a degree of yaw turns 1.002 and a degree of pitch 0.586."""

MASKED_ACTIONS = frozenset({"jump", "sprint", "use"})
"""Table 4 has no use and no jump here; the engine knows one speed, so that sprinting is walking."""


def engine_action(action: Action, mapping: ActionMapping, frames: int) -> EngineAction:
    """(look right, look down, strafe, move, fire, jump, crouch), shape (7,), dtype intc, held for `frames` frames."""
    pitch, yaw = (float(degrees) for degrees in action["camera"])
    right, down = _PIXELS[mapping](yaw, pitch, frames)
    return np.array(
        [
            _clipped(right),
            _clipped(down),
            action["right"] - action["left"],
            action["forward"] - action["back"],
            action["attack"],
            0,
            action["sneak"],
        ],
        np.intc,
    )


def _as_published(yaw: float, pitch: float, frames: int) -> tuple[float, float]:
    return YAW_PIXELS_PER_DEGREE * yaw, PITCH_PIXELS_PER_DEGREE * pitch


def _degree_for_degree(yaw: float, pitch: float, frames: int) -> tuple[float, float]:
    return yaw / (DEGREES_PER_PIXEL * frames), pitch / (DEGREES_PER_PIXEL * frames)


_PIXELS: dict[str, Callable[[float, float, int], tuple[float, float]]] = {
    "table4": _as_published,
    "degrees": _degree_for_degree,
}


def _clipped(pixels: float) -> int:
    return max(-MOST_PIXELS, min(MOST_PIXELS, round(pixels)))


def described(mapping: ActionMapping) -> dict[str, Any]:
    """For a run's header."""
    if mapping == "table4":
        return {"actions": f"table 4: yaw {YAW_PIXELS_PER_DEGREE}, pitch {PITCH_PIXELS_PER_DEGREE} pixels a degree"}
    return {"actions": f"degree for degree, {DEGREES_PER_PIXEL} degrees a pixel and frame"}
