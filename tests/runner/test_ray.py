"""Runs on a real Ray cluster of several nodes, all of them on this machine."""

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

from evalsuite.errors import UsageError
from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records, settled
from evalsuite.records.record import EpisodeKey, Record
from evalsuite.runner import ray_nodes
from evalsuite.runner.ray_cluster import RayOptions
from evalsuite.runner.run import RunResult, run_suite
from evalsuite.runner.status import RunStatus
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Scenario, Suite
from tests.runner.command_line import start as start_command
from tests.runner.command_line import wait_for_records
from tests.worlds import FOLDER
from tests.worlds.grid_world import grid_scenario, grid_suite
from tests.worlds.placed_grid import BROKEN, MISSING, NODE
from tests.worlds.remains import Playground

pytest.importorskip("ray", reason="ray is not installed: pip install 'evalsuite[ray]'")

RECURRENT = "tests.runner.policies_on_trial:Recurrent"
POLICIES = ("oracle", "random", RECURRENT)
STORE_BYTES = 80 * 2**20
LIMIT_SECONDS = 90.0
SLOW = {"faults": [{"at_step": 1, "attempts": 9, "kind": "slow"}]}
"""Of a level: 50 ms a step."""


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
        deadline = time.monotonic() + 20.0
        while (found := self._ours()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def processes(self, module: str) -> list[int]:
        """Those that run `module`."""
        return [int(each.split()[0]) for each in self.playground.remains() if module in each]

    def _ours(self) -> list[str]:
        found = self.playground.remains()
        return [each for each in found if "evalsuite" in each or "evalgrid" in each or "sleep" in each]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    """Two nodes of one core."""
    from ray.cluster_utils import Cluster

    tmp_path_factory.getbasetemp()
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    playground = Playground(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in playground.environment.items():
            patch.setenv(name, value)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setattr(tempfile, "tempdir", None)
        patch.syspath_prepend(str(FOLDER))
        (playground.temporary / "ray").mkdir()
        cluster = Cluster(
            initialize_head=True,
            head_node_args={
                "num_cpus": 1,
                "include_dashboard": False,
                "object_store_memory": STORE_BYTES,
            },
        )
        cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
        try:
            yield RealCluster(cluster, playground)
        finally:
            cluster.shutdown()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def leaves_nothing(cluster: RealCluster) -> Iterator[None]:
    yield
    assert cluster.remains() == []


def run(
    cluster: RealCluster | None,
    suite: Suite,
    policies: Sequence[str],
    out: Path,
    *,
    workers: int | None = None,
    per_actor: int | None = None,
) -> RunResult:
    return run_suite(
        suite,
        [parse_reference(policy) for policy in policies],
        out=out,
        workers=workers,
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


def test_outcomes_steps_and_final_frames_are_those_of_the_local_executor(cluster: RealCluster, tmp_path: Path) -> None:
    assert run(None, grid_suite(), POLICIES, tmp_path / "local", workers=1).episodes == 15
    assert run(cluster, grid_suite(), POLICIES, tmp_path / "ray").episodes == 15
    assert run(cluster, grid_suite(), POLICIES, tmp_path / "one", workers=1).episodes == 15
    assert outcomes(tmp_path / "local") == outcomes(tmp_path / "ray") == outcomes(tmp_path / "one")
    assert_each_once(tmp_path / "ray", 15)


def test_a_real_engine_plays_the_same_on_a_cluster(cluster: RealCluster, tmp_path: Path) -> None:
    pytest.importorskip("vizdoom")
    quick, _ = find_suite("doom-quick")
    scenarios = [each.model_copy(update={"max_steps": 60}) for each in quick.scenarios[:3]]
    suite = quick.model_copy(update={"scenarios": tuple(scenarios)})
    run(None, suite, (RECURRENT,), tmp_path / "local", workers=2)
    run(cluster, suite, (RECURRENT,), tmp_path / "ray")
    assert outcomes(tmp_path / "local") == outcomes(tmp_path / "ray")
    assert {record.outcome for record in read_records(tmp_path / "ray")} <= {"success", "failure"}


def test_a_node_killed_in_the_middle_loses_no_episode_and_counts_none_twice(
    cluster: RealCluster, tmp_path: Path
) -> None:
    suite = grid_suite(*(placed(f"s{index}", level=SLOW, max_steps=12) for index in range(14)))
    run(None, suite, (RECURRENT,), tmp_path / "local", workers=2)
    out = tmp_path / "ray"
    with cluster.node("doomed", cpus=2) as doomed, cluster.node("other"):
        command = start(cluster, suite, out)
        wait_for_records(out, 2, seconds=LIMIT_SECONDS)
        kill_node(cluster, doomed, command)
        assert command.wait(LIMIT_SECONDS) == 0
    records = read_records(out)
    assert_each_once(out, 14)
    assert outcomes(out) == outcomes(tmp_path / "local")
    lost = [record for record in records if not record.final]
    assert lost
    assert all(record.reason.startswith("node ") and record.excused for record in lost)
    assert {played_on(record) for record in records if record.final} == {"doomed", "other"}


def test_a_run_begun_on_one_machine_goes_on_on_a_cluster(cluster: RealCluster, tmp_path: Path) -> None:
    run(None, grid_suite(), ("oracle",), tmp_path / "run", workers=1)
    before = read_records(tmp_path / "run")
    result = run(cluster, grid_suite(), POLICIES, tmp_path / "run")
    assert result.episodes == 15
    assert read_records(tmp_path / "run")[:5] == before
    assert_each_once(tmp_path / "run", 15)


def test_kill_9_of_the_driver_ends_everything_on_the_nodes_and_the_run_goes_on_afterwards(
    cluster: RealCluster, tmp_path: Path
) -> None:
    suite = grid_suite(*(grid_scenario(f"s{index}", level=SLOW, max_steps=12) for index in range(8)))
    command = start(cluster, suite, tmp_path / "run")
    wait_for_records(tmp_path / "run", 2, seconds=LIMIT_SECONDS)
    command.kill()
    command.wait(LIMIT_SECONDS)
    assert cluster.remains() == []
    run(cluster, suite, (RECURRENT,), tmp_path / "run")
    assert_each_once(tmp_path / "run", 8)


def test_an_interrupted_run_ends_in_good_order_and_says_how_to_go_on(cluster: RealCluster, tmp_path: Path) -> None:
    suite = grid_suite(*(grid_scenario(f"s{index}", level=SLOW, max_steps=12) for index in range(8)))
    command = start(cluster, suite, tmp_path / "run")
    wait_for_records(tmp_path / "run", 2, seconds=LIMIT_SECONDS)
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=LIMIT_SECONDS)
    assert command.returncode == 130
    last = said.splitlines()[-1]
    assert not any(word in said for word in ("Traceback", "raylet", "WARNING", "INFO", "Ray"))
    assert f"--executor ray --address {cluster.address}" in last
    assert {record.outcome for record in read_records(tmp_path / "run")} == {"failure"}


def test_simulators_are_placed_where_there_is_what_their_world_needs(cluster: RealCluster, tmp_path: Path) -> None:
    suite = grid_suite(placed("a"), placed("b"), grid_scenario("c"), grid_scenario("d"))
    with pytest.raises(UsageError, match=r"no node of the cluster has room for the world 'placed' \(CPU 1, engine 1\)"):
        run(cluster, suite, ("oracle",), tmp_path / "run")
    with cluster.node("equipped"):
        run(cluster, suite, ("oracle",), tmp_path / "run")
    records = settled(read_records(tmp_path / "run")).values()
    nodes = {record.scenario: played_on(record) for record in records if record.world == "placed"}
    assert nodes == {"a": "equipped", "b": "equipped"}
    assert {record.outcome for record in records} == {"success"}


def test_a_world_that_a_node_lacks_is_told_in_one_line(cluster: RealCluster, tmp_path: Path) -> None:
    with (
        cluster.node("bare", environment={MISSING: "1"}),
        pytest.raises(UsageError, match=r"node .*: the world 'placed' can't run here: there is no engine"),
    ):
        run(cluster, grid_suite(placed("a")), ("oracle",), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_node_on_which_everything_fails_is_used_no_more(cluster: RealCluster, tmp_path: Path) -> None:
    suite = grid_suite(*(placed(f"s{index}", level=SLOW, max_steps=12) for index in range(10)))
    with cluster.node("well"), cluster.node("sick", environment={BROKEN: "1"}):
        result = run(cluster, suite, (RECURRENT,), tmp_path / "run")
    assert result.policies["Recurrent"] == {"success": 0, "failure": 10, "error": 0}
    assert not result.given_up
    failed = [record for record in read_records(tmp_path / "run") if not record.final]
    assert {record.reason for record in failed} == {"simulator fault: the engine finds no display"}
    assert len(failed) == ray_nodes.EPISODES_IN_A_ROW


def test_another_version_of_evalsuite_on_a_node_is_told_in_one_line(cluster: RealCluster, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "sitecustomize.py").write_text("import evalsuite\nevalsuite.__version__ = '0.0.7'\n")
    path = os.pathsep.join([str(tmp_path / "other"), os.environ["PYTHONPATH"]])
    environment = {"PYTHONPATH": path}
    with (
        cluster.node("old", environment=environment),
        pytest.raises(UsageError, match=r"node .*: it has evalsuite 0\.0\.7"),
    ):
        run(cluster, grid_suite(placed("a")), ("oracle",), tmp_path / "run")


def test_a_checkpoint_that_a_node_lacks_is_sent_there(
    cluster: RealCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    from evalsuite.policies.checkpoints import save_torchscript
    from evalsuite.policies.small_network import CONTRACT, build

    monkeypatch.chdir(tmp_path)
    save_torchscript(build(), CONTRACT, tmp_path / "policy.pt")
    # Each process has a folder of its own by that name: the node's is another than the head's.
    shipped = "policy=torchscript:/proc/self/cwd/policy.pt"
    suite = grid_suite(grid_scenario("a"), grid_scenario("b"))
    run(None, suite, ("policy=torchscript:policy.pt",), tmp_path / "local", workers=1)
    run(cluster, suite, (shipped,), tmp_path / "ray")
    assert outcomes(tmp_path / "ray") == outcomes(tmp_path / "local")


def test_a_policy_is_served_from_where_there_is_a_gpu_and_served_again_when_it_is_lost(
    cluster: RealCluster, tmp_path: Path
) -> None:
    pytest.importorskip("websockets")
    suite = grid_suite(*(grid_scenario(f"s{index}", level=SLOW, max_steps=12) for index in range(6)))
    run(None, suite, (RECURRENT,), tmp_path / "local", workers=2)
    killed: list[int] = []

    def kill_policy(status: RunStatus) -> None:
        if status.settled and not killed:
            killed.extend(cluster.processes("evalsuite.runner.ray_policy"))
            os.kill(killed[0], signal.SIGKILL)

    with cluster.node("graphics", gpus=1):
        run_suite(
            suite,
            [parse_reference(RECURRENT)],
            out=tmp_path / "ray",
            ray=RayOptions(cluster.address, policy_gpus=0.5),
            progress=kill_policy,
        )
    assert len(killed) == 1
    assert_each_once(tmp_path / "ray", 6)
    assert outcomes(tmp_path / "ray") == outcomes(tmp_path / "local")
    with pytest.raises(UsageError, match=r"no node of the cluster has 1 GPU"):
        run_suite(
            suite,
            [parse_reference(RECURRENT)],
            out=tmp_path / "none",
            ray=RayOptions(cluster.address, policy_gpus=1.0),
        )


def test_a_node_that_has_gone_silent_is_given_up(
    cluster: RealCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_nodes, "SILENCE_SECONDS", 3.0)
    suite = grid_suite(*(grid_scenario(f"s{index}", level=SLOW, max_steps=50) for index in range(6)))
    stopped: list[int] = []
    begun: list[float] = []

    def stop_one(status: RunStatus) -> None:
        """In the middle of an episode, as far as can be seen from here."""
        if status.settled and not begun:
            begun.append(time.monotonic())
        if begun and time.monotonic() - begun[0] > 1.0 and not stopped:
            stopped.append(cluster.processes("evalsuite.runner.ray_node")[0])
            os.kill(stopped[0], signal.SIGSTOP)

    result = run_suite(
        suite,
        [parse_reference(RECURRENT)],
        out=tmp_path / "run",
        ray=RayOptions(cluster.address),
        progress=stop_one,
    )
    assert result.episodes == 6
    assert_each_once(tmp_path / "run", 6)
    assert any("no sign of life" in record.reason for record in read_records(tmp_path / "run"))


def test_a_cluster_of_the_runs_own_goes_with_it_even_after_kill_9(cluster: RealCluster, tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="own-", dir="/tmp"))
    playground = Playground(tmp_path)
    playground.temporary = folder
    suite = grid_suite(*(grid_scenario(f"s{index}", level=SLOW, max_steps=12) for index in range(4)))
    try:
        command = start(None, suite, tmp_path / "run", environment=playground.environment)
        wait_for_records(tmp_path / "run", 1, seconds=LIMIT_SECONDS)
        command.kill()
        command.wait(LIMIT_SECONDS)
        deadline = time.monotonic() + 20.0
        while playground.remains() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert playground.remains() == []
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def played_on(record: Record) -> str:
    """The node that played it, as its world tells."""
    return str((record.model_extra or {})["report"]["node"])


def start(
    cluster: RealCluster | None, suite: Suite, out: Path, environment: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    """A run of `suite` on `cluster`, or on one of its own."""
    save_suite(suite, out.with_suffix(".yaml"))
    address = ["--address", cluster.address] if cluster is not None else []
    line = ["run", str(out.with_suffix(".yaml")), "--policy", RECURRENT, "--out", str(out), "--video", "none"]
    return start_command([sys.executable, "-m", "evalsuite", *line, "--executor", "ray", *address], environment)


def kill_node(cluster: RealCluster, node: Any, command: subprocess.Popen[str]) -> None:
    """As if the machine had gone: Ray's processes there die at once, and so do the driver and the workers."""
    name = f"{NODE}=doomed".encode()
    for pid in cluster.processes("evalsuite.runner.ray_node"):
        if name in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            os.kill(pid, signal.SIGKILL)
    cluster.cluster.remove_node(node, allow_graceful=False)
    assert command.poll() is None
