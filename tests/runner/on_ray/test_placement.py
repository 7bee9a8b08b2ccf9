"""Simulators are placed where there is what they need, and what a node lacks is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evalsuite.errors import PolicyRefused, UsageError
from evalsuite.records.reading import read_records, settled
from evalsuite.runner.on_ray import waiting
from evalsuite.runner.on_ray.cluster import RayOptions, connected
from evalsuite.runner.scratch import Scratch
from tests.runner.on_ray.real_cluster import RealCluster, placed, played_on, run
from tests.worlds.grid_world import grid_scenario, grid_suite
from tests.worlds.placed_grid import MISSING


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


def test_a_policy_that_a_node_can_not_load_is_told_in_one_line(cluster: RealCluster, tmp_path: Path) -> None:
    with pytest.raises(PolicyRefused, match=r"node .*: policy .*: the weights are gone"):
        run(cluster, grid_suite(), ("tests.runner.policies_on_trial:unloadable",), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_cluster_whose_room_others_have_is_waited_for_but_not_for_ever(
    cluster: RealCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(waiting, "TELL_SECONDS", 0.5)
    monkeypatch.setattr(waiting, "LIMIT_SECONDS", 1.5)
    with cluster.node("taken"), Scratch() as scratch, connected(RayOptions(cluster.address), scratch, None) as ray:
        hog = ray.remote(Hog).options(num_cpus=0, resources={"engine": 1}).remote()
        ray.get(hog.sit.remote(), timeout=60.0)
        with pytest.raises(UsageError, match=r"no room for a simulator \(CPU 1, engine 1\) within 0\.025 min"):
            run(cluster, grid_suite(placed("a")), ("oracle",), tmp_path / "run")
    told = capsys.readouterr().err.splitlines()
    assert told.count("waiting until the cluster has room for a simulator (CPU 1, engine 1)") == 1
    assert not (tmp_path / "run").exists()


class Hog:
    """Takes up room."""

    def sit(self) -> None:
        pass
