from __future__ import annotations

import math

import numpy as np
import pytest

from evalsuite.statistics.clustered_mcnemar import (
    clustered_p_two_sided,
    clustered_p_worse,
    durkalski_z,
    effective_pairs,
)


def counts(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)


def test_a_small_example_worked_by_hand() -> None:
    """Shares of the clusters 1/2, -1/4, 2/3, 0: their sum over the root of their squares' sum."""
    z = durkalski_z(counts(1, 0, 2, 1), counts(0, 1, 0, 1), counts(2, 4, 3, 5))
    assert z == pytest.approx((1 / 2 - 1 / 4 + 2 / 3) / math.sqrt(1 / 4 + 1 / 16 + 4 / 9))


def test_with_one_pair_a_scenario_it_is_mcnemars_statistic() -> None:
    lost, gained = counts(*[1] * 12, *[0] * 20), counts(*[0] * 12, *[1] * 5, *[0] * 15)
    z = durkalski_z(lost, gained, counts(*[1] * 32))
    assert z**2 == pytest.approx((12 - 5) ** 2 / (12 + 5))
    assert effective_pairs(lost, gained, counts(*[1] * 32)) == 32


def test_without_a_discordant_pair_nothing_speaks_for_a_change() -> None:
    none, sizes = counts(0, 0, 0), counts(4, 4, 4)
    assert durkalski_z(none, none, sizes) == 0.0
    assert clustered_p_worse(none, none, sizes) == 0.5
    assert clustered_p_two_sided(none, none, sizes) == 1.0
    assert effective_pairs(none, none, sizes) == 3


def test_seeds_that_all_agree_count_as_one_pair() -> None:
    lost, gained, sizes = counts(4, 4, 4, 0, 0, 0, 0, 0), counts(0, 0, 0, 4, 0, 0, 0, 0), counts(*[4] * 8)
    assert 6 <= effective_pairs(lost, gained, sizes) <= 8


def test_its_size_holds_where_pairs_of_a_scenario_are_alike() -> None:
    """5,000 comparisons without a change, 60 scenarios of 4 seeds that agree by half: 5% +- 1%."""
    random = np.random.default_rng(5)
    direction = random.choice([-1, 1], (5_000, 60, 1))
    change = np.where(random.random((5_000, 60, 4)) < 0.5, direction, random.choice([-1, 1], (5_000, 60, 4)))
    change = change * (random.random((5_000, 60, 4)) < 0.3)
    lost, gained = (change < 0).sum(axis=2), (change > 0).sum(axis=2)
    sizes = np.full(60, 4, np.int64)
    rejected = [clustered_p_worse(one, other, sizes) <= 0.05 for one, other in zip(lost, gained, strict=True)]
    assert 0.04 <= np.mean(rejected) <= 0.06
