"""A sky that differs in every direction: a gradient, a sun, clouds and a ring of far hills."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal.faces import Faces, numbers
from evalsuite.adapters.rehearsal.looks import Colour, Paint
from evalsuite.adapters.rehearsal.shapes import SKY_ID
from evalsuite.crossview.geometry import Point
from evalsuite.seeding import Dice

_TEXELS = 512
_REACH = 1.0e6


@dataclass(frozen=True)
class Sky:
    """Colours of a time of day, where its sun (or moon) stands in degrees, and its light from 0 to 1."""

    zenith: Colour
    horizon: Colour
    hills: Colour
    near_hills: Colour
    sun: Colour
    sun_yaw: float
    sun_height: float
    clouds: float
    daylight: float


_CLEAR_BLUE = (104, 158, 226)
_GRAY = (150, 160, 170)

SKIES: dict[str, Sky] = {
    "day": Sky(_CLEAR_BLUE, (196, 218, 236), (142, 168, 186), (106, 140, 128), (255, 250, 222), 128.0, 38.0, 0.8, 1.0),
    "dusk": Sky((62, 66, 124), (246, 172, 116), (124, 94, 118), (78, 62, 88), (255, 214, 140), 268.0, 7.0, 0.5, 0.75),
    "overcast": Sky(_GRAY, (206, 210, 214), (158, 166, 172), (120, 132, 132), (226, 228, 228), 180.0, 50.0, 0.4, 0.88),
    "night": Sky((10, 14, 34), (32, 40, 68), (22, 28, 48), (14, 20, 32), (226, 230, 240), 60.0, 42.0, 0.1, 0.45),
}

# Seen from inside, each as (corner, across, down): north, east, south, west, up, down.
_DIRECTIONS = np.array(
    [
        [[-1, 1, 1], [2, 0, 0], [0, 0, -2]],
        [[1, 1, 1], [0, -2, 0], [0, 0, -2]],
        [[1, -1, 1], [-2, 0, 0], [0, 0, -2]],
        [[-1, -1, 1], [0, 2, 0], [0, 0, -2]],
        [[-1, -1, 1], [2, 0, 0], [0, 2, 0]],
        [[-1, 1, -1], [2, 0, 0], [0, -2, 0]],
    ],
    np.float64,
)


def sky_faces(name: str, eye: Point) -> Faces:
    """A cube of 2000 km around the eye, with the sky painted on its inside."""
    planes = _DIRECTIONS * _REACH
    planes[:, 0] += eye
    return Faces(planes, np.full(len(planes), SKY_ID, np.int32), numbers(_paints(name)))


@cache
def _paints(name: str) -> tuple[Paint, ...]:
    return tuple(Paint(_texels(SKIES[name], plane), None, blurs=False) for plane in _DIRECTIONS)


def _texels(sky: Sky, plane: NDArray[np.float64]) -> NDArray[np.uint8]:
    steps = (np.arange(_TEXELS) + 0.5) / _TEXELS
    points = plane[0] + steps[None, :, None] * plane[1] + steps[:, None, None] * plane[2]
    along = points / np.linalg.norm(points, axis=-1, keepdims=True)
    yaw, height = np.arctan2(along[..., 0], along[..., 1]), np.degrees(np.arcsin(along[..., 2]))
    up = np.clip(height / 70.0, 0.0, 1.0)[..., None] ** 0.6
    colour = (1.0 - up) * np.array(sky.horizon) + up * np.array(sky.zenith)
    streaks = _waves("clouds", yaw + height / 40.0, 5) + 0.5 * np.sin(height / 3.1 + _waves("wisps", yaw, 7) * 3.0)
    between = np.clip(height / 12.0, 0.0, 1.0) * np.clip((75.0 - height) / 30.0, 0.0, 1.0)
    cloud = np.clip(streaks - 0.35, 0.0, 1.0) * between
    colour += (cloud * sky.clouds)[..., None] * (np.array((250, 250, 252)) - colour)
    sun = _sun_direction(sky)
    away = np.degrees(np.arccos(np.clip(along @ sun, -1.0, 1.0)))
    glow = 0.55 * np.exp(-away / 9.0) + np.clip(4.2 - away, 0.0, 1.0)
    colour += np.clip(glow, 0.0, 1.0)[..., None] * (np.array(sky.sun) - colour)
    for colours, rise, name in ((sky.hills, 6.5, "far"), (sky.near_hills, 2.8, "near")):
        ridge = rise + rise * 0.75 * _waves(name, yaw, 6)
        colour = np.where((height < ridge)[..., None], np.array(colours, float), colour)
    result: NDArray[np.uint8] = np.clip(np.round(colour), 0, 255).astype(np.uint8)
    return result


def _sun_direction(sky: Sky) -> NDArray[np.float64]:
    yaw, height = math.radians(sky.sun_yaw), math.radians(sky.sun_height)
    return np.array([math.sin(yaw) * math.cos(height), math.cos(yaw) * math.cos(height), math.sin(height)])


def _waves(name: str, angle: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """A smooth function round the horizon, about -1 to 1, that repeats after a full turn."""
    dice = Dice("sky", name)
    total = np.zeros_like(angle)
    for order in range(1, count + 1):
        turns = order * 2 + dice.below(3)
        total += np.sin(angle * turns + dice.uniform(0.0, 2 * math.pi)) / (1.0 + 0.5 * order)
    return total / 2.2
