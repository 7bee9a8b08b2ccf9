"""The shipped suites are what their locks say, and this version makes the very levels that they were frozen with."""

from __future__ import annotations

from collections import Counter

import pytest

from evalsuite.suite import find_suite, lock_file, shipped_suites
from evalsuite.worlds import find_world


def test_there_is_a_quick_and_a_standard_suite_for_doom() -> None:
    assert {"doom-quick", "doom-standard"} <= set(shipped_suites())


@pytest.mark.parametrize("name", sorted(shipped_suites()))
def test_a_shipped_suite_is_locked_and_its_scenarios_can_be_played(name: str) -> None:
    suite, path = find_suite(name)
    assert suite.suite == name
    assert lock_file(path).exists()
    for scenario in suite.scenarios:
        assert scenario.id.startswith(f"{name}/")
        find_world(scenario.world).check(scenario)


@pytest.mark.parametrize(("name", "each"), [("doom-quick", 2), ("doom-standard", 32)])
def test_doom_suites_hold_every_interaction_at_every_difficulty_equally_often(name: str, each: int) -> None:
    suite, _ = find_suite(name)
    cells = Counter((scenario.interaction, scenario.difficulty) for scenario in suite.scenarios)
    assert len(cells) == 15
    assert set(cells.values()) == {each}
    assert {scenario.max_steps for scenario in suite.scenarios} == {600}
