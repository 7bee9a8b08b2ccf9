"""Who is answered by a policy's next call, and when it waits for more."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from evalsuite.runner.batches import MOST_PATIENCE_SECONDS, Batches


@dataclass(eq=False)
class Episode:
    asked_at: float = field(default_factory=time.monotonic)
    suspect: bool = False
    steps_per_second: float = 0.0


def seen(rows: int | None, *calls: tuple[int, float]) -> Batches:
    batches = Batches(rows)
    for count, seconds in calls:
        batches.answered(count, seconds)
    return batches


COSTS_THE_SAME = [(1, 0.04), (4, 0.04), (2, 0.04), (8, 0.04)]


def test_before_anything_is_known_whoever_has_asked_is_answered_at_once() -> None:
    waiting = [Episode(), Episode()]
    assert Batches(None).next_batch(waiting, [Episode(steps_per_second=1e6)]) == (waiting, 0.0)
    assert Batches(None).next_batch([], [Episode(steps_per_second=1e6)]) == ([], 0.0)


def test_a_policy_of_so_many_rows_gets_the_first_so_many() -> None:
    waiting = [Episode() for _ in range(5)]
    assert seen(4, *COSTS_THE_SAME).next_batch(waiting, ()) == (waiting[:4], 0.0)


def test_a_call_that_costs_the_same_for_few_as_for_many_waits_for_those_about_to_ask_and_not_for_ever() -> None:
    batches, waiting, others = seen(None, *COSTS_THE_SAME), [Episode()], [Episode(steps_per_second=100.0)]
    nobody, seconds = batches.next_batch(waiting, others)
    assert not nobody
    assert 0.0 < seconds <= MOST_PATIENCE_SECONDS
    time.sleep(seconds)
    assert batches.next_batch(waiting, others) == (waiting, 0.0)


def test_nobody_waits_where_no_one_is_about_to_ask_or_a_row_costs_what_it_costs() -> None:
    waiting = [Episode()]
    assert seen(None, *COSTS_THE_SAME).next_batch(waiting, [Episode(), Episode()]) == (waiting, 0.0)
    by_row = [(rows, 0.01 * rows) for rows in (1, 4, 2, 8)]
    assert seen(None, *by_row).next_batch(waiting, [Episode(steps_per_second=100.0)]) == (waiting, 0.0)


def test_an_episode_under_suspicion_is_answered_alone_and_first() -> None:
    suspect = Episode(suspect=True)
    batches = seen(None, *COSTS_THE_SAME)
    assert batches.next_batch([Episode(), suspect, Episode()], [Episode(steps_per_second=1e6)]) == ([suspect], 0.0)
