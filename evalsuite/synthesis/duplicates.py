"""Scenarios that are the same but for a step aside: a spatial hash finds them without comparing all with all."""

from __future__ import annotations

import hashlib
import math
import struct

from evalsuite.crossview.geometry import Pose, wrap_degrees
from evalsuite.suite.scenario import Scenario, canonical_json

NEAR_START_METRES, NEAR_START_DEGREES = 1.0, 20.0
NEAR_CAMERA_METRES, NEAR_CAMERA_DEGREES = 1.0, 20.0
"""Two scenarios of one place and one target are near duplicates when both start and goal camera are within these."""

_SQUARE = struct.Struct("<2i")
_POSES = struct.Struct("<10d")


class Seen:
    """The scenarios accepted so far; some 300 bytes each."""

    def __init__(self) -> None:
        self._buckets: dict[bytes, bytes] = {}

    def add(self, scenario: Scenario) -> None:
        key = _what(scenario) + _SQUARE.pack(*_square(scenario.start))
        self._buckets[key] = self._buckets.get(key, b"") + _packed(scenario)

    def has_near(self, scenario: Scenario) -> bool:
        """Whether the same, or nearly the same, was added before."""
        what, ours = _what(scenario), _POSES.unpack(_packed(scenario))
        column, row = _square(scenario.start)
        return any(
            _near(ours, theirs)
            for east in (-1, 0, 1)
            for north in (-1, 0, 1)
            for theirs in _POSES.iter_unpack(self._buckets.get(what + _SQUARE.pack(column + east, row + north), b""))
        )


def _square(start: Pose) -> tuple[int, int]:
    return math.floor(start.x / NEAR_START_METRES), math.floor(start.y / NEAR_START_METRES)


def _what(scenario: Scenario) -> bytes:
    """The place and what is asked for in it."""
    asked = [[goal.interaction, goal.target.name] for goal in scenario.goals]
    return hashlib.blake2b(canonical_json({"level": scenario.level, "asked": asked}), digest_size=12).digest()


def _packed(scenario: Scenario) -> bytes:
    start, camera = scenario.start, scenario.goals[0].camera
    return _POSES.pack(*(value for each in (start, camera) for value in (each.x, each.y, each.z, each.yaw, each.pitch)))


def _near(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return all(
        math.dist(a[at : at + 3], b[at : at + 3]) <= metres
        and abs(wrap_degrees(a[at + 3] - b[at + 3])) <= degrees
        and abs(a[at + 4] - b[at + 4]) <= degrees
        for at, metres, degrees in (
            (0, NEAR_START_METRES, NEAR_START_DEGREES),
            (5, NEAR_CAMERA_METRES, NEAR_CAMERA_DEGREES),
        )
    )
