from __future__ import annotations

import math

import numpy as np
import pytest

from evalsuite.statistics.mean_interval import mean_interval


def test_with_one_episode_a_scenario_it_is_students_interval() -> None:
    """Mean 3, s = sqrt(2.5), t(0.975, 4) = 2.776445: the table of any textbook."""
    found = mean_interval(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.arange(5))
    assert found is not None
    half = 2.776445 * math.sqrt(2.5 / 5)
    assert (found.mean, found.n) == (3.0, 5)
    assert found.low == pytest.approx(3 - half, abs=1e-5)
    assert found.high == pytest.approx(3 + half, abs=1e-5)


def test_repeating_every_scenario_adds_no_certainty() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    once = mean_interval(values, np.arange(5))
    twice = mean_interval(np.repeat(values, 2), np.repeat(np.arange(5), 2))
    assert once is not None
    assert twice is not None
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high))


def test_what_is_unknown_is_left_out_and_nothing_gives_nothing() -> None:
    found = mean_interval(np.array([1.0, np.nan]), np.arange(2))
    assert found is not None
    assert (found.mean, found.low, found.n) == (1.0, None, 1)
    assert mean_interval(np.array([np.nan]), np.arange(1)) is None
