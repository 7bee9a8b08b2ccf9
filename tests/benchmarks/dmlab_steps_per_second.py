"""Environment steps per second of DMLab against a bare `Lab` loop on the same map, in one process, taking turns.

    EVALSUITE_DMLAB=.../deepmind_lab python tests/benchmarks/dmlab_steps_per_second.py [--rounds 40]

All sides do nothing for steps of 2 frames, from the same start, and take each step's 320x240 picture. `bare` asks
`Lab` for the picture alone; `bare, scored` asks for all that scoring needs as well: pose, bots, the goal camera
(silent, but switched on) and what happened. `environment` is a whole `CrossViewEnv` step: action checked and mapped,
facts, success rule, observation.

A round is a short turn of each side in a shuffled order; the ratio is the median over rounds of bare time by
environment time, so that a busy machine slows both alike. It is given of wall time and of the processor time of all
threads (the software renderer draws in several), which other processes touch less.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evalsuite.adapters.dmlab import installation
from evalsuite.adapters.dmlab.engine import LEVEL, LEVELS, OBSERVATIONS, SETTLING_FRAMES, LevelCache
from evalsuite.adapters.dmlab.level import level_of, statements
from evalsuite.adapters.dmlab.simulator import DmlabSimulator
from evalsuite.adapters.dmlab.specification import FRAMES_PER_STEP, Options
from evalsuite.crossview import CrossViewEnv, noop_action
from evalsuite.suite import Scenario, find_suite

SCENARIOS = ("interact-medium-0000", "break-medium-0000")
STEPS_A_TURN = 10
STILL = np.zeros(7, np.intc)

Spent = tuple[float, float]
"""Seconds of wall time and of processor time."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40, help="of each scenario")
    arguments = parser.parse_args()
    if installation.find_folder() is None:
        raise SystemExit(f"the real DMLab is needed: {installation.INSTALL}")
    suite, _ = find_suite("dmlab-fruit")
    spent: dict[str, list[Spent]] = {}
    for name in SCENARIOS:
        scenario = next(each for each in suite.scenarios if each.id.endswith(name))
        with tempfile.TemporaryDirectory() as folder:
            for side, turns in _timed(scenario, Path(folder), arguments.rounds).items():
                spent.setdefault(side, []).extend(turns)
    for side, turns in spent.items():
        ratios = (_ratio(turns, spent["environment"], clock) for clock in (0, 1))
        rate = STEPS_A_TURN / statistics.median(wall for wall, _ in turns)
        wall, processor = (f"{ratio:.3f}" for ratio in ratios)
        print(f"{side:14} {rate:7.1f} steps/s   environment against it: wall {wall}, processor {processor}")
    print(f"{len(spent['environment'])} rounds of {STEPS_A_TURN} steps a side; medians")


def _ratio(bare: Sequence[Spent], environment: Sequence[Spent], clock: int) -> float:
    return statistics.median(one[clock] / other[clock] for one, other in zip(bare, environment, strict=True))


def _timed(scenario: Scenario, folder: Path, rounds: int) -> dict[str, list[Spent]]:
    """What each side's turns took, round by round."""
    own = folder / "environment"
    own.mkdir()
    simulator = DmlabSimulator(installation.load(), own, Options(), rehearsal=False)
    env = CrossViewEnv(simulator, scenario, share_goal_view=True)
    env.reset(seed=0)
    plain = _bare(scenario, folder / "plain", OBSERVATIONS[:1], cameras="false")
    scored = _bare(scenario, folder / "scored", OBSERVATIONS, cameras="true")
    nothing = noop_action()

    def plain_step() -> None:
        plain.step(STILL, FRAMES_PER_STEP)
        plain.observations()

    def scored_step() -> None:
        scored.step(STILL, FRAMES_PER_STEP)
        scored.events()
        scored.observations()

    def environment_step() -> None:
        env.step(nothing)

    sides: dict[str, Callable[[], None]] = {
        "bare": plain_step,
        "bare, scored": scored_step,
        "environment": environment_step,
    }
    spent: dict[str, list[Spent]] = {side: [] for side in sides}
    order = list(sides)
    for number in range(rounds):
        random.Random(number).shuffle(order)
        for side in order:
            sides[side]()
            wall, processor = time.perf_counter(), time.process_time()
            for _ in range(STEPS_A_TURN):
                sides[side]()
            spent[side].append((time.perf_counter() - wall, time.process_time() - processor))
    plain.close()
    scored.close()
    simulator.close()
    return spent


def _bare(scenario: Scenario, folder: Path, observations: list[str], *, cameras: str) -> Any:
    """A `Lab` at the scenario's start, its player at rest."""
    folder.mkdir()
    lab = installation.load().Lab(
        LEVEL,
        observations,
        config={
            "width": "320",
            "height": "240",
            "minimalUI": "true",
            "levelDirectory": str(LEVELS),
            "hasAltCameras": cameras,
        },
        renderer="software",
        level_cache=LevelCache(folder.parent / "environment" / "maps"),
        temp_folder=str(folder),
    )
    lab.write_property("level", statements(level_of(scenario), scenario))
    lab.reset(seed=1)
    lab.write_property("look", "off")
    lab.step(STILL, SETTLING_FRAMES)
    return lab


if __name__ == "__main__":
    main()
