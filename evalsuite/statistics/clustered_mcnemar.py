"""McNemar's test where a scenario carries several seeds, so that pairs come in clusters."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def durkalski_z(lost: Counts, gained: Counts, sizes: Counts) -> float:
    """The signed root of Durkalski's statistic, positive when the candidate lost more than it gained.

    z = sum_k d_k / sqrt(sum_k d_k^2), d_k = (lost_k - gained_k) / n_k over the scenarios k: each scenario has the
    same weight whatever the number of its seeds. Standard normal when nothing changed and there are many
    scenarios; 0 without a discordant pair.

    Args:
        lost: per scenario, pairs in which only the base succeeded, shape (scenarios,).
        gained: per scenario, pairs in which only the candidate did.
        sizes: pairs per scenario, each positive.

    Source: V. L. Durkalski, Y. Y. Palesch, S. R. Lipsitz and P. F. Rust, "Analysis of clustered matched-pair
    data", Statistics in Medicine 22 (2003) 2417-2428.
    """
    shares = (lost - gained) / sizes
    spread = math.sqrt(float((shares**2).sum()))
    return float(shares.sum()) / spread if spread > 0.0 else 0.0


def clustered_p_worse(lost: Counts, gained: Counts, sizes: Counts) -> float:
    """One-sided p-value of `durkalski_z` against "the candidate is no worse"."""
    return NormalDist().cdf(-durkalski_z(lost, gained, sizes))


def clustered_p_two_sided(lost: Counts, gained: Counts, sizes: Counts) -> float:
    """Two-sided p-value of `durkalski_z` against "no change"."""
    return 2.0 * NormalDist().cdf(-abs(durkalski_z(lost, gained, sizes)))


def effective_pairs(lost: Counts, gained: Counts, sizes: Counts) -> float:
    """How many independent pairs tell as much about the difference: pairs over the design effect, at least 1.

    Between-cluster variance over (psi - delta^2) / n, psi being the share of discordant pairs and delta the
    difference; where every pair came out alike, a scenario counts as one pair.
    """
    n, clusters = int(sizes.sum()), len(sizes)
    if clusters == n or clusters == 0:
        return float(n)
    change = gained - lost
    delta = float(change.sum()) / n
    simple = (float((gained + lost).sum()) / n - delta**2) / n
    if simple <= 0.0 or clusters == 1:
        return float(clusters)
    between = float(((change - delta * sizes) ** 2).sum()) * clusters / (clusters - 1) / n**2
    return min(float(n), n * simple / between) if between > 0.0 else float(n)
