"""Stopping a paired comparison early: O'Brien and Fleming's bounds, with a way out when it is hopeless."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalsuite.statistics.mcnemar import mid_p_worse
from evalsuite.statistics.power import POWER, SIGNIFICANCE

LOOKS = 4
HOPELESS = 0.2
"""Conditional power below which going on is not worth its episodes."""

NODES = 160
REACH = 8.0
"""Standard deviations below 0 from which densities are carried from look to look."""

StopReason = Literal["regression", "futility"]


@dataclass(frozen=True)
class OBrienFleming:
    """A one-sided test of "the candidate is no worse" with equally spaced looks.

    At look k of K the statistic has to exceed C sqrt(K / k) to stop for a regression: hardly ever at first, and
    nearly the fixed test's bound at last. It stops for futility when, should the drop be such that the whole
    test finds it with probability `POWER`, less than `HOPELESS` would be left of that probability. Futility is
    non-binding: the size holds whether or not it is heeded.

    Args:
        total: pairs that the whole comparison has.

    Sources: P. C. O'Brien and T. R. Fleming, "A multiple testing procedure for clinical trials", Biometrics 35
    (1979) 549-556; conditional power: K. K. G. Lan, R. Simon and M. Halperin, "Stochastically curtailed tests in
    long-term clinical trials", Sequential Analysis 1 (1982) 207-219.
    """

    total: int
    looks: int = LOOKS
    significance: float = SIGNIFICANCE

    @property
    def schedule(self) -> tuple[int, ...]:
        """The numbers of pairs at which it looks, ascending; the last is `total`."""
        return tuple(sorted({math.ceil(self.total * k / self.looks) for k in range(1, self.looks + 1)}))

    def bound(self, pairs: int) -> float:
        """What the statistic has to reach at `pairs` pairs."""
        return critical_constant(self.looks, self.significance) * math.sqrt(self.total / pairs)

    def decide(self, lost: int, gained: int, pairs: int) -> StopReason | None:
        """What a look at `pairs` pairs, of which `lost` and `gained` are discordant, decides."""
        z = worse_z(lost, gained)
        if z >= self.bound(pairs):
            return "regression"
        if pairs < self.total and self.conditional_power(z, pairs / self.total) < HOPELESS:
            return "futility"
        return None

    def conditional_power(self, z: float, share: float) -> float:
        """Chance to end above the last bound if the drop is the one that the whole test is powered for.

        Args:
            z: the statistic now.
            share: of the pairs that have been seen, in (0, 1).
        """
        normal = NormalDist()
        drift = normal.inv_cdf(1.0 - self.significance) + normal.inv_cdf(POWER)
        ahead = z * math.sqrt(share) + drift * (1.0 - share) - critical_constant(self.looks, self.significance)
        return normal.cdf(ahead / math.sqrt(1.0 - share))


def worse_z(lost: int, gained: int) -> float:
    """The mid-P value of "no worse" as a normal deviate; it is close to (lost - gained) / sqrt(lost + gained)."""
    p = mid_p_worse(lost, gained)
    return NormalDist().inv_cdf(min(max(1.0 - p, 1e-16), 1.0 - 1e-16)) if p > 1e-15 else 8.0


@lru_cache(maxsize=16)
def critical_constant(looks: int, significance: float) -> float:
    """C such that a Brownian motion on [0, 1] exceeds C at one of the looks k / K with probability `significance`.

    That is z_k sqrt(k / K) >= C. Found by bisection on the crossing probability, which is carried from look to
    look by Gaussian quadrature (P. Armitage, C. K. McPherson and B. C. Rowe, "Repeated significance tests on
    accumulating data", JRSS A 132 (1969) 235-244).
    """
    low, high = 0.5, 6.0
    for _ in range(40):
        middle = (low + high) / 2.0
        low, high = (middle, high) if crossing_probability(middle, looks) > significance else (low, middle)
    return (low + high) / 2.0


def crossing_probability(bound: float, looks: int) -> float:
    """Chance that a Brownian motion exceeds `bound` at one of the times k / K, k = 1..K."""
    step = 1.0 / looks
    nodes, weights = _legendre()
    nodes = (bound - REACH + (bound + REACH) * nodes) / 2.0
    weights = weights * (bound + REACH) / 2.0
    scale = math.sqrt(2.0 * math.pi * step)
    kernel = np.exp(-((nodes[:, None] - nodes[None, :]) ** 2) / (2.0 * step)) / scale
    inside = np.exp(-(nodes**2) / (2.0 * step)) / scale
    for _ in range(looks - 1):
        inside = kernel @ (inside * weights)
    return 1.0 - float((inside * weights).sum())


@lru_cache(maxsize=1)
def _legendre() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return nodes, weights
