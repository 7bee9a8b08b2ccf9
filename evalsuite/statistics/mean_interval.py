"""The mean of what episodes measured, with an interval that knows that seeds of one scenario belong together."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalsuite.statistics.binomial import t_quantile
from evalsuite.statistics.intervals import CONFIDENCE, Interval

ROUNDING = 1e-12
"""A standard error as small as this share of the mean is none."""

BISECTIONS = 60
"""Halvings of [0, 1]: as exact as a float."""


class MeanInterval(NamedTuple):
    """A mean over n episodes; `low` and `high` are None where nothing can be said of it."""

    mean: float
    low: float | None
    high: float | None
    n: int


def mean_interval(
    values: NDArray[np.float64],
    scenarios: NDArray[np.int64],
    confidence: float = CONFIDENCE,
    *,
    bounds: tuple[float, float] | None = None,
) -> MeanInterval | None:
    """Mean and Student's t interval of `values`, shape (n,), NaN left out; None where nothing is left.

    With m scenarios, the squared standard error is m / (m - 1) times the sum over scenarios of the squared sum of
    their deviations from the mean, over n squared; t has m - 1 degrees of freedom. With one episode a scenario that
    is the textbook's s / sqrt(n).

    Scenarios that do not differ at all would give it no width, and a certainty that so few of them can't give. For
    values within `bounds` the interval is then `hoeffding`'s of the m scenarios; without bounds, as with fewer than
    two scenarios, there is none.

    Args:
        scenarios: of each value, shape (n,).
        bounds: least and greatest value that there can be.

    Source: the sandwich variance of K.-Y. Liang and S. L. Zeger, "Longitudinal data analysis using generalized linear
    models", Biometrika 73 (1986) 13-22, for a mean, with the usual factor m / (m - 1) for few clusters.
    """
    known = np.isfinite(values)
    values, scenarios = values[known], scenarios[known]
    n = len(values)
    if not n:
        return None
    mean = float(values.mean())
    _, place = np.unique(scenarios, return_inverse=True)
    deviations = np.bincount(place, weights=values - mean)
    m = len(deviations)
    if m < 2:
        return MeanInterval(mean, None, None, n)
    error = math.sqrt(m / (m - 1) * float((deviations**2).sum())) / n
    if error <= ROUNDING * max(1.0, abs(mean)):
        if bounds is None:
            return MeanInterval(mean, None, None, n)
        least, width = bounds[0], bounds[1] - bounds[0]
        within = hoeffding((mean - least) / width, m, confidence)
        return MeanInterval(mean, least + width * within.low, least + width * within.high, n)
    half_width = t_quantile((1.0 + confidence) / 2.0, m - 1) * error
    return MeanInterval(mean, mean - half_width, mean + half_width, n)


def hoeffding(mean: float, n: int, confidence: float = CONFIDENCE) -> Interval:
    """An interval for the expectation of n independent values in [0, 1] with that mean, whatever their distribution.

    It holds the expectations q with n kl(mean, q) <= ln(2 / (1 - confidence)), where kl(p, q) = p ln(p / q) +
    (1 - p) ln((1 - p) / (1 - q)). Of values that are all 1, or all 0, it is Clopper and Pearson's interval.

    Source: W. Hoeffding, "Probability inequalities for sums of bounded random variables", JASA 58 (1963) 13-30,
    theorem 1, inequality (2.1), once for each side.
    """
    most = math.log(2.0 / (1.0 - confidence)) / n
    return Interval(_furthest(mean, 0.0, most), _furthest(mean, 1.0, most), confidence)


def _furthest(mean: float, end: float, most: float) -> float:
    """How far from `mean` towards `end` its divergence stays at or below `most`."""
    inside, outside = mean, end
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2.0
        if _divergence(mean, middle) <= most:
            inside = middle
        else:
            outside = middle
    return inside


def _divergence(p: float, q: float) -> float:
    """Kullback and Leibler's, of one Bernoulli variable from another."""
    parts = ((p, q), (1.0 - p, 1.0 - q))
    return sum(math.inf if b == 0.0 else a * math.log(a / b) for a, b in parts if a > 0.0)
