"""Tango's score test and interval for the difference of two success rates on the same scenarios."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from evalsuite.statistics.intervals import CONFIDENCE

BISECTIONS = 60


@dataclass(frozen=True)
class DifferenceInterval:
    """A two-sided interval for a difference of probabilities: -1 <= low <= high <= 1."""

    low: float
    high: float
    confidence: float = CONFIDENCE


@lru_cache(maxsize=1 << 16)
def tango_z(lost: float, gained: float, n: float, difference: float) -> float:
    """Score statistic of "the candidate's rate less the base's is `difference`"; standard normal if that is so.

    (gained - lost - n d) / sqrt(n (2 q + d (1 - d))), q being the greatest-likelihood probability of a lost pair
    given d: the larger root of 2n q^2 + ((2n - gained + lost) d - gained - lost) q - lost d (1 - d) = 0.
    Counts need not be whole, so that it can be taken at an effective number of pairs.

    Source: T. Tango, "Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design", Statistics in Medicine 17 (1998) 891-908, sec. 3.
    """
    linear = (2.0 * n - gained + lost) * difference - gained - lost
    constant = -lost * difference * (1.0 - difference)
    # The larger root, written so that nothing cancels when `linear` is positive.
    root = math.sqrt(max(0.0, linear**2 - 8.0 * n * constant))
    q = (root - linear) / (4.0 * n) if linear <= 0.0 else -2.0 * constant / (root + linear) if constant else 0.0
    q = max(q, 0.0, -difference)
    variance = n * (2.0 * q + difference * (1.0 - difference))
    distance = gained - lost - n * difference
    if variance <= 0.0:
        return 0.0 if abs(distance) < 1e-12 * n else math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def tango_interval(lost: float, gained: float, n: float, confidence: float = CONFIDENCE) -> DifferenceInterval:
    """The differences that `tango_z` does not reject; [-1, 1] without a pair.

    Raises:
        ValueError: unless lost, gained >= 0, lost + gained <= n and 0 < confidence < 1.
    """
    if lost < 0 or gained < 0 or lost + gained > n * (1 + 1e-12):
        raise ValueError(f"{lost} lost and {gained} gained of {n} pairs")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"a confidence of {confidence} is outside (0, 1)")
    if n == 0:
        return DifferenceInterval(-1.0, 1.0, confidence)
    z = NormalDist().inv_cdf((1.0 + confidence) / 2.0)
    return DifferenceInterval(-_upper_end(gained, lost, n, z), _upper_end(lost, gained, n, z), confidence)


def _upper_end(lost: float, gained: float, n: float, z: float) -> float:
    """Where the score falls to -z, between the observed difference and 1."""
    low, high = (gained - lost) / n, 1.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if tango_z(lost, gained, n, middle) > -z else (low, middle)
    return (low + high) / 2.0
