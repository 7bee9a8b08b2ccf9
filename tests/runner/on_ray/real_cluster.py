"""A real Ray cluster of several nodes, all of them on this machine, and runs on it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records, settled
from evalsuite.records.record import EpisodeKey, Record
from evalsuite.runner.filming import VideoMode
from evalsuite.runner.on_ray.cluster import RayOptions
from evalsuite.runner.run import RunResult, run_suite
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Scenario, Suite
from tests.runner.command_line import start as start_command
from tests.worlds import FOLDER
from tests.worlds.grid_world import grid_scenario
from tests.worlds.placed_grid import NODE
from tests.worlds.remains import Playground

RECURRENT = "tests.runner.policies_on_trial:Recurrent"
POLICIES = ("oracle", "random", RECURRENT)
STORE_BYTES = 80 * 2**20
LIMIT_SECONDS = 240.0
GRACE_SECONDS = 40.0
SLOW = {"faults": [{"at_step": 1, "attempts": 9, "kind": "slow"}]}
"""Of a level: 50 ms a step."""

OF_RAY = "ray"
"""In the temporary folder: all that Ray itself leaves there."""


@dataclass
class RealCluster:
    """A cluster of Ray's, and what evalsuite leaves behind on its nodes."""

    cluster: Any
    playground: Playground

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    @contextlib.contextmanager
    def node(
        self, name: str, cpus: int = 1, gpus: int = 0, environment: Mapping[str, str] | None = None
    ) -> Iterator[Any]:
        """Within it the cluster has one more node, with as many `engine`s as it has cores."""
        node = self.cluster.add_node(
            num_cpus=cpus,
            num_gpus=gpus,
            resources={"engine": cpus},
            object_store_memory=STORE_BYTES,
            env_vars={NODE: name, **(environment or {})},
        )
        try:
            yield node
        finally:
            if node in self.cluster.worker_nodes:
                self.cluster.remove_node(node)

    def remains(self) -> list[str]:
        """What there is of ours, but not of Ray's, after some seconds of grace."""
        deadline = time.monotonic() + GRACE_SECONDS
        while (found := self._ours()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def processes(self, module: str) -> list[int]:
        """Those that run `module`."""
        return [pid for pid, words in self.playground.processes().items() if module.encode() in words]

    def end(self) -> None:
        """Shut it down; what has not gone by itself after some seconds is killed."""
        self.cluster.shutdown()
        deadline = time.monotonic() + GRACE_SECONDS
        while (left := self.playground.processes()) and time.monotonic() < deadline:
            time.sleep(0.1)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _ours(self) -> list[str]:
        import ray

        folder, files = str(Path(ray.__file__).parent), str(self.playground.temporary / OF_RAY)
        return [each for each in self.playground.remains() if not _of_ray(each, folder, files)]


def _of_ray(found: str, folder: str, files: str) -> bool:
    """Whether it belongs to the cluster itself, whatever the folders are called in which Ray and this project lie.

    Args:
        found: a path, or a process number with a command line.
        folder: of Ray's package, from which all its processes are started; its workers write a title over that.
        files: Ray's in the temporary folder.
    """
    return found == files or folder in found or ("ray::" in found and "NodeActor" not in found)


@contextlib.contextmanager
def cluster_of_two_nodes() -> Iterator[RealCluster]:
    """Each has one core. Within it the test worlds are installed, here and on the nodes."""
    from ray.cluster_utils import Cluster

    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    playground = Playground(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in playground.environment.items():
            patch.setenv(name, value)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setattr(tempfile, "tempdir", None)
        patch.syspath_prepend(str(FOLDER))
        (playground.temporary / OF_RAY).mkdir()
        cluster = RealCluster(
            Cluster(
                initialize_head=True,
                head_node_args={
                    "num_cpus": 1,
                    "include_dashboard": False,
                    "object_store_memory": STORE_BYTES,
                },
            ),
            playground,
        )
        try:
            cluster.cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
            yield cluster
        finally:
            cluster.end()
            shutil.rmtree(folder, ignore_errors=True)


def run(
    cluster: RealCluster | None,
    suite: Suite,
    policies: Sequence[str],
    out: Path,
    *,
    workers: int | None = None,
    per_actor: int | None = None,
    videos: VideoMode = "none",
) -> RunResult:
    return run_suite(
        suite,
        [parse_reference(policy) for policy in policies],
        out=out,
        workers=workers,
        videos=videos,
        ray=None if cluster is None else RayOptions(cluster.address, per_actor),
    )


def outcomes(out: Path) -> dict[EpisodeKey, tuple[str, int, str]]:
    """What must not depend on who played an episode where."""
    return {
        key: (record.outcome, record.steps, record.final_frame_sha256)
        for key, record in settled(read_records(out)).items()
    }


def assert_each_once(out: Path, episodes: int) -> None:
    finals = Counter(record.key for record in read_records(out) if record.final)
    assert len(finals) == episodes
    assert set(finals.values()) == {1}


def placed(name: str, **changes: Any) -> Scenario:
    return grid_scenario(name, **changes).model_copy(update={"world": "placed"})


def played_on(record: Record) -> str:
    """The node that played it, as its world tells."""
    return str((record.model_extra or {})["report"]["node"])


def start(
    cluster: RealCluster | None,
    suite: Suite,
    out: Path,
    environment: dict[str, str] | None = None,
    program: Sequence[str] = ("-m", "evalsuite"),
) -> subprocess.Popen[str]:
    """A run of `suite` on `cluster`, or on one of its own."""
    save_suite(suite, out.with_suffix(".yaml"))
    address = ["--address", cluster.address] if cluster is not None else []
    line = ["run", str(out.with_suffix(".yaml")), "--policy", RECURRENT, "--out", str(out), "--video", "none"]
    return start_command([sys.executable, *program, *line, "--executor", "ray", *address], environment)
