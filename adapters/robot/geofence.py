"""A polygon on the floor: whether a point is inside, and how much it encloses."""

from __future__ import annotations

from collections.abc import Sequence


def inside(corners: Sequence[tuple[float, float]], x: float, y: float) -> bool:
    """The even-odd rule: a ray to the east crosses the outline an odd number of times."""
    within = False
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            within = not within
    return within


def signed_area(corners: Sequence[tuple[float, float]]) -> float:
    """Square metres, positive with the corners anticlockwise; 0 where they lie on a line."""
    following = [*corners[1:], corners[0]]
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(corners, following, strict=True)) / 2.0
