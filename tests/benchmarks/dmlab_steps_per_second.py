"""Environment steps per second of DMLab against a bare `Lab` loop on the same map, in one process, taking turns.

    EVALSUITE_DMLAB=.../deepmind_lab python tests/benchmarks/dmlab_steps_per_second.py [--turns 30]

Both sides do nothing for steps of 2 frames and take each step's 320x240 picture, 20 steps a turn, so that a noisy
machine slows all alike. The bare loop asks for the picture alone: no second camera, no pose, no bots, no facts; a
second one has cameras switched on (`hasAltCameras`), without which no goal view can be taken. The other side is a
whole `CrossViewEnv` step: action checked and mapped, facts, success rule, observation.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from evalsuite.adapters.dmlab import installation
from evalsuite.adapters.dmlab.engine import LEVEL, LEVELS, LevelCache
from evalsuite.adapters.dmlab.level import level_of, statements
from evalsuite.adapters.dmlab.simulator import DmlabSimulator
from evalsuite.adapters.dmlab.specification import FRAMES_PER_STEP, Options
from evalsuite.crossview import CrossViewEnv, noop_action
from evalsuite.suite import Scenario, find_suite

STEPS_A_TURN = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=30)
    arguments = parser.parse_args()
    if installation.find_folder() is None:
        raise SystemExit(f"the real DMLab is needed: {installation.INSTALL}")
    suite, _ = find_suite("dmlab-fruit")
    seconds = {"bare": 0.0, "bare, cameras on": 0.0, "environment": 0.0}
    for name in ("interact-medium-0000", "break-medium-0000"):
        scenario = next(each for each in suite.scenarios if each.id.endswith(name))
        with tempfile.TemporaryDirectory() as folder:
            for side, spent in _timed(scenario, Path(folder), arguments.turns).items():
                seconds[side] += spent
    steps = 2 * arguments.turns * STEPS_A_TURN
    for side, spent in seconds.items():
        print(f"{side:16} {steps / spent:7.1f} steps/s   ratio {spent / seconds['environment']:.2f}")
    print(f"{steps} steps a side")


def _timed(scenario: Scenario, folder: Path, turns: int) -> dict[str, float]:
    """Seconds that each side took for its turns."""
    own = folder / "environment"
    own.mkdir()
    simulator = DmlabSimulator(installation.load(), own, Options(), rehearsal=False)
    env = CrossViewEnv(simulator, scenario, share_goal_view=True)
    env.reset(seed=0)
    plain, seeing = (_bare(scenario, folder, cameras=cameras) for cameras in ("false", "true"))
    still, nothing = np.zeros(7, np.intc), noop_action()

    def bare_step(lab: Any) -> None:
        lab.step(still, FRAMES_PER_STEP)
        lab.observations()

    def environment_step() -> None:
        env.step(nothing)

    sides: dict[str, Callable[[], None]] = {
        "bare": lambda: bare_step(plain),
        "bare, cameras on": lambda: bare_step(seeing),
        "environment": environment_step,
    }
    seconds = dict.fromkeys(sides, 0.0)
    for _ in range(turns):
        for side, step in sides.items():
            begun = time.perf_counter()
            for _ in range(STEPS_A_TURN):
                step()
            seconds[side] += time.perf_counter() - begun
    plain.close()
    seeing.close()
    simulator.close()
    return seconds


def _bare(scenario: Scenario, folder: Path, *, cameras: str) -> Any:
    """A `Lab` at the scenario's start that gives nothing but its picture."""
    own = folder / f"cameras-{cameras}"
    own.mkdir()
    lab = installation.load().Lab(
        LEVEL,
        ["RGB_INTERLEAVED"],
        config={
            "width": "320",
            "height": "240",
            "minimalUI": "true",
            "levelDirectory": str(LEVELS),
            "hasAltCameras": cameras,
        },
        renderer="software",
        level_cache=LevelCache(folder / "environment" / "maps"),
        temp_folder=str(own),
    )
    lab.write_property("level", statements(level_of(scenario), scenario))
    lab.reset(seed=1)
    return lab


if __name__ == "__main__":
    main()
