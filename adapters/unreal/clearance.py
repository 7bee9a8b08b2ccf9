"""How far a walking body gets before it runs into something, read off a depth picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.unreal.backend import Depth

EYE_METRES = 1.62
HEAD_METRES = 0.18
RADIUS_METRES = 0.3
"""Minecraft's player: 1.8 m tall, 0.6 m wide, its eye 1.62 m above its feet."""

STEP_METRES = 0.25
"""What is lower than this above the feet is walked over."""

GRAZE_METRES = 0.03
"""A wall alongside this much nearer than the radius does not hold the body."""

CAMERA_PITCH = 25.0
"""The depth picture looks down by this: what is low is still seen right in front of the feet."""


def free_paths(depth: Depth, horizontal_fov: float, bearings: Sequence[float]) -> list[float]:
    """For each bearing, in degrees right of the picture's middle, the metres to go until something is touched.

    Args:
        depth: metres along the optical axis (height, width), from the eye, looking down by `CAMERA_PITCH`.
    """
    height, width = depth.shape
    focal = width / 2 / math.tan(math.radians(horizontal_fov / 2))
    seen = np.isfinite(depth)
    rows, columns = np.nonzero(seen)
    away = depth[seen].astype(float)
    right = (columns + 0.5 - width / 2) / focal * away
    down = (rows + 0.5 - height / 2) / focal * away
    sine, cosine = math.sin(math.radians(CAMERA_PITCH)), math.cos(math.radians(CAMERA_PITCH))
    ahead, up = away * cosine - down * sine, -away * sine - down * cosine
    body = (up > STEP_METRES - EYE_METRES) & (up < HEAD_METRES)
    ahead, right = ahead[body], right[body]
    return [_free(ahead, right, math.radians(bearing)) for bearing in bearings]


def _free(ahead: NDArray[np.float64], right: NDArray[np.float64], bearing: float) -> float:
    along = ahead * math.cos(bearing) + right * math.sin(bearing)
    across = right * math.cos(bearing) - ahead * math.sin(bearing)
    width = RADIUS_METRES - GRAZE_METRES
    met = (along > 0.0) & (np.abs(across) < width)
    if not met.any():
        return math.inf
    return float((along[met] - np.sqrt(RADIUS_METRES**2 - across[met] ** 2)).min())
