from __future__ import annotations

import numpy as np
import pytest

from evalsuite.statistics.binomial import t_quantile
from evalsuite.statistics.clopper_pearson import clopper_pearson, clopper_pearson_of_share
from evalsuite.statistics.design_effect import design_effect_interval, effective_episodes, intraclass_correlation
from evalsuite.statistics.intervals import wilson, wilson_score


def counts(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)


def test_with_one_seed_a_scenario_it_is_wilsons() -> None:
    interval, plain = design_effect_interval(counts(1, 0, 0, 1, 0), counts(1, 1, 1, 1, 1)), wilson(2, 5)
    assert (interval.low, interval.high) == (plain.low, plain.high)


def test_seeds_that_always_agree_count_as_one_episode() -> None:
    """Four scenarios of three: the variance between them, p (1 - p) / 4 times 4/3, makes it three episodes."""
    successes, sizes = counts(3, 3, 0, 0), counts(3, 3, 3, 3)
    assert effective_episodes(successes, sizes) == pytest.approx(3.0)
    correction = (1.959963984540054 / t_quantile(0.975, 3)) ** 2
    expected = wilson_score(0.5, 3.0 * correction)
    interval = design_effect_interval(successes, sizes)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
    assert intraclass_correlation(successes, sizes) == pytest.approx(1.0)


def test_seeds_that_differ_as_if_independent_are_not_made_more_than_they_are() -> None:
    assert effective_episodes(counts(1, 1, 1, 1), counts(2, 2, 2, 2)) == 8
    assert intraclass_correlation(counts(1, 1, 1, 1), counts(2, 2, 2, 2)) == 0.0


@pytest.mark.parametrize("each", [0, 4])
def test_where_every_episode_came_out_the_same_a_scenario_counts_once(each: int) -> None:
    sizes = counts(*[4] * 16)
    assert effective_episodes(counts(*[each] * 16), sizes) == 16
    interval = design_effect_interval(counts(*[each] * 16), sizes)
    plain = wilson(16 * each, 64)
    assert interval.high - interval.low > plain.high - plain.low


def test_one_scenario_says_nothing_and_none_even_less() -> None:
    for successes, sizes in [(counts(2), counts(4)), (counts(), counts())]:
        interval = design_effect_interval(successes, sizes)
        assert (interval.low, interval.high) == (0.0, 1.0)


def test_the_exact_kind_is_clopper_and_pearsons_at_the_effective_episodes() -> None:
    """Korn and Graubard: three effective episodes of twelve, corrected by (t_11 / t_3)^2; wider than Wilson's kind."""
    successes, sizes = counts(3, 3, 0, 0), counts(3, 3, 3, 3)
    exact = design_effect_interval(successes, sizes, kind="clopper-pearson")
    expected = clopper_pearson_of_share(0.5, 3.0 * (t_quantile(0.975, 11) / t_quantile(0.975, 3)) ** 2)
    assert (exact.low, exact.high) == pytest.approx((expected.low, expected.high))
    wilsons = design_effect_interval(successes, sizes)
    assert exact.low < wilsons.low
    assert exact.high > wilsons.high


def test_the_exact_kind_with_one_seed_a_scenario_is_clopper_and_pearsons() -> None:
    interval = design_effect_interval(counts(1, 0, 0, 1, 0), counts(1, 1, 1, 1, 1), kind="clopper-pearson")
    plain = clopper_pearson(2, 5)
    assert (interval.low, interval.high) == pytest.approx((plain.low, plain.high))
