"""Nodes, drivers and policies that are lost in the middle of a run."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalsuite.commands.main import EXIT_USAGE
from evalsuite.errors import UsageError
from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records
from evalsuite.runner.on_ray import nodes
from evalsuite.runner.on_ray.cluster import RayOptions
from evalsuite.runner.run import run_suite
from evalsuite.runner.status import RunStatus
from tests.runner.command_line import wait_for_records
from tests.runner.on_ray.real_cluster import (
    GRACE_SECONDS,
    LIMIT_SECONDS,
    RECURRENT,
    SLOW,
    RealCluster,
    assert_each_once,
    outcomes,
    placed,
    played_on,
    run,
    start,
)
from tests.worlds.grid_world import grid_scenario, grid_suite
from tests.worlds.placed_grid import BROKEN, NODE
from tests.worlds.remains import Playground

WORDS_OF_RAY = ("Traceback", "raylet", "WARNING", "INFO", "Ray")
IMPATIENT = """
import sys
from evalsuite.__main__ import main
from evalsuite.runner.on_ray import contact
contact.GONE_SECONDS = 3.0
sys.exit(main())
"""


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
        _, said = command.communicate(timeout=LIMIT_SECONDS)
    assert command.returncode == 0
    assert not any(word in said for word in WORDS_OF_RAY), said
    records = read_records(out)
    assert_each_once(out, 14)
    assert outcomes(out) == outcomes(tmp_path / "local")
    lost = [record for record in records if not record.final]
    assert lost
    assert all(record.reason.startswith("node ") and record.excused for record in lost)
    assert {played_on(record) for record in records if record.final} == {"doomed", "other"}


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
    assert not any(word in said for word in WORDS_OF_RAY), said
    assert f"--executor ray --address {cluster.address}" in last
    assert {record.outcome for record in read_records(tmp_path / "run")} == {"failure"}


def test_a_node_on_which_everything_fails_is_used_no_more(cluster: RealCluster, tmp_path: Path) -> None:
    suite = grid_suite(*(placed(f"s{index}", level=SLOW, max_steps=12) for index in range(10)))
    with cluster.node("well"), cluster.node("sick", environment={BROKEN: "1"}):
        result = run(cluster, suite, (RECURRENT,), tmp_path / "run")
    assert result.policies["Recurrent"] == {"success": 0, "failure": 10, "error": 0}
    assert not result.given_up
    failed = [record for record in read_records(tmp_path / "run") if not record.final]
    assert {record.reason for record in failed} == {"simulator fault: the engine finds no display"}
    assert len(failed) == nodes.EPISODES_IN_A_ROW


def test_a_policy_is_served_from_where_there_is_a_gpu_and_served_again_when_it_is_lost(
    cluster: RealCluster, tmp_path: Path
) -> None:
    pytest.importorskip("websockets")
    suite = grid_suite(*(grid_scenario(f"s{index}", level=SLOW, max_steps=12) for index in range(6)))
    run(None, suite, (RECURRENT,), tmp_path / "local", workers=2)
    killed: list[int] = []

    def kill_policy(status: RunStatus) -> None:
        if status.settled and not killed:
            killed.extend(cluster.processes("evalsuite.runner.on_ray.policy_server"))
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
    monkeypatch.setattr(nodes, "SILENCE_SECONDS", 3.0)
    suite = grid_suite(*(grid_scenario(f"s{index}", level=SLOW, max_steps=50) for index in range(6)))
    stopped: list[int] = []
    begun: list[float] = []

    def stop_one(status: RunStatus) -> None:
        """In the middle of an episode, as far as can be seen from here."""
        if status.settled and not begun:
            begun.append(time.monotonic())
        if begun and time.monotonic() - begun[0] > 1.0 and not stopped:
            stopped.append(cluster.processes("evalsuite.runner.on_ray.node_driver")[0])
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


def test_a_nodes_driver_that_somebody_else_ends_gives_its_episodes_back(cluster: RealCluster, tmp_path: Path) -> None:
    ended: list[int] = []

    def end_one(status: RunStatus) -> None:
        if status.settled and not ended:
            ended.append(cluster.processes("evalsuite.runner.on_ray.node_driver")[0])
            os.kill(ended[0], signal.SIGTERM)

    suite = grid_suite(*(grid_scenario(f"s{index}", level=SLOW, max_steps=12) for index in range(8)))
    result = run_suite(
        suite, [parse_reference("random")], out=tmp_path / "run", ray=RayOptions(cluster.address), progress=end_one
    )
    assert result.outcomes == {"success": 0, "failure": 8, "error": 0}
    lost = [record for record in read_records(tmp_path / "run") if not record.final]
    assert all(record.excused and "somebody else has ended" in record.reason for record in lost)


@pytest.mark.usefixtures("cluster")
def test_a_cluster_of_the_runs_own_goes_with_it_even_after_kill_9(tmp_path: Path, short: Playground) -> None:
    suite = grid_suite(*(grid_scenario(f"s{index}", level=SLOW, max_steps=12) for index in range(4)))
    command = start(None, suite, tmp_path / "run", environment=short.environment)
    wait_for_records(tmp_path / "run", 1, seconds=LIMIT_SECONDS)
    assert _folder_for_temporary_files(short, "evalsuite.runner.on_ray.node_driver") == str(short.temporary)
    command.kill()
    command.wait(LIMIT_SECONDS)


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("lost", ["gcs_server", "raylet"])
def test_a_head_that_is_gone_is_told_in_one_line_and_the_run_goes_on_afterwards(
    tmp_path: Path, short: Playground, lost: str
) -> None:
    suite = grid_suite(*(grid_scenario(f"s{index}", level=SLOW, max_steps=12) for index in range(40)))
    command = start(None, suite, tmp_path / "run", environment=short.environment, program=["-c", IMPATIENT])
    wait_for_records(tmp_path / "run", 1, seconds=LIMIT_SECONDS)
    for pid, words in short.processes().items():
        if words.split(b"\0")[0].endswith(f"/{lost}".encode()):
            os.kill(pid, signal.SIGKILL)
    _, said = command.communicate(timeout=LIMIT_SECONDS)
    assert command.returncode == EXIT_USAGE, said
    assert re.search(
        r"error: (the head|this machine's node) of the Ray cluster \(.*\) is gone: ", said.splitlines()[-1]
    )
    assert not any(word in said for word in ("Traceback", "raylet", "WARNING", "GCS")), said
    run(None, suite, (RECURRENT,), tmp_path / "run", workers=2)
    assert_each_once(tmp_path / "run", 40)


@pytest.fixture
def short(tmp_path: Path) -> Iterator[Playground]:
    """A playground with a temporary folder that leaves Ray room for the names of its sockets."""
    playground = Playground(tmp_path)
    playground.temporary = Path(tempfile.mkdtemp(prefix="own-", dir="/tmp"))
    try:
        yield playground
        deadline = time.monotonic() + GRACE_SECONDS
        while playground.remains() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert playground.remains() == []
    finally:
        for pid in playground.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(playground.temporary, ignore_errors=True)


def _folder_for_temporary_files(playground: Playground, module: str) -> str:
    """That of the process that runs `module`: were it below the head's, it would go before it has been swept."""
    (pid,) = (pid for pid, words in playground.processes().items() if module.encode() in words.split(b"\0"))
    environment = dict(each.partition(b"=")[::2] for each in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
    return environment[b"TMPDIR"].decode()


def kill_node(cluster: RealCluster, node: Any, command: subprocess.Popen[str]) -> None:
    """As if the machine had gone: Ray's processes there die at once, and so do the driver and the workers."""
    name = f"{NODE}=doomed".encode()
    for pid in cluster.processes("evalsuite.runner.on_ray.node_driver"):
        if name in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            os.kill(pid, signal.SIGKILL)
    cluster.cluster.remove_node(node, allow_graceful=False)
    assert command.poll() is None
