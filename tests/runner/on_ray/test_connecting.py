"""Finding a cluster: who does not answer is told of within a time limit."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from evalsuite.errors import UsageError
from evalsuite.policies.references import parse_reference
from evalsuite.runner.on_ray import cluster as connecting
from evalsuite.runner.on_ray.cluster import RayOptions
from evalsuite.runner.run import run_suite
from tests.runner.on_ray.real_cluster import RealCluster
from tests.worlds.grid_world import grid_scenario, grid_suite


def refused(address: str, out: Path) -> str:
    """What is said of a run on the cluster at `address`, which there is not."""
    with pytest.raises(UsageError) as refusal:
        run_suite(grid_suite(grid_scenario("a")), [parse_reference("oracle")], out=out, ray=RayOptions(address))
    assert not out.exists()
    return str(refusal.value)


@pytest.mark.usefixtures("playground")
def test_where_nobody_listens_one_line_says_so_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    begun = time.monotonic()
    said = refused(address, tmp_path / "run")
    assert said.startswith(f"no Ray cluster at --address {address} (")
    assert "Connection refused" in said
    assert "\n" not in said
    assert time.monotonic() - begun < 5.0


@pytest.mark.usefixtures("playground")
def test_who_listens_and_does_not_answer_is_waited_for_so_long_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason="ray is not installed: pip install 'evalsuite[ray]'")
    monkeypatch.setattr(connecting, "ANSWER_SECONDS", 4.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        begun = time.monotonic()
        said = refused(address, tmp_path / "run")
        assert time.monotonic() - begun < 30.0
    assert said.startswith(f"no Ray cluster at --address {address} (no answer within 4 s): ")


def test_auto_is_the_cluster_that_the_environment_names(
    cluster: RealCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite, policies = grid_suite(grid_scenario("a")), [parse_reference("oracle")]
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    assert run_suite(suite, policies, out=tmp_path / "run", ray=RayOptions("auto")).episodes == 1
    monkeypatch.setenv("RAY_ADDRESS", "ray://127.0.0.1:10001")
    assert "run evalsuite on a node of the cluster" in refused("auto", tmp_path / "none")
