"""How many episodes a difference takes to be seen."""

from __future__ import annotations

import math
from statistics import NormalDist

SIGNIFICANCE = 0.05
POWER = 0.8


def pairs_needed(
    base: float, candidate: float, correlation: float, significance: float = SIGNIFICANCE, power: float = POWER
) -> int:
    """Pairs with which a one-sided McNemar test sees a change from the rate `base` to `candidate`.

    n = (z_a sqrt(psi) + z_b sqrt(psi - delta^2))^2 / delta^2, psi being the expected share of discordant pairs:
    p1 (1 - p2) + p2 (1 - p1) - 2 rho sqrt(p1 (1 - p1) p2 (1 - p2)), at least |delta|.

    Args:
        base, candidate: rates in (0, 1), not equal.
        correlation: rho, between base and candidate on the same scenario.

    Raises:
        ValueError: for rates outside [0, 1] or equal ones.

    Source: O. S. Miettinen, "The matched pairs design in the case of all-or-none responses", Biometrics 24 (1968)
    339-352; R. J. Connor, "Sample size for testing differences in proportions for the paired-sample design",
    Biometrics 43 (1987) 207-211.
    """
    delta = _difference(base, candidate)
    together = math.sqrt(base * (1 - base) * candidate * (1 - candidate))
    psi = base * (1 - candidate) + candidate * (1 - base) - 2 * correlation * together
    psi = max(psi, abs(delta))
    z_a, z_b = _quantiles(significance, power)
    return math.ceil((z_a * math.sqrt(psi) + z_b * math.sqrt(max(0.0, psi - delta**2))) ** 2 / delta**2)


def episodes_needed(base: float, candidate: float, significance: float = SIGNIFICANCE, power: float = POWER) -> int:
    """Episodes of each run with which a one-sided test of two independent rates sees the change.

    n = (z_a sqrt(2 p (1 - p)) + z_b sqrt(p1 (1 - p1) + p2 (1 - p2)))^2 / delta^2 with p the mean rate.

    Source: J. L. Fleiss, B. Levin and M. C. Paik, Statistical Methods for Rates and Proportions, 3rd ed. (2003),
    sec. 4.3, without the continuity correction.
    """
    delta = _difference(base, candidate)
    mean = (base + candidate) / 2
    z_a, z_b = _quantiles(significance, power)
    spread = base * (1 - base) + candidate * (1 - candidate)
    return math.ceil((z_a * math.sqrt(2 * mean * (1 - mean)) + z_b * math.sqrt(spread)) ** 2 / delta**2)


def _difference(base: float, candidate: float) -> float:
    if not (0.0 <= base <= 1.0 and 0.0 <= candidate <= 1.0) or base == candidate:
        raise ValueError(f"rates of {base} and {candidate}: both lie in [0, 1] and differ")
    return candidate - base


def _quantiles(significance: float, power: float) -> tuple[float, float]:
    normal = NormalDist()
    return normal.inv_cdf(1.0 - significance), normal.inv_cdf(power)
