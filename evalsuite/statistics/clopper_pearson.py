"""The exact interval: never below its confidence, at the price of width."""

from __future__ import annotations

from evalsuite.statistics.binomial import beta_quantile
from evalsuite.statistics.intervals import CONFIDENCE, Interval


def clopper_pearson(successes: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """The probabilities p of which neither tail of the binomial is below (1 - confidence) / 2.

    Its ends are quantiles of Beta(x, n - x + 1) and Beta(x + 1, n - x); with n = 0 it is [0, 1].

    Raises:
        ValueError: unless 0 <= successes <= n and 0 < confidence < 1.

    Source: C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of
    the binomial", Biometrika 26 (1934) 404-413; as beta quantiles in Brown, Cai and DasGupta, Statistical
    Science 16 (2001) 101-133, sec. 4.2.1.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} episodes")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"a confidence of {confidence} is outside (0, 1)")
    return clopper_pearson_of_share(successes / n, n, confidence) if n else Interval(0.0, 1.0, confidence)


def clopper_pearson_of_share(rate: float, n: float, confidence: float = CONFIDENCE) -> Interval:
    """The interval of `clopper_pearson` for a rate in [0, 1] and a positive number of episodes, whole or not."""
    tail, successes = (1.0 - confidence) / 2.0, rate * n
    low = beta_quantile(tail, successes, n - successes + 1.0) if rate > 0.0 else 0.0
    high = beta_quantile(1.0 - tail, successes + 1.0, n - successes) if rate < 1.0 else 1.0
    return Interval(low, high, confidence)
