"""The noise of a camera's sensor: two pictures of a room where nothing moves are never the same."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from evalsuite.seeding import derive_seed

_SPARE = 8192
_STEP = 2741


class SensorNoise:
    """Adds -3 to 3 to every channel, otherwise for every picture, as its seed parts and the picture's number say."""

    def __init__(self, seed: tuple[str | int, ...], width: int, height: int) -> None:
        self._shape = (height, width, 3)
        count = height * width * 3 + _SPARE
        # Of numpy's random streams, the raw bits alone are promised to stay the same (NEP 19).
        raw = np.random.PCG64(derive_seed("sensor", *seed)).random_raw(count // 8 + 1).astype("<u8").view(np.uint8)
        self._noise = ((raw & 3).astype(np.int8) + (raw >> 2 & 3).astype(np.int8) - 3)[:count]
        self._numbers = itertools.count()

    def on(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A copy of the picture with the noise of the next picture on it."""
        start = next(self._numbers) * _STEP % _SPARE
        noise = self._noise[start : start + rgb.size].reshape(self._shape)
        return np.asarray(cv2.add(rgb, noise, dtype=cv2.CV_8U), np.uint8)
