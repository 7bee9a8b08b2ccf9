from __future__ import annotations

from itertools import product

import pytest

from evalsuite.statistics.mcnemar import mid_p_two_sided, mid_p_worse


def test_it_gives_the_mid_p_value_of_the_published_example() -> None:
    """Airway hyper-responsiveness before and after transplantation, 1 and 7 discordant of 21 children: table 1 of
    Fagerland, Lydersen and Laake (2013), worked through in its supplement: exact p 18/256 less 8/256."""
    assert mid_p_two_sided(1, 7) == pytest.approx(10 / 256)


@pytest.mark.parametrize("n", range(1, 13))
def test_it_is_what_counting_every_outcome_gives(n: int) -> None:
    sums = [sum(signs) for signs in product((0, 1), repeat=n)]
    for lost in range(n + 1):
        more, equal = sum(s > lost for s in sums), sum(s == lost for s in sums)
        assert mid_p_worse(lost, n - lost) == pytest.approx((more + equal / 2) / 2**n, rel=1e-12)


def test_it_agrees_with_the_exact_test_of_statsmodels_on_a_grid() -> None:
    contingency_tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    for lost, gained in product(range(0, 40, 3), repeat=2):
        exact = contingency_tables.mcnemar([[5, lost], [gained, 5]], exact=True).pvalue
        if lost != gained:
            half = 0.5 * (mid_p_worse(lost, gained) + mid_p_worse(gained, lost))
            assert half == pytest.approx(0.5)
            assert mid_p_two_sided(lost, gained) < exact


def test_without_a_discordant_pair_nothing_speaks_for_a_change() -> None:
    assert mid_p_worse(0, 0) == 0.5
    assert mid_p_two_sided(0, 0) == 1.0


def test_losing_and_gaining_mirror_each_other() -> None:
    for lost, gained in product(range(12), repeat=2):
        assert mid_p_worse(lost, gained) + mid_p_worse(gained, lost) == pytest.approx(1.0)
        assert mid_p_two_sided(lost, gained) == mid_p_two_sided(gained, lost)


def test_a_hundred_thousand_discordant_pairs_are_no_trouble() -> None:
    assert mid_p_worse(50_000, 50_000) == pytest.approx(0.5, abs=1e-8)
    assert 0.0 < mid_p_worse(51_000, 49_000) < 1e-9


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="pairs"):
        mid_p_worse(-1, 2)
