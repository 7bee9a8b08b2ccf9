"""Environment steps per second through `run`, against a bare ViZDoom loop: the same policy, maps and processes.

    python -m tests.benchmarks.doom_steps_per_second [--rounds 3] [--workers 1 2 4] [--scenarios 8]

The bare loop plays the same scenarios' maps for the same number of steps: it loads the map, presses nothing, and
takes each step's picture. It runs once with the ground truth switched on (labels and object list, which scoring
needs) and once without. Both sides are timed from before their processes start until all have ended.
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

from evalsuite.policies.references import parse_reference
from evalsuite.runner.run import run_suite
from evalsuite.suite import Suite, find_suite
from tests.benchmarks.process_tree import watched_tree

BARE_LOOP = """
import sys
from pathlib import Path
import vizdoom
from evalsuite.adapters.doom.engine import BUTTONS, DoomEngine
from evalsuite.adapters.doom.catalogue import THEMES
from evalsuite.adapters.doom.simulator import level_of
from evalsuite.adapters.doom.textmap import agent_start
from evalsuite.suite import load_suite

suite, folder, part, parts, truth = load_suite(Path(sys.argv[1])), Path(sys.argv[2]), *map(int, sys.argv[3:6])
if not truth:
    configured = DoomEngine._configured

    def without_truth(engine):
        game = configured(engine)
        game.set_labels_buffer_enabled(False)
        game.set_objects_info_enabled(False)
        return game

    DoomEngine._configured = without_truth
engine = DoomEngine(folder)
game, idle = engine._game, [0.0] * len(BUTTONS)
for scenario in suite.scenarios[part::parts]:
    level, text = level_of(scenario)
    engine.load(THEMES[level.theme].map_name, text + agent_start(scenario.start), 1)
    for _ in range(scenario.max_steps):
        game.make_action(idle, 2)
        picture = game.get_state().screen_buffer
engine.close()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--scenarios", type=int, default=8)
    arguments = parser.parse_args()
    suite = _part_of_doom_quick(arguments.scenarios)
    steps = sum(scenario.max_steps for scenario in suite.scenarios)
    print(f"{steps} steps of 640x360, {len(suite.scenarios)} scenarios, {os.cpu_count()} cores; medians of rounds")
    print("processes      run     bare  ratio  bare without truth  ratio  peak MB")
    for workers in arguments.workers:
        rates: dict[str, list[float]] = {"run": [], "truth": [], "bare": []}
        peaks: list[float] = []
        for _ in range(arguments.rounds):
            with watched_tree() as use:
                rates["run"].append(steps / _through_run(suite, workers))
            peaks.append(use.peak_megabytes)
            rates["truth"].append(steps / _bare(suite, workers, truth=True))
            rates["bare"].append(steps / _bare(suite, workers, truth=False))
        ratio = {
            name: statistics.median(a / b for a, b in zip(rates["run"], rates[name], strict=True))
            for name in ("truth", "bare")
        }
        middle = {name: statistics.median(values) for name, values in rates.items()}
        print(
            f"{workers:>9} {middle['run']:>8.0f} {middle['truth']:>8.0f} {ratio['truth']:>6.2f} "
            f"{middle['bare']:>19.0f} {ratio['bare']:>6.2f} {max(peaks):>8.0f}",
            flush=True,
        )


def _part_of_doom_quick(count: int) -> Suite:
    suite, _ = find_suite("doom-quick")
    return suite.model_copy(update={"suite": "benchmark", "scenarios": suite.scenarios[:count]})


def _through_run(suite: Suite, workers: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        result = run_suite(suite, [parse_reference("noop")], out=Path(folder) / "run", workers=workers)
        seconds = time.monotonic() - begun
    if result.outcomes["failure"] != len(suite.scenarios):
        raise SystemExit(f"the run did not come out as expected: {result.outcomes}")
    return seconds


def _bare(suite: Suite, processes: int, *, truth: bool) -> float:
    from evalsuite.suite import save_suite

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "suite.jsonl"
        save_suite(suite, file)
        begun = time.monotonic()
        running = []
        for part in range(processes):
            own = Path(folder) / str(part)
            own.mkdir()
            arguments = [str(file), str(own), str(part), str(processes), str(int(truth))]
            running.append(subprocess.Popen([sys.executable, "-c", BARE_LOOP, *arguments]))
        codes = [process.wait(600) for process in running]
        seconds = time.monotonic() - begun
    if any(codes):
        raise SystemExit(f"the bare loop failed: {codes}")
    return seconds


if __name__ == "__main__":
    main()
