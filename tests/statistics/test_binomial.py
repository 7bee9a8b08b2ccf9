from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.statistics.binomial import beta_quantile, binomial_tail, incomplete_beta, t_quantile


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n + 1), st.just(n))), st.integers(1, 99))
def test_a_tail_is_the_sum_of_its_terms_in_exact_arithmetic(count: tuple[int, int], percent: int) -> None:
    k, n = count
    p = Fraction(percent, 100)
    exact = sum(Fraction(math.comb(n, i)) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))
    assert binomial_tail(k, n, percent / 100) == pytest.approx(float(exact), rel=1e-11, abs=1e-14)


@pytest.mark.parametrize("n", [1_000, 1_000_000])
def test_half_of_a_symmetric_distribution_lies_on_either_side_however_large_it_is(n: int) -> None:
    assert incomplete_beta(0.5, n, n) == pytest.approx(0.5, abs=1e-8)
    assert binomial_tail(n // 2 + 1, n, 0.5) + binomial_tail(n // 2, n, 0.5) == pytest.approx(1.0, abs=1e-8)


@given(st.floats(0.001, 0.999), st.floats(0.5, 300.0), st.floats(0.5, 300.0))
def test_a_quantile_undoes_the_distribution_function(share: float, a: float, b: float) -> None:
    assert incomplete_beta(beta_quantile(share, a, b), a, b) == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize(
    ("share", "degrees", "quantile"),
    [(0.975, 1, 12.7062047362), (0.975, 2, 4.3026527297), (0.95, 10, 1.8124611228), (0.975, 30, 2.0422724563)],
)
def test_t_quantiles_are_those_of_the_tables(share: float, degrees: float, quantile: float) -> None:
    assert t_quantile(share, degrees) == pytest.approx(quantile, rel=1e-9)


def test_with_one_and_two_degrees_of_freedom_t_has_its_closed_form() -> None:
    for share in (0.6, 0.9, 0.99):
        assert t_quantile(share, 1) == pytest.approx(math.tan(math.pi * (share - 0.5)))
        centred = 2 * share - 1
        assert t_quantile(share, 2) == pytest.approx(centred * math.sqrt(2 / (1 - centred**2)))


def test_what_is_not_defined_is_refused() -> None:
    for x, a, b in [(-0.1, 1.0, 1.0), (1.1, 1.0, 1.0), (0.5, 0.0, 1.0)]:
        with pytest.raises(ValueError, match="not defined"):
            incomplete_beta(x, a, b)
    with pytest.raises(ValueError, match="t quantile"):
        t_quantile(0.975, 0.0)
