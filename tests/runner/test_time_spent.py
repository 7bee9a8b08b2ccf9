from __future__ import annotations

import pytest

from evalsuite.runner.plan import Episode
from evalsuite.runner.status import Activity
from evalsuite.runner.time_spent import TimeSpent, in_words
from tests.worlds.grid_world import grid_scenario


def test_the_parts_add_up_to_the_workers_time_and_the_queue_is_told_apart_from_the_policy() -> None:
    spent = TimeSpent(queued=4.0)
    playing = Activity(0, "step", 0.0, "grid", Episode(grid_scenario("one"), "mine", 0), "", 1)
    spent.add_workers(2, [playing, playing], 48.0)
    spent.add_workers(
        4, [playing, Activity(1, "waking", 0.0), Activity(2, "no process", 0.0), Activity(3, "idle", 0.0)], 1.0
    )
    spent.add_attempt({"start": 5.0, "step": 40.0, "policy": 14.0}, 60.0)
    spent.add_attempt({"step": 10.0}, 20.0)
    assert spent.parts == pytest.approx(
        {"start": 5.0, "step": 50.0, "policy": 10.0, "policy_queue": 4.0, "other": 11.0, "waking": 2.0, "idle": 18.0}
    )
    assert sum(spent.parts.values()) == pytest.approx(100.0)
    words = "step 50%, idle 18%, other 11%, policy 10%, start 5%, waiting for a busy policy 4%, processes coming up 2%"
    assert in_words(spent.parts) == words


def test_nothing_played_is_nothing_to_tell() -> None:
    assert in_words(TimeSpent().parts) == ""
