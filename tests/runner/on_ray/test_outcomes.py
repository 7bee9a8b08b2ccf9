"""What is played on a cluster comes out as on one machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalsuite.records.reading import read_records
from evalsuite.suite.catalogue import find_suite
from tests.runner.on_ray.real_cluster import POLICIES, RECURRENT, RealCluster, assert_each_once, outcomes, run
from tests.worlds.grid_world import grid_scenario, grid_suite


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


def test_a_run_begun_on_one_machine_goes_on_on_a_cluster(cluster: RealCluster, tmp_path: Path) -> None:
    run(None, grid_suite(), ("oracle",), tmp_path / "run", workers=1)
    before = read_records(tmp_path / "run")
    result = run(cluster, grid_suite(), POLICIES, tmp_path / "run")
    assert result.episodes == 15
    assert read_records(tmp_path / "run")[:5] == before
    assert_each_once(tmp_path / "run", 15)


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
