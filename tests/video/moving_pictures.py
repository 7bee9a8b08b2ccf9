"""Videos read back, by the library that wrote them but by its decoder."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def pictures_of(path: Path) -> list[NDArray[np.uint8]]:
    """Every picture of a video, RGB uint8 (height, width, 3)."""
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean absolute difference of two pictures, in levels of 256."""
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())
