"""Goal views kept in a scenario, for a client that has no camera to move: text of compressed pictures."""

from __future__ import annotations

import base64
import zlib

import numpy as np

from evalsuite.adapters.minecraft.specification import HEIGHT, WIDTH
from evalsuite.crossview.simulator import GoalView
from evalsuite.errors import UsageError


def record(view: GoalView) -> str:
    """A goal view of WIDTH x HEIGHT as text: RGB, then the mask, zlib and base64."""
    return base64.b64encode(zlib.compress(view.image.tobytes() + view.mask.tobytes(), 9)).decode()


def recall(text: str) -> GoalView:
    """The goal view that `record` wrote. Raises `UsageError` when it is none."""
    try:
        content = np.frombuffer(zlib.decompress(base64.b64decode(text, validate=True)), np.uint8)
        image, mask = content[: -WIDTH * HEIGHT], content[-WIDTH * HEIGHT :]
        return GoalView(image.reshape(HEIGHT, WIDTH, 3).copy(), mask.reshape(HEIGHT, WIDTH).copy())
    except (ValueError, zlib.error) as error:
        raise UsageError(f"level.recorded holds no recorded goal view of {WIDTH} x {HEIGHT}: {error}") from error
