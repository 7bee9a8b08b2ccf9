from __future__ import annotations

import math
from itertools import product

import pytest

from evalsuite.statistics.unpaired import newcombe_interval, pooled_z, unpaired_p_two_sided


def test_it_gives_the_interval_quoted_for_newcombes_first_example() -> None:
    """56/70 less 48/80, as quoted for Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10.

    The paper was not at hand; the grid below checks the formula against statsmodels.
    """
    interval = newcombe_interval((48, 80), (56, 70))
    assert (interval.low, interval.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_it_agrees_with_statsmodels_on_a_grid() -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    for base, candidate in product([(0, 9), (3, 9), (9, 9), (20, 64), (1, 480)], repeat=2):
        low, high = proportion.confint_proportions_2indep(*candidate, *base, method="newcomb")
        interval = newcombe_interval(base, candidate)
        assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-9)


def test_the_test_is_the_root_of_pearsons_chi_square() -> None:
    table = [[30, 70], [45, 55]]
    expected = [[37.5, 62.5], [37.5, 62.5]]
    chi_square = sum((table[i][j] - expected[i][j]) ** 2 / expected[i][j] for i in (0, 1) for j in (0, 1))
    assert pooled_z((30, 100), (45, 100)) == pytest.approx(math.sqrt(chi_square))
    assert pooled_z((45, 100), (30, 100)) == pytest.approx(-math.sqrt(chi_square))


@pytest.mark.parametrize(
    ("base", "candidate"), [((0, 5), (0, 7)), ((5, 5), (7, 7)), ((0, 0), (3, 4)), ((0, 0), (0, 0))]
)
def test_where_nothing_varies_nothing_changed(base: tuple[int, int], candidate: tuple[int, int]) -> None:
    assert unpaired_p_two_sided(base, candidate) == 1.0
    interval = newcombe_interval(base, candidate)
    assert interval.low < 0.0 < interval.high
