"""What was measured after a suite had been locked lies beside it and changes nothing in it."""

from __future__ import annotations

import pytest

from evalsuite.adapters.shipped_covisibility import covisibility_in
from evalsuite.suite.catalogue import find_suite, shipped_suites
from evalsuite.suite.later_measures import later_measures
from tests.worlds.grid_world import grid_suite

EVERY = 40
"""Of the scenarios that many apart, the share is measured anew."""


@pytest.mark.parametrize("name", sorted(shipped_suites()))
def test_every_scenario_that_is_shipped_has_its_covisibility_in_itself_or_beside_it(name: str) -> None:
    suite, _ = find_suite(name)
    later = later_measures(suite)
    for scenario in suite.scenarios:
        share = later[scenario.id].get("covisibility", scenario.view.covisibility)
        assert share is not None
        assert 0.0 <= share <= 1.0
    for scenario in suite.scenarios[::EVERY]:
        if scenario.view.covisibility is None:
            assert later[scenario.id]["covisibility"] == pytest.approx(covisibility_in(scenario), abs=1e-9)


def test_a_suite_that_has_changed_since_and_one_of_ones_own_have_none() -> None:
    assert later_measures(grid_suite()) == {}
    suite, _ = find_suite("doom-quick")
    changed = suite.model_copy(update={"scenarios": suite.scenarios[1:]})
    assert later_measures(changed) == {}
