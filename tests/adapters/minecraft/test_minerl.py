"""The MineRL slice. MineRL wants an older numpy and gym, so it is looked for in an interpreter of its own."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from evalsuite.adapters.minecraft.minerl_simulator import MineRLSimulator, check_minerl_scenario
from evalsuite.adapters.minecraft.minerl_world import PYTHON
from evalsuite.adapters.minecraft.recordings import recall, record
from evalsuite.adapters.minecraft.simulator import MinecraftSimulator
from evalsuite.crossview.simulator import GoalView
from evalsuite.errors import UsageError
from evalsuite.suite.scenario import Scenario
from tests.adapters.minecraft.conftest import needs_minestudio, shipped
from tests.adapters.minecraft.test_simulator import solve

needs_minerl = pytest.mark.skipif(not os.environ.get(PYTHON), reason=f"MineRL 0.4.4 is not here: set {PYTHON}")


def recorded(scenario: Scenario, view: GoalView) -> Scenario:
    return scenario.model_copy(
        update={"world": "minerl", "level": {**scenario.level, "recorded": [record(view)], "sha256": ""}}
    )


def test_a_recorded_goal_view_comes_back_as_it_was() -> None:
    dice = np.random.default_rng(0)
    image = dice.integers(0, 255, (360, 640, 3), np.uint8)
    mask = dice.integers(0, 2, (360, 640), np.uint8)
    view = recall(record(GoalView(image, mask)))
    np.testing.assert_array_equal(view.image, image)
    np.testing.assert_array_equal(view.mask, mask)
    with pytest.raises(UsageError, match="no recorded goal view"):
        recall("bm90IGEgdmlldw==")


@pytest.mark.parametrize("identity", ["/interact-easy-0000", "/melee-hunt-easy-0000", "/archery-easy-0000"])
def test_what_minerl_cannot_carry_is_refused_in_one_line(identity: str) -> None:
    with pytest.raises(UsageError, match="MineRL can"):
        check_minerl_scenario(shipped(identity))


@needs_minestudio
@needs_minerl
def test_the_oracle_solves_approach_and_break_on_the_real_minerl_client(
    simulator: MinecraftSimulator, tmp_path: Path
) -> None:
    scenarios = []
    for identity in ("/approach-easy-0000", "/break-easy-0000"):
        simulator.reset(shipped(identity), 0)
        scenarios.append(recorded(shipped(identity), simulator.goal_view()))
    minerl = MineRLSimulator(tmp_path, os.environ[PYTHON], rehearse=True)
    try:
        assert minerl.spec.interactions == {"approach", "break"}
        assert minerl.spec.mask_source == "recorded with the scenario"
        for scenario in scenarios:
            env = solve(minerl, scenario)
            assert env.summary.success, env.summary.reason
    finally:
        minerl.close()
