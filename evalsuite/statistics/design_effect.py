"""The interval of a success rate where several seeds of one scenario are not independent episodes."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evalsuite.statistics.binomial import t_quantile
from evalsuite.statistics.clopper_pearson import clopper_pearson_of_share
from evalsuite.statistics.intervals import CONFIDENCE, Interval, IntervalKind, wilson_score

Counts = NDArray[np.int64]


def effective_episodes(successes: Counts, sizes: Counts) -> float:
    """How many independent episodes tell as much as these clusters: n over the design effect.

    The design effect is the variance of the rate as estimated between clusters, over p (1 - p) / n; it is taken
    to be 1 at least. Where every episode came out the same nothing can be estimated, and a cluster counts as one
    episode, which is the worst that can be.

    Args:
        successes: per scenario, shape (scenarios,).
        sizes: scored episodes per scenario, shape (scenarios,), each positive.

    Source: E. L. Korn and B. I. Graubard, "Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data", Survey Methodology 24 (1998) 193-201; the variance is the usual
    linearised one of a ratio with clusters as primary units (L. Kish, Survey Sampling, 1965).
    """
    n, clusters = int(sizes.sum()), len(sizes)
    if clusters == n or clusters == 0:
        return float(n)
    rate = float(successes.sum()) / n
    if rate in (0.0, 1.0) or clusters == 1:
        return float(clusters)
    between = float(((successes - rate * sizes) ** 2).sum()) * clusters / (clusters - 1) / n**2
    return min(float(n), rate * (1.0 - rate) / between) if between > 0.0 else float(n)


def design_effect_interval(
    successes: Counts, sizes: Counts, confidence: float = CONFIDENCE, kind: IntervalKind = "wilson"
) -> Interval:
    """Wilson's, or Clopper and Pearson's, interval at the effective number of episodes.

    That number is also multiplied by (z / t)^2, t with as many degrees of freedom as there are scenarios less
    one: few scenarios estimate the design effect poorly. In Clopper and Pearson's, z is t with as many degrees as
    there are episodes less one. With one episode a scenario it is the plain interval of its kind.

    Source: Korn and Graubard (see `effective_episodes`) for the effective size and its correction, with Clopper
    and Pearson's interval; with Wilson's in C. Franco, R. J. A. Little, T. A. Louis and E. V. Slud, Journal of
    Survey Statistics and Methodology 7 (2019) 334-364.
    """
    n = int(sizes.sum())
    if n == 0:
        return Interval(0.0, 1.0, confidence)
    rate = float(successes.sum()) / n
    effective = effective_episodes(successes, sizes)
    share = (1.0 + confidence) / 2.0
    if len(sizes) == 1 and n > 1:
        return Interval(0.0, 1.0, confidence)
    if len(sizes) < n:
        known = NormalDist().inv_cdf(share) if kind == "wilson" else t_quantile(share, n - 1.0)
        effective *= (known / t_quantile(share, len(sizes) - 1.0)) ** 2
    return (wilson_score if kind == "wilson" else clopper_pearson_of_share)(rate, effective, confidence)


def intraclass_correlation(successes: Counts, sizes: Counts) -> float:
    """How alike episodes of one scenario are: (design effect - 1) / (mean size - 1), at least 0; 0 with one each."""
    n, clusters = int(sizes.sum()), len(sizes)
    if clusters in (0, n):
        return 0.0
    effect = n / effective_episodes(successes, sizes)
    return min(1.0, max(0.0, (effect - 1.0) / (n / clusters - 1.0))) if math.isfinite(effect) else 1.0
