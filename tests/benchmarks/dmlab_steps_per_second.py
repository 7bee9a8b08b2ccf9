"""Environment steps per second of DMLab through `run`, against a bare `Lab` loop on the same maps.

    EVALSUITE_DMLAB=.../deepmind_lab python tests/benchmarks/dmlab_steps_per_second.py [--rounds 3] [--scenarios 6]

Both sides do nothing for as many steps of 2 frames, take each step's 320x240 picture, and are timed from before
their one process starts until it has ended. The bare loop asks for the picture alone: no cameras, no masks, no pose,
and no thrown-away first reset. Maps are compiled beforehand into a cache that both use.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from evalsuite.adapters.dmlab import installation
from evalsuite.adapters.dmlab.engine import CACHE_VARIABLE
from evalsuite.adapters.dmlab.simulator import DmlabSimulator
from evalsuite.adapters.dmlab.specification import Options
from evalsuite.policies.references import parse_reference
from evalsuite.runner.run import run_suite
from evalsuite.suite import Suite, find_suite, load_suite, save_suite

BARE_LOOP = """
import os, sys
from pathlib import Path
import numpy as np
from evalsuite.adapters.dmlab import installation
from evalsuite.adapters.dmlab.engine import CACHE_VARIABLE, LEVEL, LEVELS, LevelCache
from evalsuite.adapters.dmlab.level import level_of, statements
from evalsuite.suite import load_suite

suite, still = load_suite(Path(sys.argv[1])), np.zeros(7, np.intc)
lab = installation.load().Lab(
    LEVEL,
    ["RGB_INTERLEAVED"],
    config={"width": "320", "height": "240", "minimalUI": "true", "levelDirectory": str(LEVELS)},
    renderer="software",
    level_cache=LevelCache(Path(os.environ[CACHE_VARIABLE])),
    temp_folder=sys.argv[2],
)
for scenario in suite.scenarios:
    lab.write_property("level", statements(level_of(scenario), scenario))
    lab.reset(seed=1)
    for _ in range(scenario.max_steps):
        lab.step(still, 2)
        picture = lab.observations()["RGB_INTERLEAVED"]
lab.close()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scenarios", type=int, default=6)
    arguments = parser.parse_args()
    if installation.find_folder() is None:
        raise SystemExit(f"the real DMLab is needed: {installation.INSTALL}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault(CACHE_VARIABLE, str(Path(folder) / "maps"))
        file = Path(folder) / "suite.jsonl"
        save_suite(_part_of_dmlab_fruit(arguments.scenarios), file)
        suite = load_suite(file)
        _compile_the_maps(suite, Path(folder))
        steps = sum(scenario.max_steps for scenario in suite.scenarios)
        print(f"{steps} steps of 320x240, {len(suite.scenarios)} scenarios, one process, {os.cpu_count()} cores")
        ratios = []
        for _ in range(arguments.rounds):
            ours, bare = steps / _through_run(suite), steps / _bare(file)
            ratios.append(ours / bare)
            print(f"run {ours:6.1f}   bare {bare:6.1f}   ratio {ours / bare:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}")


def _part_of_dmlab_fruit(count: int) -> Suite:
    suite, _ = find_suite("dmlab-fruit")
    chosen = [each for each in suite.scenarios if each.interaction == "interact"][:count]
    return suite.model_copy(update={"suite": "benchmark", "scenarios": tuple(chosen)})


def _compile_the_maps(suite: Suite, folder: Path) -> None:
    simulator = DmlabSimulator(installation.load(), folder, Options(), rehearsal=False)
    for scenario in suite.scenarios:
        simulator.reset(scenario, 0)
    simulator.close()


def _through_run(suite: Suite) -> float:
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        result = run_suite(suite, [parse_reference("noop")], out=Path(folder) / "run", workers=1)
        seconds = time.monotonic() - begun
    if result.outcomes["failure"] != len(suite.scenarios):
        raise SystemExit(f"the run did not come out as expected: {result.outcomes}")
    return seconds


def _bare(file: Path) -> float:
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        subprocess.run([sys.executable, "-c", BARE_LOOP, str(file), folder], check=True, timeout=900)
        return time.monotonic() - begun


if __name__ == "__main__":
    main()
