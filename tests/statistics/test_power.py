from __future__ import annotations

import math
from itertools import product

import pytest

from evalsuite.statistics.mcnemar import mid_p_worse
from evalsuite.statistics.power import episodes_needed, pairs_needed


@pytest.mark.parametrize(
    ("base", "candidate", "weak", "strong"), [(0.28, 0.23, 661, 380), (0.28, 0.18, 156, 92), (0.07, 0.28, 32, 28)]
)
def test_the_pairs_that_earlier_simulations_found(base: float, candidate: float, weak: int, strong: int) -> None:
    assert (pairs_needed(base, candidate, 0.3), pairs_needed(base, candidate, 0.6)) == (weak, strong)


def test_that_many_pairs_give_the_mid_p_test_its_power() -> None:
    """Exact, by summing over every table of the 92 pairs planned for 28% to 18% at correlation .6: 80% +- 3%."""
    n, base, candidate, correlation = 92, 0.28, 0.18, 0.6
    together = base * candidate + correlation * math.sqrt(base * (1 - base) * candidate * (1 - candidate))
    lost, gained = base - together, candidate - together
    power = 0.0
    for one, other in product(range(n + 1), repeat=2):
        if one + other <= n and mid_p_worse(one, other) <= 0.05:
            log = math.lgamma(n + 1) - math.lgamma(one + 1) - math.lgamma(other + 1) - math.lgamma(n - one - other + 1)
            log += one * math.log(lost) + other * math.log(gained) + (n - one - other) * math.log(1 - lost - gained)
            power += math.exp(log)
    assert 0.77 <= power <= 0.83


def test_unpaired_needs_what_statsmodels_plans() -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    planned = proportion.samplesize_proportions_2indep_onetail(
        0.05, 0.23, 0.8, ratio=1, alpha=0.05, alternative="larger"
    )
    assert episodes_needed(0.28, 0.23) == pytest.approx(planned, rel=0.02)


def test_pairing_helps_the_more_the_more_alike_the_checkpoints_are() -> None:
    needed = [pairs_needed(0.5, 0.4, correlation) for correlation in (0.0, 0.3, 0.6, 0.9)]
    assert needed == sorted(needed, reverse=True)


def test_falling_to_nothing_and_from_everything_has_an_answer() -> None:
    assert pairs_needed(1.0, 0.9, 0.3) > 0
    assert pairs_needed(0.2, 0.0, 0.3) > 0
    assert episodes_needed(1.0, 0.0) > 0


@pytest.mark.parametrize(("base", "candidate"), [(0.3, 0.3), (1.2, 0.3), (0.3, -0.1)])
def test_no_difference_and_no_rate_are_refused(base: float, candidate: float) -> None:
    with pytest.raises(ValueError, match="rates"):
        pairs_needed(base, candidate, 0.3)
