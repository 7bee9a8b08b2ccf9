"""The unweighted mean of several rates, with an interval: each suite counts the same, however many episodes it has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from evalsuite.statistics.intervals import Interval


class MacroMean(NamedTuple):
    """A mean of independent rates."""

    mean: float
    interval: Interval


def macro_mean(rates: Sequence[tuple[float, Interval]]) -> MacroMean:
    """The mean of `rates`, each with its interval, and an interval by the method of variance estimates recovery.

    With k rates r and intervals [l, u], the ends are mean - sqrt(sum (r - l)^2) / k and mean + sqrt(sum (u - r)^2) / k:
    each rate's distance to its own end stands for z times its standard error there, so that the skewness of the
    intervals near 0 and 1 is kept. Exact for one rate. The rates have to be of different episodes.

    Raises:
        ValueError: without a rate, or when the intervals have different confidences.

    Sources: G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general approach",
    Statistics in Medicine 27 (2008) 1693-1702, sec. 2; for two proportions with Wilson's intervals it is method 10 of
    R. G. Newcombe, Statistics in Medicine 17 (1998) 873-890.
    """
    if not rates:
        raise ValueError("no rate, so no mean")
    confidence = rates[0][1].confidence
    if any(interval.confidence != confidence for _, interval in rates):
        raise ValueError("the intervals have different confidences")
    mean = sum(rate for rate, _ in rates) / len(rates)
    below = math.sqrt(sum((rate - interval.low) ** 2 for rate, interval in rates)) / len(rates)
    above = math.sqrt(sum((interval.high - rate) ** 2 for rate, interval in rates)) / len(rates)
    return MacroMean(mean, Interval(max(0.0, mean - below), min(1.0, mean + above), confidence))
