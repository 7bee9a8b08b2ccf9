"""Tails and quantiles of the binomial, beta and t distributions, exact to double precision, in plain Python."""

from __future__ import annotations

import math
from functools import lru_cache

TINY = 1e-300
PRECISION = 1e-15
TERMS = 20_000
"""A continued fraction of two million episodes needs a few thousand."""

BISECTIONS = 80


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), the distribution function of Beta(a, b) at x.

    Evaluated by its continued fraction (NIST Digital Library of Mathematical Functions, 8.17.22) with Lentz's
    method, on the side on which that converges fast.

    Raises:
        ValueError: unless 0 <= x <= 1, a > 0 and b > 0.
    """
    if not 0.0 <= x <= 1.0 or a <= 0.0 or b <= 0.0:
        raise ValueError(f"I_{x}({a}, {b}) is not defined")
    if x in (0.0, 1.0):
        return x
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _beta_fraction(1.0 - x, b, a)
    return _beta_fraction(x, a, b)


def _beta_fraction(x: float, a: float, b: float) -> float:
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    numerator, denominator = 1.0, 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1.0))
    value = denominator
    for m in range(1, TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        change = 1.0
        for step in (even, odd):
            denominator = 1.0 / _away_from_zero(1.0 + step * denominator)
            numerator = _away_from_zero(1.0 + step / numerator)
            change = denominator * numerator
            value *= change
        if abs(change - 1.0) < PRECISION:
            break
    return min(1.0, math.exp(log_front) * value / a)


def _away_from_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY


def log_binomial_mass(k: int, n: int, p: float) -> float:
    """log P(X = k) of a binomial with 0 < p < 1 and 0 <= k <= n."""
    choose = math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)
    return choose + k * math.log(p) + (n - k) * math.log1p(-p)


@lru_cache(maxsize=1 << 16)
def binomial_tail(k: int, n: int, p: float) -> float:
    """P(X >= k) of a binomial: I_p(k, n - k + 1)."""
    if k <= 0:
        return 1.0
    if k > n:
        return 0.0
    return incomplete_beta(p, k, n - k + 1.0)


def beta_quantile(share: float, a: float, b: float) -> float:
    """The x at which I_x(a, b) = share, by bisection to 1e-24."""
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if incomplete_beta(middle, a, b) < share else (low, middle)
    return (low + high) / 2.0


def t_quantile(share: float, degrees: float) -> float:
    """The quantile of Student's t for a share in [0.5, 1): t^2 / (degrees + t^2) is Beta(1/2, degrees / 2)."""
    if not 0.5 <= share < 1.0 or degrees <= 0.0:
        raise ValueError(f"no t quantile for {share} with {degrees} degrees of freedom")
    beyond = beta_quantile(2.0 * (1.0 - share), degrees / 2.0, 0.5)
    return math.sqrt(degrees * (1.0 - beyond) / beyond) if beyond > 0.0 else math.inf
