from __future__ import annotations

import math

import numpy as np
import pytest

from evalsuite.statistics.intervals import wilson
from evalsuite.statistics.macro_mean import macro_mean


def test_of_one_rate_it_is_that_rate_and_its_interval() -> None:
    interval = wilson(7, 20)
    mean, found = macro_mean([(0.35, interval)])
    assert (mean, found.low, found.high) == pytest.approx((0.35, interval.low, interval.high))


def test_a_worked_example_reads_as_it_does_by_hand() -> None:
    one, other = wilson(30, 40), wilson(3, 12)
    mean, interval = macro_mean([(0.75, one), (0.25, other)])
    assert mean == 0.5
    assert interval.low == pytest.approx(0.5 - math.hypot(0.75 - one.low, 0.25 - other.low) / 2)
    assert interval.high == pytest.approx(0.5 + math.hypot(one.high - 0.75, other.high - 0.25) / 2)


def test_every_suite_counts_the_same_however_many_episodes_it_has() -> None:
    assert macro_mean([(1.0, wilson(1000, 1000)), (0.0, wilson(0, 10))]).mean == 0.5


def test_its_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(7)
    for truth, sizes in (((0.5, 0.3, 0.1), (40, 30, 24)), ((0.02, 0.0, 0.05, 0.4), (48, 24, 30, 20))):
        rates = np.array(truth)
        draws = generator.binomial(np.array(sizes), rates, (1500, len(sizes)))
        covered = 0
        for drawn in draws.tolist():
            both = [(wins / n, wilson(wins, n)) for wins, n in zip(drawn, sizes, strict=True)]
            interval = macro_mean(both).interval
            covered += interval.low <= rates.mean() <= interval.high
        assert 0.93 <= covered / len(draws) <= 0.995


def test_without_a_rate_there_is_no_mean() -> None:
    with pytest.raises(ValueError, match="no rate"):
        macro_mean([])
    with pytest.raises(ValueError, match="different confidences"):
        macro_mean([(0.5, wilson(1, 2)), (0.5, wilson(1, 2, 0.9))])
