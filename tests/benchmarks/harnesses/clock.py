"""What every harness tells of itself: one JSON object on standard output."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Clock:
    """Notes the first step and the last frames.

    Args:
        started: when the harness was started, by `time.time`.
    """

    def __init__(self, started: float) -> None:
        self._started = started
        self._first = 0.0
        self._steps = 0
        self._steps_at_first = 0
        self.frames: dict[str, str] = {}

    def count(self, steps: int) -> None:
        """So many steps more have been made."""
        self._steps += steps
        if steps and not self._first:
            self._first, self._steps_at_first = time.time(), self._steps

    def ended(self, scenario: str, frame: NDArray[np.uint8]) -> None:
        """The episode `scenario` ended in this picture."""
        self.frames[scenario] = frame_sha256(frame)

    def tell(self, **more: Any) -> None:
        """Print what was noted; the last step has just been made."""
        self.tell_at(time.time(), **more)

    def tell_at(self, now: float, **more: Any) -> None:
        """Print what was noted; the last step was made at `now`."""
        told = {
            "steps": self._steps,
            "first_step_seconds": self._first - self._started,
            "rate": (self._steps - self._steps_at_first) / (now - self._first),
            "seconds": now - self._started,
            "frames": self.frames,
            **more,
        }
        print(json.dumps(told), flush=True)


def frame_sha256(frame: NDArray[np.uint8]) -> str:
    """As a record has it."""
    return hashlib.sha256(np.ascontiguousarray(frame).tobytes()).hexdigest()
