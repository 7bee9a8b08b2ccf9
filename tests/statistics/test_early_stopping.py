from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest

from evalsuite.records.record import Outcome
from evalsuite.statistics.e_value import e_value
from evalsuite.statistics.early_stopping import PairedStopping, RuleName
from evalsuite.statistics.o_brien_fleming import OBrienFleming, critical_constant, crossing_probability, worse_z

ORDER = [(f"s{number}", 0) for number in range(128)]


@pytest.mark.parametrize(
    ("looks", "significance", "constant"), [(1, 0.05, 1.6449), (4, 0.025, 2.024), (5, 0.025, 2.040), (2, 0.025, 1.977)]
)
def test_the_constants_are_those_commonly_quoted(looks: int, significance: float, constant: float) -> None:
    """C_B(K, .05) as quoted for Jennison and Turnbull, Group Sequential Methods (2000), two-sided there.

    The book was not at hand; the next test checks the probability behind the constants by simulation.
    """
    assert critical_constant(looks, significance) == pytest.approx(constant, abs=1.5e-3)


def test_the_crossing_probability_is_that_of_simulated_walks() -> None:
    """200,000 walks of four steps, seed 1: within four standard errors."""
    walks = np.random.default_rng(1).normal(0.0, 0.5, (200_000, 4)).cumsum(axis=1)
    simulated = float((walks.max(axis=1) > 1.733).mean())
    assert crossing_probability(1.733, 4) == pytest.approx(simulated, abs=4 * math.sqrt(0.05 * 0.95 / 200_000))


def test_the_first_look_asks_for_most_and_the_last_hardly_more_than_one_look_would() -> None:
    bounds = OBrienFleming(128)
    assert bounds.schedule == (32, 64, 96, 128)
    asked = [bounds.bound(pairs) for pairs in bounds.schedule]
    assert asked == sorted(asked, reverse=True)
    assert asked[0] == pytest.approx(2 * asked[-1])
    assert 1.645 < asked[-1] < 1.75


def test_its_statistic_is_close_to_mcnemars() -> None:
    for lost, gained in [(30, 20), (60, 60), (12, 25)]:
        assert worse_z(lost, gained) == pytest.approx((lost - gained) / math.sqrt(lost + gained), abs=0.03)
    assert worse_z(0, 0) == 0.0
    assert math.isfinite(worse_z(4000, 0))


@pytest.mark.parametrize("total", [1, 2, 3, 5, 30])
def test_few_pairs_have_looks_too(total: int) -> None:
    bounds = OBrienFleming(total)
    assert bounds.schedule[-1] == total
    assert bounds.decide(0, 0, total) is None


def test_the_e_value_is_the_integral_that_defines_it() -> None:
    theta = (np.arange(200_000) + 0.5) / 400_000 + 0.5
    for lost, gained in itertools.product((0, 1, 4, 9), repeat=2):
        likelihood = (theta**lost * (1 - theta) ** gained / 0.5 ** (lost + gained)).mean()
        assert e_value(lost, gained) == pytest.approx(float(likelihood), rel=1e-4)


def test_the_e_value_is_a_fair_bet_when_nothing_changed() -> None:
    """Its mean over the next pair is what it is now: no betting on the way makes it grow."""
    for lost, gained in [(0, 0), (3, 1), (5, 9)]:
        assert (e_value(lost + 1, gained) + e_value(lost, gained + 1)) / 2 == pytest.approx(e_value(lost, gained))


def test_e_values_of_thousands_of_pairs_are_finite() -> None:
    assert math.isfinite(e_value(100_000, 0))
    assert e_value(0, 100_000) == pytest.approx(0.0, abs=1e-12)


def outcomes(*, base_share: float, share: float, seed: int) -> tuple[dict[tuple[str, int], bool], list[Outcome]]:
    dice = random.Random(seed)
    base = {place: dice.random() < base_share for place in ORDER}
    return base, ["success" if dice.random() < share else "failure" for _ in ORDER]


@pytest.mark.parametrize("rule", ["obf", "evalue"])
def test_the_order_of_arrival_decides_nothing(rule: RuleName) -> None:
    base, played = outcomes(base_share=0.6, share=0.2, seed=3)
    stops = []
    for seed in range(5):
        stopping = PairedStopping(base, ORDER, rule)
        arrival = list(zip(ORDER, played, strict=True))
        random.Random(seed).shuffle(arrival)
        for place, outcome in arrival:
            stopping.settle(place, outcome)
        stops.append(stopping.stop)
    assert stops[0] is not None
    assert stops[0].reason == "regression"
    assert stops[0].pairs < 128
    assert all(stop == stops[0] for stop in stops)


def test_a_candidate_that_gains_is_let_off_early() -> None:
    base, played = outcomes(base_share=0.2, share=0.6, seed=4)
    stopping = PairedStopping(base, ORDER, "obf")
    for place, outcome in zip(ORDER, played, strict=True):
        stopping.settle(place, outcome)
    assert stopping.stop is not None
    assert stopping.stop.reason == "futility"
    assert stopping.stop.pairs <= 64


def test_errors_and_episodes_that_the_base_lacks_are_no_pairs() -> None:
    base = dict.fromkeys(ORDER[:64], True)
    stopping = PairedStopping(base, ORDER, "evalue")
    assert stopping.total == 64
    for place in ORDER:
        stopping.settle(place, "error")
    assert stopping.stop is None


def test_nothing_is_decided_before_the_first_missing_episode_arrives() -> None:
    stopping = PairedStopping(dict.fromkeys(ORDER, True), ORDER, "evalue")
    for place in ORDER[1:100]:
        assert stopping.settle(place, "failure") is None
    assert stopping.settle(ORDER[0], "failure") is not None
