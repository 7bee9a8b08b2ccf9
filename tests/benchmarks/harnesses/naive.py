"""One environment, one call of the policy at a time: `python -m ... SUITE MODEL STARTED`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.suite.files import load_suite
from evalsuite.worlds import find_world
from tests.benchmarks.harnesses.clock import Clock
from tests.benchmarks.harnesses.small_cnn import BareCaller


def main(suite_file: Path, model: Path, started: float) -> None:
    clock, policy, suite = Clock(started), BareCaller(model), load_suite(suite_file)
    with tempfile.TemporaryDirectory() as folder:
        simulator = find_world(suite.worlds[0]).make(Path(folder))
        env = CrossViewEnv(simulator, suite.scenarios[0], share_goal_view=True)
        for scenario in suite.scenarios:
            observation, _ = env.reset(seed=0, options={"scenario": scenario})
            done = False
            while not done:
                (action,) = policy([observation["image"]])
                observation, _, terminated, truncated, _ = env.step(action)
                clock.count(1)
                done = terminated or truncated
            clock.ended(scenario.id, observation["image"])
        clock.tell()
        env.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
