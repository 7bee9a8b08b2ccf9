"""The mean of what episodes measured, with an interval that knows that seeds of one scenario belong together."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalsuite.statistics.binomial import t_quantile
from evalsuite.statistics.intervals import CONFIDENCE


class MeanInterval(NamedTuple):
    """A mean over n episodes; `low` and `high` are None with fewer than two scenarios."""

    mean: float
    low: float | None
    high: float | None
    n: int


def mean_interval(
    values: NDArray[np.float64], scenarios: NDArray[np.int64], confidence: float = CONFIDENCE
) -> MeanInterval | None:
    """Mean and Student's t interval of `values`, shape (n,), NaN left out; None where nothing is left.

    With m scenarios, the squared standard error is m / (m - 1) times the sum over scenarios of the squared sum of
    their deviations from the mean, over n squared; t has m - 1 degrees of freedom. With one episode a scenario that
    is the textbook's s / sqrt(n).

    Args:
        scenarios: of each value, shape (n,).

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
    half_width = t_quantile((1.0 + confidence) / 2.0, m - 1) * error
    return MeanInterval(mean, mean - half_width, mean + half_width, n)
