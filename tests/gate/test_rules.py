from __future__ import annotations

import pytest

from evalsuite.gate.rules import NoRegression, NotInferior, more_pairs
from evalsuite.gate.settings import GateSettings
from evalsuite.statistics.comparison import Comparison, Difference, Stratum

SETTINGS = GateSettings()


def comparison(*differences: Difference) -> Comparison:
    return Comparison({"pooled": differences, "interaction": differences, "cell": differences}, 0, 0, (0, 0))


def difference(lost: int, gained: int, n: int) -> Difference:
    return Difference(Stratum(), lost, gained, 0, n)


def test_a_regression_needs_a_third_of_alpha_and_an_effect() -> None:
    rule = NoRegression("pooled")
    assert rule.judge(comparison(difference(6, 0, 50)), SETTINGS)[0].status == "regression"
    assert rule.judge(comparison(difference(5, 0, 50)), SETTINGS)[0].status == "regression"
    assert rule.judge(comparison(difference(4, 0, 50)), SETTINGS)[0].status == "fine"
    small = rule.judge(comparison(difference(600, 400, 100_000)), SETTINGS)[0]
    assert (small.status, small.p < 0.001) == ("fine", True)
    assert "less than the 1 point that count" in small.sentence


def test_a_cell_is_judged_by_how_many_there_are() -> None:
    alone = NoRegression("cell").judge(comparison(difference(6, 0, 32)), SETTINGS)
    among = NoRegression("cell").judge(comparison(difference(6, 0, 32), *[difference(1, 1, 32)] * 59), SETTINGS)
    assert (alone[0].status, among[0].status) == ("regression", "fine")


@pytest.mark.parametrize(("pairs", "status"), [(87, "open"), (88, "fine")])
def test_without_a_discordant_pair_88_rule_out_three_points(pairs: int, status: str) -> None:
    """n m / (1 - m) has to reach the square of the normal quantile of 95%, 2.7055, at m = .03."""
    assert NotInferior("pooled").judge(comparison(difference(0, 0, pairs)), SETTINGS)[0].status == status


@pytest.mark.parametrize("seen", [1, 8, 40, 80])
def test_the_pairs_asked_for_are_those_that_settle_it(seen: int) -> None:
    missing = more_pairs(difference(0, 0, seen), 0.03, SETTINGS)
    assert missing == 88 - seen


def test_a_drop_that_is_still_open_is_settled_by_proving_it() -> None:
    """Were the shares to stay, so many pairs would be just enough."""
    seen = difference(60, 40, 1_000)
    missing = more_pairs(seen, 0.03, SETTINGS)
    assert missing is not None
    share = (1_000 + missing) / 1_000
    later = difference(round(60 * share), round(40 * share), 1_000 + missing)
    assert later.p_worse == pytest.approx(0.05 / 3, abs=0.002)


def test_exactly_at_the_margin_no_number_helps_but_that_which_proves_the_drop() -> None:
    settings = GateSettings(minimum_effect=0.05)
    assert more_pairs(difference(30, 0, 1_000), 0.03, settings) is None
    assert "more will not do" in NotInferior("pooled").judge(comparison(difference(3, 0, 100)), settings)[0].sentence


def test_what_fell_already_asks_for_no_more_pairs() -> None:
    (finding,) = NotInferior("pooled").judge(comparison(difference(30, 0, 100)), SETTINGS)
    assert (finding.status, finding.more_pairs) == ("open", None)
    assert "it did fall" in finding.sentence
