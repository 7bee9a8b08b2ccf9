"""A run on a cluster of which every part is killed, stopped and cut off at random, again and again."""

from __future__ import annotations

import contextlib
import os
import random
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evalsuite.records.reading import read_records
from evalsuite.suite.files import save_suite
from tests.runner.chaos import Chaos, driver_command, outcomes
from tests.runner.on_ray.real_cluster import RealCluster
from tests.runner.patient_run import POLICIES
from tests.runner.test_chaos import driven_suite, play_in_peace
from tests.worlds.placed_grid import NODE

SEEDS = 2
WORKERS = "4"
FAULTS = {
    "kill worker": 3,
    "end worker": 1,
    "stop worker": 2,
    "cut worker off": 3,
    "kill engine": 3,
    "stop engine": 2,
    "cut engine off": 2,
    "kill policy_host": 2,
    "cut policy_host off": 2,
    "kill on_ray.node_driver": 1,
    "end on_ray.node_driver": 1,
    "cut on_ray.node_driver off": 1,
    "stop on_ray.node_driver": 1,
    "kill actor": 2,
    "kill node": 2,
    "kill driver": 2,
}
"""Kind -> how often. Together 30."""


def die(cluster: RealCluster, node: Any, name: str) -> None:
    """As if the machine had gone: all that is on it at once, but for the guard, who plays the part of a reboot."""
    cluster.cluster.remove_node(node, allow_graceful=False)
    mark = f"{NODE}={name}".encode()
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            here = entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0")
            if here and b"evalsuite.runner.guard" not in (entry / "cmdline").read_bytes():
                os.kill(int(entry.name), signal.SIGKILL)


def actor_of(node: int) -> int | None:
    """The process of Ray's that has started this one of ours, if it still lives."""
    with contextlib.suppress(OSError):
        parent = int(Path(f"/proc/{node}/stat").read_text().rpartition(")")[2].split()[1])
        if b"NodeActor" in Path(f"/proc/{parent}/cmdline").read_bytes():
            return parent
    return None


@pytest.mark.slow
def test_200_episodes_on_a_cluster_under_30_faults_are_settled_once_each_as_in_peace_and_nothing_is_left(
    cluster: RealCluster, tmp_path: Path
) -> None:
    suite = driven_suite()
    episodes = len(suite.scenarios) * len(POLICIES) * SEEDS
    play_in_peace(suite, tmp_path / "peace", SEEDS)
    save_suite(suite, tmp_path / "suite.yaml")
    out = tmp_path / "run"
    command = driver_command(str(tmp_path / "suite.yaml"), str(out), WORKERS, str(SEEDS), cluster.address)
    dice = random.Random(30)
    chaos = Chaos(command, cluster.playground, out, None, tmp_path / "said", dice)
    with cluster.node("doomed-0") as first, cluster.node("doomed-1") as second:
        doomed = [(first, "doomed-0"), (second, "doomed-1")]

        def kill_actor() -> None:
            actors = [pid for each in chaos.processes("on_ray.node_driver") if (pid := actor_of(each))]
            if actors:
                os.kill(dice.choice(actors), signal.SIGKILL)

        chaos.others = {"kill node": lambda: die(cluster, *doomed.pop()), "kill actor": kill_actor}
        chaos.play(FAULTS, episodes)
        chaos.assert_nothing_lost_or_left(cluster.remains)
    finals = Counter(record.key for record in read_records(out) if record.final)
    assert (len(finals), set(finals.values())) == (episodes, {1})
    assert outcomes(out) == outcomes(tmp_path / "peace")
