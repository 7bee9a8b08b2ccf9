from __future__ import annotations

import math

import numpy as np
import pytest

from evalsuite.statistics.clopper_pearson import clopper_pearson
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


def test_five_full_scores_leave_room_for_doubt_as_the_exact_interval_does() -> None:
    exact = clopper_pearson(5, 5)
    full = mean_interval(np.ones(5), np.arange(5), bounds=(0.0, 1.0))
    assert full is not None
    assert (full.low, full.high) == pytest.approx((exact.low, 1.0))
    assert full.low == pytest.approx(0.025**0.2)
    none = mean_interval(np.zeros(5), np.arange(5), bounds=(0.0, 1.0))
    assert none is not None
    assert (none.low, none.high) == pytest.approx((0.0, 1.0 - exact.low))


def test_equal_scores_in_between_are_within_hoeffdings_simpler_bound() -> None:
    """Its inequality (2.3) has the half width sqrt(ln(40) / 2m), which is wider, but not by much for a half."""
    found = mean_interval(np.full(40, 0.5), np.arange(20).repeat(2), bounds=(0.0, 1.0))
    assert found is not None
    assert found.low is not None
    wider = math.sqrt(math.log(40) / (2 * 20))
    assert 0.5 - wider < found.low < 0.5 - 0.9 * wider
    assert found.high == pytest.approx(1.0 - found.low)


def test_a_third_in_every_scenario_has_its_interval_in_spite_of_rounding() -> None:
    found = mean_interval(np.full(7, 1 / 3), np.arange(7), bounds=(0.0, 1.0))
    assert found is not None
    assert found.low is not None
    assert 0.0 < found.low < 0.2


def test_equal_values_without_bounds_have_no_interval() -> None:
    found = mean_interval(np.full(5, 3.0), np.arange(5))
    assert found is not None
    assert (found.mean, found.low, found.high) == (3.0, None, None)
