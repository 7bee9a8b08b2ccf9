from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.statistics.intervals import Interval, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_values_quoted_from_newcombe(successes: int, n: int, low: float, high: float) -> None:
    """As quoted for R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3; not at hand."""
    interval = wilson(successes, n)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, st.sampled_from((0.5, 0.8, 0.95, 0.99)))
def test_both_ends_solve_the_score_equation(count: tuple[int, int], confidence: float) -> None:
    successes, n = count
    z = NormalDist().inv_cdf((1 + confidence) / 2)

    def rejected(p: float) -> bool:
        return abs(successes - n * p) > z * math.sqrt(n * p * (1 - p))

    interval = wilson(successes, n, confidence)
    assert interval.low == pytest.approx(_boundary(rejected, 0.0, successes / n), abs=1e-9)
    assert interval.high == pytest.approx(_boundary(rejected, 1.0, successes / n), abs=1e-9)


@given(counts)
def test_the_interval_holds_the_rate_and_stays_within_0_and_1(count: tuple[int, int]) -> None:
    successes, n = count
    interval = wilson(successes, n)
    assert 0.0 <= interval.low <= successes / n <= interval.high <= 1.0


@given(counts)
def test_failures_mirror_successes(count: tuple[int, int]) -> None:
    successes, n = count
    interval, mirrored = wilson(successes, n), wilson(n - successes, n)
    assert interval.low == pytest.approx(1 - mirrored.high)
    assert interval.high == pytest.approx(1 - mirrored.low)


@given(counts)
def test_one_success_more_moves_both_ends_up(count: tuple[int, int]) -> None:
    successes, n = count
    if successes < n:
        before, after = wilson(successes, n), wilson(successes + 1, n)
        assert before.low < after.low
        assert before.high < after.high


@given(counts)
def test_more_confidence_and_fewer_episodes_widen_the_interval(count: tuple[int, int]) -> None:
    successes, n = count
    interval = wilson(successes, n)
    surer, longer = wilson(successes, n, 0.99), wilson(10 * successes, 10 * n)
    assert surer.high - surer.low > interval.high - interval.low > longer.high - longer.low


def test_certain_looking_counts_reach_their_end_exactly_and_not_the_other() -> None:
    none, every = wilson(0, 7), wilson(7, 7)
    assert none.low == 0.0
    assert 0.0 < none.high < 1.0
    assert every.high == 1.0
    assert 0.0 < every.low < 1.0


def test_without_episodes_nothing_is_known() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0, 0.95)


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, -1)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="episodes"):
        wilson(successes, n)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, math.nan])
def test_impossible_confidences_are_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        wilson(1, 5, confidence)


def _boundary(rejected: object, outside: float, inside: float) -> float:
    """Where `rejected` turns, by bisection between a rejected and an accepted probability."""
    assert callable(rejected)
    if not rejected(outside):
        return outside
    for _ in range(200):
        middle = (outside + inside) / 2
        outside, inside = (middle, inside) if rejected(middle) else (outside, middle)
    return inside
