"""What the processes at the nodes have said is in the run folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalsuite.records.reading import read_records
from tests.runner.on_ray.real_cluster import RealCluster, run
from tests.runner.test_run_logs import POLICIES as TALKING
from tests.worlds.grid_world import grid_scenario, grid_suite


def test_the_log_of_an_attempt_that_broke_down_at_a_node_is_named_and_tells_which_attempts_began(
    cluster: RealCluster, tmp_path: Path
) -> None:
    level = {"faults": [{"at_step": 3, "attempts": 1, "kind": "die"}], "tally": str(tmp_path / "tally")}
    run(cluster, grid_suite(grid_scenario("one", level=level)), ("noop",), tmp_path / "run", workers=1)
    first, second = read_records(tmp_path / "run")
    assert first.log.startswith("logs/")
    assert first.log.endswith("/worker-0.log")
    assert second.log == ""
    lines = (tmp_path / "run" / first.log).read_text().splitlines()
    begun = [json.loads(line) for line in lines if line.startswith("{")]
    told = [(each["begins"], each["policy"], each["attempt"]) for each in begun]
    assert told == [("one", "noop", 1), ("one", "noop", 2)]


def test_a_policy_fault_at_a_node_names_the_log_of_the_policy_there(
    cluster: RealCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "talking_policy.py").write_text(TALKING)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    suite = grid_suite(grid_scenario("one"), grid_scenario("two"))
    run(cluster, suite, ("talker=talking_policy:Talking",), tmp_path / "run")
    records = read_records(tmp_path / "run")
    assert len(records) == 2
    for record in records:
        assert record.log.endswith("/policy-talker.log")
        said = (tmp_path / "run" / record.log).read_text()
        assert "I see 1" in said
        assert "out of ideas" in said
