"""What it costs to play on a Ray cluster instead of as processes of this machine: the same episodes, engines, policy.

    python -m tests.benchmarks.ray_overhead [--rounds 3] [--actors 1 2 4] [--scenarios 8] [--steps 150]

Actors have one core's share and one simulator each; the local executor gets as many simulators and policy processes as
there are actors. The cluster is up before anything is timed, as it is for whoever has one. Both sides take turns; what
is compared is the time from the first episode's start to the last one's end, and beside it the whole call.
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records
from evalsuite.runner.on_ray.cluster import RayOptions, import_ray
from evalsuite.runner.run import run_suite
from evalsuite.suite import Suite, find_suite

POLICY = "evalsuite.policies.small_network:untrained"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--actors", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--scenarios", type=int, default=8)
    parser.add_argument("--steps", type=int, default=150, help="the limit of each episode")
    arguments = parser.parse_args()
    suite = part_of_doom_quick(arguments.scenarios, arguments.steps)
    os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))
    ray = import_ray()
    ray.init(
        address="local",
        num_cpus=max(arguments.actors),
        include_dashboard=False,
        object_store_memory=80 * 2**20,
        logging_level=logging.CRITICAL,
        log_to_driver=False,
    )
    print(
        f"{len(suite.scenarios)} episodes of up to {arguments.steps} steps, {os.cpu_count()} cores; medians of rounds"
    )
    print("actors  local steps/s   ray steps/s   overhead   whole call: local s    ray s")
    for actors in arguments.actors:
        local, cluster, ratios = [], [], []
        for round_ in range(arguments.rounds):
            sides = (None, RayOptions(per_actor=1))
            played = {side: play(suite, actors, side) for side in (sides if round_ % 2 == 0 else sides[::-1])}
            local.append(played[sides[0]])
            cluster.append(played[sides[1]])
            ratios.append(local[-1][0] / cluster[-1][0])
        rates = [statistics.median(each[0] for each in side) for side in (local, cluster)]
        whole = [statistics.median(each[1] for each in side) for side in (local, cluster)]
        overhead = 100 * (statistics.median(ratios) - 1)
        print(
            f"{actors:6} {rates[0]:14.0f} {rates[1]:13.0f} {overhead:9.1f}% {whole[0]:21.1f} {whole[1]:8.1f}",
            flush=True,
        )
    ray.shutdown()


def play(suite: Suite, simulators: int, ray: RayOptions | None) -> tuple[float, float]:
    """Steps per second while episodes are played, and seconds of the whole call."""
    with tempfile.TemporaryDirectory() as folder:
        out, begun = Path(folder) / "run", time.monotonic()
        processes = simulators if ray is None else 1
        run_suite(suite, [parse_reference(POLICY)], out=out, workers=simulators, policy_processes=processes, ray=ray)
        seconds = time.monotonic() - begun
        records = read_records(out)
    started = min(moment(record.started) for record in records)
    finished = max(moment(record.finished) for record in records)
    return sum(record.steps for record in records) / (finished - started), seconds


def moment(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def part_of_doom_quick(scenarios: int, steps: int) -> Suite:
    suite, _ = find_suite("doom-quick")
    part = [each.model_copy(update={"max_steps": steps}) for each in suite.scenarios[:scenarios]]
    return suite.model_copy(update={"scenarios": tuple(part)})


if __name__ == "__main__":
    main()
