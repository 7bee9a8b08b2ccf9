"""Confidence intervals for a success rate: what n episodes can say about a probability."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, get_args

CONFIDENCE = 0.95

IntervalKind = Literal["wilson", "clopper-pearson"]
"""Wilson's covers 95% on average over the rates; Clopper and Pearson's at every rate, and is wider."""

INTERVAL_KINDS: tuple[IntervalKind, ...] = get_args(IntervalKind)


@dataclass(frozen=True)
class Interval:
    """A two-sided interval for a probability: 0 <= low <= high <= 1, with its nominal confidence."""

    low: float
    high: float
    confidence: float = CONFIDENCE


def wilson(successes: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Wilson's score interval: the probabilities p that |x - n p| <= z sqrt(n p (1 - p)) does not reject.

    With p' = successes / n and z the two-sided normal quantile, its ends are the roots of that equation:
    (p' + z^2/2n -+ z sqrt(p'(1 - p')/n + z^2/4n^2)) / (1 + z^2/n). With n = 0 nothing is rejected: [0, 1].

    It takes episodes to be independent: several seeds of one scenario are not, and make it too narrow.

    Raises:
        ValueError: unless 0 <= successes <= n and 0 < confidence < 1.

    Sources: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
    (1927) 209-212; recommended over Wald's at every n by Brown, Cai and DasGupta, "Interval estimation for a
    binomial proportion", Statistical Science 16 (2001) 101-133, sec. 3.1.1.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} episodes")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"a confidence of {confidence} is outside (0, 1)")
    if n == 0:
        return Interval(0.0, 1.0, confidence)
    return wilson_score(successes / n, n, confidence)


def wilson_score(rate: float, n: float, confidence: float = CONFIDENCE) -> Interval:
    """The interval of `wilson` for a rate in [0, 1] and a positive number of episodes that need not be whole."""
    z = NormalDist().inv_cdf((1.0 + confidence) / 2.0)
    weight = z * z / n
    centre = (rate + weight / 2.0) / (1.0 + weight)
    half_width = math.sqrt(weight * rate * (1.0 - rate) + weight * weight / 4.0) / (1.0 + weight)
    low = 0.0 if rate == 0.0 else max(0.0, centre - half_width)
    high = 1.0 if rate == 1.0 else min(1.0, centre + half_width)
    return Interval(low, high, confidence)
