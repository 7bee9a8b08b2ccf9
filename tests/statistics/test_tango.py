from __future__ import annotations

import math
from itertools import product
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.statistics.tango import tango_interval, tango_z

tables = st.integers(1, 300).flatmap(
    lambda n: st.integers(0, n).flatmap(lambda lost: st.tuples(st.just(lost), st.integers(0, n - lost), st.just(n)))
)


@pytest.mark.parametrize(
    ("lost", "gained", "n", "confidence", "low", "high"),
    [
        # The example of Fagerland, Lydersen and Laake, Statistics in Medicine 33 (2014) 2850-2875, whose Tango
        # interval the R package ratesci quotes.
        (7, 1, 21, 0.95, -0.517, -0.026),
        # R's PropCIs::scoreci.mp(25, 28, 618), as others have published it.
        (25, 28, 618, 0.90, -0.0148, 0.0247),
    ],
)
def test_it_gives_published_values(lost: int, gained: int, n: int, confidence: float, low: float, high: float) -> None:
    interval = tango_interval(lost, gained, n, confidence)
    digits = 5e-4 if abs(low) > 0.1 else 5e-5
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=digits)


def by_brute_force(lost: int, gained: int, n: int, difference: float) -> float:
    """The score with its nuisance parameter found by searching the multinomial likelihood, not by the formula."""
    q = np.linspace(max(0.0, -difference), (1.0 - difference) / 2.0, 400_001)
    with np.errstate(divide="ignore", invalid="ignore"):
        likelihood = (n - lost - gained) * np.log(np.maximum(1.0 - 2.0 * q - difference, 1e-300))
        likelihood += lost * np.log(np.maximum(q, 1e-300)) + gained * np.log(np.maximum(q + difference, 1e-300))
    best = q[np.argmax(likelihood)]
    return float((gained - lost - n * difference) / math.sqrt(n * (2 * best + difference - difference**2)))


def test_its_statistic_is_the_score_at_the_restricted_maximum_of_the_likelihood() -> None:
    for (lost, gained), difference in product([(7, 1), (0, 3), (12, 9), (1, 0), (40, 20)], (-0.4, -0.1, 0.05, 0.3)):
        brute = by_brute_force(lost, gained, 80, difference)
        assert tango_z(lost, gained, 80, difference) == pytest.approx(brute, abs=2e-3)


def test_against_no_difference_it_is_mcnemars_statistic() -> None:
    for lost, gained in product(range(6), repeat=2):
        if lost + gained:
            assert tango_z(lost, gained, 20, 0.0) == pytest.approx((gained - lost) / math.sqrt(lost + gained))


@given(tables)
def test_it_holds_the_difference_within_minus_1_and_1_and_mirrors(table: tuple[int, int, int]) -> None:
    lost, gained, n = table
    interval, mirrored = tango_interval(lost, gained, n), tango_interval(gained, lost, n)
    assert -1.0 <= interval.low <= (gained - lost) / n + 1e-12
    assert (gained - lost) / n - 1e-12 <= interval.high <= 1.0
    assert (interval.low, interval.high) == pytest.approx((-mirrored.high, -mirrored.low))


@given(tables)
def test_both_ends_are_where_the_score_meets_the_quantile(table: tuple[int, int, int]) -> None:
    interval, z = tango_interval(*table), NormalDist().inv_cdf(0.975)
    if interval.high < 1.0 - 1e-6:
        assert tango_z(*table, interval.high) == pytest.approx(-z, abs=1e-4)
    if interval.low > -1.0 + 1e-6:
        assert tango_z(*table, interval.low) == pytest.approx(z, abs=1e-4)


def test_without_a_discordant_pair_the_ends_have_a_closed_form() -> None:
    """There q is max(0, -d), so that z^2 = n d / (1 - d)."""
    for n in (1, 8, 44, 500):
        end = 3.841458820694124 / (n + 3.841458820694124)
        interval = tango_interval(0, 0, n)
        assert (interval.low, interval.high) == pytest.approx((-end, end))


def test_pairs_that_all_changed_leave_an_interval() -> None:
    every = tango_interval(10, 0, 10)
    assert every.low == pytest.approx(-1.0)
    assert -0.9 < every.high < 0.0


def test_its_coverage_is_near_nominal_for_pairs_like_ours() -> None:
    """Exact, by summing over every table of 24 pairs: at 28% and 23% with correlation .3 it is 95% +- 1.5%."""
    n, lost, gained = 24, 0.1455, 0.0955
    covered = 0.0
    for one, other in product(range(n + 1), repeat=2):
        if one + other <= n:
            ways = math.comb(n, one) * math.comb(n - one, other)
            chance = ways * lost**one * gained**other * (1 - lost - gained) ** (n - one - other)
            interval = tango_interval(one, other, n) if chance > 1e-9 else None
            covered += chance * (interval is not None and interval.low <= gained - lost <= interval.high)
    assert 0.935 <= covered <= 0.965


def test_without_a_pair_everything_is_possible() -> None:
    assert (tango_interval(0, 0, 0).low, tango_interval(0, 0, 0).high) == (-1.0, 1.0)


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="pairs"):
        tango_interval(3, 3, 5)
    with pytest.raises(ValueError, match="confidence"):
        tango_interval(1, 1, 5, 1.5)
