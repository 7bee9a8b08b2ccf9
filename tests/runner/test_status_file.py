from __future__ import annotations

from pathlib import Path

import pytest

from evalsuite.records.folder import STATUS_FILE
from evalsuite.records.provenance import utc_now
from evalsuite.runner.plan import Episode
from evalsuite.runner.status import Activity, RunStatus, WorldStatus
from evalsuite.runner.status_file import StatusFile, read_status
from tests.worlds.grid_world import grid_scenario

PLAYING = Activity(0, "step", 0.2, "grid", Episode(grid_scenario("one"), "mine", 3, attempts=1), utc_now(), 7)


@pytest.mark.parametrize(("blinded", "policy"), [(True, ""), (False, "mine")])
def test_who_plays_is_told_only_where_nobody_is_to_be_kept_from_knowing(
    tmp_path: Path, blinded: bool, policy: str
) -> None:
    StatusFile(tmp_path, "writer", blinded=blinded).write(RunStatus(1), [PLAYING], {})
    assert ("mine" in (tmp_path / STATUS_FILE).read_text()) is not blinded
    told = read_status(tmp_path)
    assert told is not None
    (worker,) = told.workers
    assert (worker.policy, worker.scenario, worker.seed, worker.attempt, worker.steps) == (policy, "one", 3, 2, 7)


def test_a_worlds_time_left_goes_by_what_its_episodes_take_and_how_many_are_played_at_once(tmp_path: Path) -> None:
    worlds = {
        "grid": WorldStatus(total=30, settled=10, attempts=12, retries=2, worker_seconds=40.0),
        "other": WorldStatus(total=5, settled=0),
        "done": WorldStatus(total=3, settled=3),
    }
    status = RunStatus(38, worlds=worlds, seconds=20.0)
    StatusFile(tmp_path, "writer", blinded=False).write(status, [PLAYING, PLAYING], {"other": "it never came up"})
    told = read_status(tmp_path)
    assert told is not None
    assert [told.worlds[name].eta_seconds for name in worlds] == [40.0, None, 0.0]
    assert (told.worlds["grid"].in_flight, told.worlds["grid"].episodes_per_minute) == (2, 30.0)
    assert told.given_up == {"other": "it never came up"}


def test_a_status_that_can_not_be_written_or_read_is_left_out(tmp_path: Path) -> None:
    StatusFile(tmp_path / "nowhere", "writer", blinded=False).write(RunStatus(1), [], {})
    assert list(tmp_path.iterdir()) == []
    (tmp_path / STATUS_FILE).write_text('{"half": ')
    assert read_status(tmp_path) is None
