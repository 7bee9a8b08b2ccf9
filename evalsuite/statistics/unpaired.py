"""Two success rates on different episodes: what is left when runs have no pairs."""

from __future__ import annotations

import math
from statistics import NormalDist

from evalsuite.statistics.intervals import CONFIDENCE, wilson
from evalsuite.statistics.tango import DifferenceInterval


def newcombe_interval(
    base: tuple[int, int], candidate: tuple[int, int], confidence: float = CONFIDENCE
) -> DifferenceInterval:
    """Interval for the candidate's rate less the base's, from Wilson's interval of each; each is (successes, n).

    d - sqrt((p1 - l1)^2 + (u2 - p2)^2) to d + sqrt((u1 - p1)^2 + (p2 - l2)^2), 1 being the candidate. [-1, 1]
    when either is empty.

    Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of
    eleven methods", Statistics in Medicine 17 (1998) 873-890, method 10.
    """
    if not base[1] or not candidate[1]:
        return DifferenceInterval(-1.0, 1.0, confidence)
    before, after = wilson(*base, confidence), wilson(*candidate, confidence)
    p_before, p_after = base[0] / base[1], candidate[0] / candidate[1]
    down = math.hypot(p_after - after.low, before.high - p_before)
    up = math.hypot(after.high - p_after, p_before - before.low)
    difference = p_after - p_before
    return DifferenceInterval(max(-1.0, difference - down), min(1.0, difference + up), confidence)


def pooled_z(base: tuple[int, int], candidate: tuple[int, int]) -> float:
    """Score statistic of "the rates are equal", negative when the candidate's is lower; each is (successes, n).

    (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2)) with p of both together: the root of Pearson's chi-square without
    continuity correction. 0 where nothing varies or one is empty.
    """
    if not base[1] or not candidate[1]:
        return 0.0
    rate = (base[0] + candidate[0]) / (base[1] + candidate[1])
    variance = rate * (1.0 - rate) * (1.0 / base[1] + 1.0 / candidate[1])
    difference = candidate[0] / candidate[1] - base[0] / base[1]
    return difference / math.sqrt(variance) if variance > 0.0 else 0.0


def unpaired_p_two_sided(base: tuple[int, int], candidate: tuple[int, int]) -> float:
    """Two-sided p-value of `pooled_z`."""
    return 2.0 * NormalDist().cdf(-abs(pooled_z(base, candidate)))
