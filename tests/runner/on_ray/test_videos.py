"""Videos of what was played on a cluster: made where the run folder is, as far as that can be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalsuite.records.reading import read_records
from tests.runner.on_ray.real_cluster import RealCluster, placed, run
from tests.worlds.grid_world import DETERMINISM, grid_scenario, grid_suite
from tests.worlds.placed_grid import MISSING

pytest.importorskip("av", reason="videos need the extra `video`")

from tests.runner.test_videos import assert_filmed, assert_no_trace_but_videos


def test_what_nodes_have_played_is_filmed_where_the_run_folder_is(cluster: RealCluster, tmp_path: Path) -> None:
    suite = grid_suite(grid_scenario("a"), grid_scenario("b"))
    result = run(cluster, suite, ("oracle", "noop"), tmp_path / "run", videos="failures")
    assert (result.videos, result.videos_left, result.video_faults) == (2, 0, {})
    for record in read_records(tmp_path / "run"):
        if record.outcome == "failure":
            assert_filmed(tmp_path / "run", record)
    assert_no_trace_but_videos(tmp_path / "run")


def test_a_world_that_is_another_each_time_is_played_without_videos_and_that_is_told(
    cluster: RealCluster, tmp_path: Path
) -> None:
    with cluster.node("moody", environment={DETERMINISM: "statistical"}):
        result = run(cluster, grid_suite(placed("a")), ("noop",), tmp_path / "run", videos="all")
    assert (result.episodes, result.videos) == (1, 0)
    assert result.video_faults == {"grid can't be filmed on a cluster": 1}
    assert not (tmp_path / "run" / "videos").exists()


def test_a_world_that_only_nodes_have_is_played_without_videos_and_that_is_told(
    cluster: RealCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cluster.node("equipped"):
        monkeypatch.setenv(MISSING, "1")
        result = run(cluster, grid_suite(placed("a")), ("noop",), tmp_path / "run", videos="all")
    assert (result.episodes, result.videos) == (1, 0)
    (fault,) = result.video_faults
    assert fault.startswith("videos are made on this machine, and the world 'placed' can't run here")
