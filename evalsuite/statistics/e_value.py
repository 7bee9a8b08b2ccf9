"""Evidence of a drop that may be looked at after every pair: the beta-mixture e-value."""

from __future__ import annotations

import math

from evalsuite.statistics.binomial import incomplete_beta


def e_value(lost: int, gained: int) -> float:
    """How much a drop explains the discordant pairs better than "no worse" does.

    The likelihood of `lost` among the discordant pairs, averaged over probabilities uniform on (1/2, 1), divided
    by that at 1/2: 2^(n + 1) B(lost + 1, gained + 1) (1 - I_1/2(lost + 1, gained + 1)). If the candidate is no
    worse, its expectation is at most 1 at any moment one may choose to stop at, and it ever reaches 1 / alpha
    with probability at most alpha (J. Ville, 1939). 1 without a discordant pair.

    Sources: A. Wald, Sequential Analysis (1947), for the weight function; G. Shafer, "Testing by betting", JRSS A
    184 (2021) 407-431; P. Grünwald, R. de Heide and W. Koolen, "Safe testing", JRSS B 86 (2024) 1091-1128.
    """
    a, b = lost + 1.0, gained + 1.0
    upper = 1.0 - incomplete_beta(0.5, a, b) if lost < gained else incomplete_beta(0.5, b, a)
    if upper <= 0.0:
        return 0.0
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    exponent = (lost + gained + 1.0) * math.log(2.0) + log_beta + math.log(upper)
    return math.exp(min(exponent, 700.0))
