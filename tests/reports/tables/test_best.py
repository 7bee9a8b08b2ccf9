from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.reports.tables.best import best_places
from evalsuite.statistics.episodes import FAILURE, SUCCESS, Episodes, Profile

Column = list["tuple[Episodes, np.ndarray[tuple[int], np.dtype[np.int64]]] | None"]


def episodes(policy: str, successes: Sequence[bool]) -> Episodes:
    n = len(successes)
    profile = Profile("run", "suite", "sha", "doom", "approach", "easy", policy, policy, False)
    return Episodes(
        (profile,),
        np.zeros(n, np.int32),
        tuple(f"scenario-{number}" for number in range(n)),
        np.arange(n, dtype=np.int32),
        np.zeros(n, np.int64),
        np.array([SUCCESS if each else FAILURE for each in successes], np.int8),
        np.zeros(n, np.bool_),
        np.full((n, 3), np.nan, np.float32),
    )


def column(*policies: Sequence[bool]) -> Column:
    every = [episodes(f"policy-{number}", each) for number, each in enumerate(policies)]
    return [(each, np.arange(len(each), dtype=np.int64)) for each in every]


def first(successes: int, n: int = 60) -> list[bool]:
    return [number < successes for number in range(n)]


def test_a_policy_that_wins_every_pair_is_the_best() -> None:
    assert best_places([column(first(10), first(40))]) == [1]


def test_a_higher_rate_that_chance_could_explain_is_not() -> None:
    assert best_places([column(first(30), first(33))]) == [None]


def test_equal_rates_have_no_best() -> None:
    assert best_places([column(first(30), first(30))]) == [None]


def test_one_policy_alone_is_no_best() -> None:
    assert best_places([column(first(60))]) == [None]


def test_the_best_has_to_beat_every_rival() -> None:
    assert best_places([column(first(10), first(40), first(39))]) == [None]


def test_the_more_columns_are_compared_the_more_it_takes() -> None:
    six_gained = column(first(30), first(36))
    assert best_places([six_gained]) == [1]
    even = [column(first(20 + number), first(21 + number)) for number in range(20)]
    assert best_places([six_gained, *even])[0] is None


def test_policies_without_an_episode_in_common_are_not_ranked() -> None:
    one, other = episodes("one", first(50)), episodes("other", first(5))
    rows = np.arange(60, dtype=np.int64)
    assert best_places([[(one, rows[:30]), (other, rows[30:])]]) == [None]


@given(st.lists(st.booleans(), min_size=8, max_size=8), st.lists(st.booleans(), min_size=8, max_size=8))
def test_who_is_named_has_the_highest_rate(one: list[bool], other: list[bool]) -> None:
    (best,) = best_places([column(one * 6, other * 6)])
    if best is not None:
        assert sum((one, other)[best]) > sum((one, other)[1 - best])
