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


def test_it_gives_the_published_statistics_of_the_psychiatrists() -> None:
    """135 patients of 29 psychiatrists (Petryshen, in Eliasziw and Donner, Statistics in Medicine 10 (1991) 1981-1991).

    Durkalski et al. (2003) report 7.542, and 11.8451 for McNemar's without regard to the psychiatrist, as the R
    package clust.bin.pair quotes them and recomputes.
    """
    patients = counts(7, 6, 7, 6, 4, 6, 5, 8, 4, 7, 3, 6, 7, 6, 5, 4, 6, 5, 4, 3, 5, 4, 4, 2, 3, 2, 2, 3, 1)
    patient_alone = counts(0, 1, 1, 1, 0, 3, 3, 3, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0)
    doctor_alone = counts(4, 2, 3, 2, 1, 3, 0, 2, 2, 4, 2, 4, 3, 2, 1, 3, 1, 2, 0, 0, 0, 2, 1, 2, 2, 0, 0, 1, 1)
    assert round(durkalski_z(patient_alone, doctor_alone, patients) ** 2, 3) == 7.542
    lost, gained = patient_alone.sum(), doctor_alone.sum()
    pair_by_pair = counts(*[1] * lost, *[0] * gained), counts(*[0] * lost, *[1] * gained)
    assert durkalski_z(*pair_by_pair, counts(*[1] * (lost + gained))) ** 2 == pytest.approx(11.8451, abs=5e-5)


def test_it_gives_the_published_statistic_of_the_thyroid_glands() -> None:
    """Glands of 21 patients, PET against SPECT (Obuchowski, Statistics in Medicine 17 (1998) 1495-1507).

    The statistic is 2.32 in Durkalski et al. (2003), as the R package clust.bin.pair quotes it and recomputes.
    """
    glands = counts(3, 3, 3, 1, 3, 4, 3, 2, 2, 1, 3, 2, 3, 2, 2, 3, 3, 3, 2, 1, 2)
    pet_alone, spect_alone = np.zeros_like(glands), np.zeros_like(glands)
    pet_alone[8] = 1
    spect_alone[[0, 1, 4, 14, 17]] = 2, 1, 1, 2, 1
    z = durkalski_z(pet_alone, spect_alone, glands)
    assert round(z**2, 2) == 2.32
    assert z < 0.0
