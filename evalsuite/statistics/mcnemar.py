"""McNemar's test on pairs, in its mid-P form: did the candidate change what the base did?"""

from __future__ import annotations

import math
from functools import lru_cache

from evalsuite.statistics.binomial import binomial_tail, log_binomial_mass


@lru_cache(maxsize=1 << 16)
def mid_p_worse(lost: int, gained: int) -> float:
    """One-sided mid-P value against "the candidate is no worse": P(X > lost) + P(X = lost) / 2.

    X is binomial with n = lost + gained and probability 1/2, n being the discordant pairs. With none it is 1/2.

    Args:
        lost: pairs in which only the base succeeded.
        gained: pairs in which only the candidate did.

    Source: M. W. Fagerland, S. Lydersen and P. Laake, "The McNemar test for binary matched-pairs data: mid-p and
    asymptotic are better than exact conditional", BMC Medical Research Methodology 13 (2013) 91, and its
    supplement, eq. 2.
    """
    if lost < 0 or gained < 0:
        raise ValueError(f"{lost} lost and {gained} gained pairs")
    n = lost + gained
    return binomial_tail(lost + 1, n, 0.5) + 0.5 * math.exp(log_binomial_mass(lost, n, 0.5))


def mid_p_two_sided(lost: int, gained: int) -> float:
    """Two-sided mid-P value against "no change": twice the smaller one-sided one, at most 1."""
    return min(1.0, 2.0 * mid_p_worse(max(lost, gained), min(lost, gained)))
