"""What stopped the robot, when and why, as the record keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TripKind = Literal[
    "frame age",
    "picture unchanged",
    "command age",
    "policy latency",
    "stop",
    "stop file",
    "stop topic",
    "geofence",
    "link",
]

LATCHED: frozenset[TripKind] = frozenset({"stop", "stop file", "stop topic", "geofence", "link"})
"""These hold until somebody rearms; the others end the motion that was asked for, and the next may begin."""


@dataclass(frozen=True)
class Trip:
    """One stop.

    Args:
        kind: which limit.
        at: seconds since the trips were last reset.
        detail: for people.
        zero_after: seconds from the moment when the limit was crossed until the zero was with the link; None when the
            link took no zero.
    """

    kind: TripKind
    at: float
    detail: str
    zero_after: float | None

    @property
    def latched(self) -> bool:
        return self.kind in LATCHED
