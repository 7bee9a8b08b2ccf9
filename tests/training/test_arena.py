"""Training keeps off what is scored, and plays by the rules of the suite."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from evalsuite.adapters.doom.simulator import DoomSimulator
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.scenario import Scenario
from examples.training.arena import TRAINING_SEEDS, VALIDATION_SEEDS, DecisionDoom, scenarios_for_training
from examples.training.decisions import STEPS_PER_DECISION, decide


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture(scope="module")
def scenario(folder: Path) -> Scenario:
    return next(iter(scenarios_for_training(VALIDATION_SEEDS[0], 1, folder)))


def test_seeds_for_training_and_for_validation_have_none_in_common() -> None:
    assert not set(TRAINING_SEEDS) & set(VALIDATION_SEEDS)


def test_other_seeds_make_no_scenarios_for_training(folder: Path) -> None:
    with pytest.raises(ValueError, match="not set apart"):
        list(scenarios_for_training(0, 1, folder))


def test_no_level_made_for_training_is_one_of_a_shipped_suite(folder: Path) -> None:
    shipped = {
        (level["theme"], level["layout"])
        for name in ("doom-quick", "doom-standard")
        for level in (scenario.level for scenario in find_suite(name)[0].scenarios)
    }
    made = [
        each for seeds in (TRAINING_SEEDS, VALIDATION_SEEDS) for each in scenarios_for_training(seeds[0], 8, folder)
    ]
    levels = {(each.level["theme"], each.level["layout"]) for each in made}
    assert len(levels) == len(made) == 16, "each is to be in a level of its own"
    assert not shipped & levels


def test_a_decision_is_three_steps_of_the_suite(folder: Path, scenario: Scenario) -> None:
    actions = [decide(30.0, -3.0, "forward", "sprint").action, decide(-90.0, 9.0, "use", "forward").action]
    quick, slow = DecisionDoom(folder), DoomSimulator(folder)
    try:
        short, long = CrossViewEnv(quick, scenario), CrossViewEnv(slow, scenario)
        short.reset(seed=0)
        long.reset(seed=0)
        for action in actions:
            seen, *_ = short.step(action)
            for step in range(STEPS_PER_DECISION):
                last = step == STEPS_PER_DECISION - 1
                expected, *_ = long.step({**action, "use": 0} if last else action)
            assert np.array_equal(seen["image"], expected["image"])
            assert short.facts.agent == long.facts.agent
    finally:
        quick.close()
        slow.close()
