"""Environment steps per second of this package's runner against other harnesses: ratios from one run.

    python tests/benchmarks/runner_throughput.py [--rounds 3] [--episodes 96] [--cases even uneven slow]
        [--envs 8 16 24] [--teams 16x1 24x2] [--batch 8] [--harnesses naive vector vla auto set]

The same episodes in Doom (320x240) and the same small TorchScript network (see `harnesses/small_cnn.py`) under

    naive    one environment, one call at a time
    vector   gymnasium's AsyncVectorEnv, at the best of `--envs`
    vla      vla-eval 0.8 from PyPI, 4 shards, raw pictures; left out where it isn't installed
    set      this runner with the best of `--teams`, workers x policy processes
    auto     this runner as it chooses by itself

with 150 steps each (even), with 20 to 280 (uneven), and with 5 ms of sleep in every step (slow). Rounds take the
harnesses in turn. `rate` counts from the first step on, `whole` from the start of the harness; all of them must end
in the same pictures. At last it tells where this runner's processor time went.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[2]
sys.path.insert(0, str(CHECKOUT))

from evalsuite.suite import save_suite  # noqa: E402
from tests.benchmarks.harnesses.ledger import LEDGER  # noqa: E402
from tests.benchmarks.harnesses.small_cnn import save_small_cnn  # noqa: E402
from tests.benchmarks.worlds import FOLDER  # noqa: E402
from tests.benchmarks.worlds.small_doom import small_doom_suite  # noqa: E402

CASES = {"even": "small-doom", "uneven": "small-doom", "slow": "slow-doom"}
TARGETS = {
    "naive": {"even": 2.7, "uneven": 2.7, "slow": 2.7},
    "vector": {"even": 1.15, "uneven": 1.5, "slow": 1.1},
    "vla": {"even": 2.5, "uneven": 2.5, "slow": 2.5},
}
LIMIT_SECONDS = 1800.0
NAIVE_EPISODES = 12
"""The naive loop is slow, and its rate is the same for few episodes as for many."""

Told = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--episodes", type=int, default=96)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--envs", type=int, nargs="+", default=[8, 16, 24])
    parser.add_argument("--teams", nargs="+", default=["16x1", "24x2"])
    parser.add_argument("--batch", type=int, default=8, help="that this runner's network always computes")
    parser.add_argument("--harnesses", nargs="+", default=["naive", "vector", "vla", "set", "auto"])
    arguments = parser.parse_args()
    wanted = set(arguments.harnesses)
    if "vla" in wanted and importlib.util.find_spec("vla_eval") is None:
        print("vla-eval is not installed here (pip install vla-eval==0.8.0): left out")
        wanted.remove("vla")
    programs: dict[str, list[str]] = {}
    if "naive" in wanted:
        programs["naive"] = ["naive", "one"]
    if "vector" in wanted:
        programs |= {f"vector {count}": ["vector_env", "one", str(count)] for count in arguments.envs}
    if "vla" in wanted:
        programs["vla"] = ["vla", "one", "4"]
    if "set" in wanted:
        programs |= {f"set {team}": ["ours", "many", *team.split("x")] for team in arguments.teams}
    if "auto" in wanted:
        programs["auto"] = ["ours", "many", "0", "0"]
    with tempfile.TemporaryDirectory() as folder:
        models = {"one": Path(folder) / "one.pt", "many": Path(folder) / "many.pt"}
        save_small_cnn(models["one"], 1)
        save_small_cnn(models["many"], arguments.batch)
        for case in arguments.cases:
            _measure(case, programs, models, arguments.episodes, arguments.rounds, Path(folder))


def _measure(
    case: str, programs: Mapping[str, list[str]], models: Mapping[str, Path], episodes: int, rounds: int, folder: Path
) -> None:
    files = {}
    for name, count in (("all", episodes), ("few", min(NAIVE_EPISODES, episodes))):
        files[name] = folder / f"{case}-{name}.jsonl"
        suite = small_doom_suite(CASES[case], _lengths(case, episodes))
        save_suite(suite.model_copy(update={"scenarios": suite.scenarios[:: episodes // count]}), files[name])
    steps = sum(_lengths(case, episodes))
    print(f"\n{case}: {episodes} episodes, {steps} steps, {os.cpu_count()} cores, {rounds} rounds", flush=True)
    told: dict[str, list[Told]] = {name: [] for name in programs}
    for number in range(rounds):
        for name in random.Random(number).sample(list(programs), len(programs)):
            program, model, *more = programs[name]
            file = files["few" if name == "naive" else "all"]
            told[name].append(_run(program, file, models[model], more, folder))
            last = told[name][-1]
            print(f"  {name:>10}: {last['rate']:7.0f} after {last['first_step_seconds']:.1f} s {last.get('team', '')}")
    _check_frames(told)
    _compare(case, told)
    ours = next((each for each in reversed(list(programs.values())) if each[0] == "ours"), None)
    if ours is not None:
        with tempfile.TemporaryDirectory() as ledger:
            account = _run("ours", files["all"], models["many"], ours[2:], folder, ledger=ledger)
        print(f"  processor time, ms a step: {account['overhead']}", flush=True)


def _lengths(case: str, episodes: int) -> list[int]:
    if case != "uneven":
        return [150] * episodes
    return [20 + round(260 * (7 * index % episodes) / (episodes - 1)) for index in range(episodes)]


def _run(
    program: str, suite: Path, model: Path, more: Sequence[str], folder: Path, *, ledger: str | None = None
) -> Told:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(FOLDER), str(CHECKOUT), os.environ.get("PYTHONPATH", "")]),
        "OMP_NUM_THREADS": "1",
        "TMPDIR": str(folder),
        **({LEDGER: ledger} if ledger else {}),
    }
    begun = time.monotonic()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            f"tests.benchmarks.harnesses.{program}",
            str(suite),
            str(model),
            str(time.time()),
            *more,
        ],
        env=environment,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
    )
    if done.returncode:
        raise SystemExit(f"{program} {' '.join(more)} failed:\n{done.stderr[-3000:]}")
    told: Told = json.loads(done.stdout.splitlines()[-1])
    return {**told, "whole": told["steps"] / (time.monotonic() - begun)}


def _check_frames(told: Mapping[str, Sequence[Told]]) -> None:
    """Every harness must have ended every episode in the same picture."""
    known: dict[str, str] = {}
    for name, runs in told.items():
        for run in runs:
            for scenario, frame in run["frames"].items():
                if known.setdefault(scenario, frame) != frame:
                    raise SystemExit(f"{name} ended {scenario} in another picture than the others")
    print(f"  all ended {len(known)} episodes in the same pictures")


def _compare(case: str, told: Mapping[str, Sequence[Told]]) -> None:
    rates = {name: statistics.median(run["rate"] for run in runs) for name, runs in told.items()}
    wholes = {name: statistics.median(run["whole"] for run in runs) for name, runs in told.items()}
    for name, runs in told.items():
        first = statistics.median(run["first_step_seconds"] for run in runs)
        whole = f"{wholes[name]:6.0f} with start and end"
        print(f"  {name:>10}: {rates[name]:7.0f} steps/s, {whole}; first step after {first:.1f} s")
    best = {
        kind: max((name for name in rates if name.split()[0] == kind), key=lambda name: rates[name], default="")
        for kind in ("naive", "vector", "vla", "set", "auto")
    }
    for ours in (best["auto"], best["set"]):
        for kind in ("naive", "vector", "vla"):
            if ours and best[kind]:
                ratio = rates[ours] / rates[best[kind]]
                print(f"  {ours} / {best[kind]}: {ratio:.2f} (wanted: {TARGETS[kind][case]})")
    for name in (each for each in told if best["auto"] and each.startswith("set")):
        played = rates["auto"] / rates[name]
        whole = wholes["auto"] / wholes[name]
        print(f"  auto / {name}: {whole:.2f} with start and end (wanted: 0.9), {played:.2f} without", flush=True)


if __name__ == "__main__":
    main()
