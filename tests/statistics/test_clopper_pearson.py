from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.statistics.binomial import binomial_tail
from evalsuite.statistics.clopper_pearson import clopper_pearson
from evalsuite.statistics.intervals import wilson

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_it_gives_the_beta_quantiles_of_well_known_counts(successes: int, n: int, low: float, high: float) -> None:
    """The counts of R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I; ends by scipy.stats.beta."""
    interval = clopper_pearson(successes, n)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


@given(counts, st.sampled_from((0.8, 0.95, 0.99)))
def test_at_each_end_one_tail_is_exactly_what_may_be_missed(count: tuple[int, int], confidence: float) -> None:
    successes, n = count
    interval = clopper_pearson(successes, n, confidence)
    tail = (1 - confidence) / 2
    if successes:
        assert binomial_tail(successes, n, interval.low) == pytest.approx(tail, abs=1e-9)
    if successes < n:
        assert 1 - binomial_tail(successes + 1, n, interval.high) == pytest.approx(tail, abs=1e-9)


@given(counts)
def test_it_holds_the_rate_and_is_wider_than_wilsons(count: tuple[int, int]) -> None:
    exact, score = clopper_pearson(*count), wilson(*count)
    assert exact.low <= count[0] / count[1] <= exact.high
    assert exact.high - exact.low > score.high - score.low - 0.02


def test_none_and_all_reach_their_end_exactly() -> None:
    assert clopper_pearson(0, 10).low == 0.0
    assert clopper_pearson(10, 10).high == 1.0
    assert clopper_pearson(0, 10).high == pytest.approx(1 - 0.025**0.1)
    assert (clopper_pearson(0, 0).low, clopper_pearson(0, 0).high) == (0.0, 1.0)


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ValueError, match="episodes"):
        clopper_pearson(3, 2)
    with pytest.raises(ValueError, match="confidence"):
        clopper_pearson(1, 2, 1.0)
