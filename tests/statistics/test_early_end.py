from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from evalsuite.statistics.e_value import e_value
from evalsuite.statistics.early_end import EarlyEnd, sequential_p
from evalsuite.statistics.o_brien_fleming import LOOKS, critical_constant


@pytest.mark.parametrize("alpha", [0.05 / 3, 0.05])
@pytest.mark.parametrize("look", range(1, LOOKS + 1))
def test_it_is_alpha_on_the_bound_of_every_look(alpha: float, look: int) -> None:
    share = look / LOOKS
    on_the_bound = NormalDist().cdf(-critical_constant(LOOKS, alpha) / math.sqrt(share))
    if on_the_bound > 1e-12:
        assert sequential_p(on_the_bound, share) == pytest.approx(alpha, rel=1e-6)


def test_it_is_never_below_the_p_value_of_a_fixed_number_of_pairs() -> None:
    for p in (0.0, 1e-300, 1e-9, 0.001, 0.02, 0.5, 0.97, 1.0):
        for share in (0.01, 0.25, 0.5, 1.0):
            assert p <= sequential_p(p, share) <= 1.0


def test_picking_the_best_look_keeps_its_size_and_spoils_that_of_the_plain_p() -> None:
    """50,000 walks without a drop, each ended at its most significant look, seed 9: at most 5% and more than 10%."""
    walks = np.random.default_rng(9).normal(0.0, 1.0, (50_000, LOOKS)).cumsum(axis=1) / np.sqrt(np.arange(1, LOOKS + 1))
    crossed = critical_constant(LOOKS, 0.05) / np.sqrt(np.arange(1, LOOKS + 1) / LOOKS)
    assert sequential_p(0.05, 1.0) > 0.05
    assert ((walks >= crossed).any(axis=1)).mean() <= 0.053
    assert (walks >= NormalDist().inv_cdf(0.95)).any(axis=1).mean() > 0.10


def test_after_the_e_value_its_inverse_is_the_p_value() -> None:
    end = EarlyEnd("evalue", 0.3)
    assert end.p_worse(1e-6, 12, 1) == 1.0 / e_value(12, 1)
    assert end.p_worse(0.5, 0, 5) == 1.0
    assert end.p_inferior(0.2) == 0.2
