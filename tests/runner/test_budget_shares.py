from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.errors import UsageError
from evalsuite.runner.budget import Budget
from evalsuite.runner.budget_shares import episode_shares, time_share


def shares(episodes: int, places: list[int], policies: int) -> list[int | None]:
    budget = Budget(f"{episodes} episodes", episodes=episodes)
    return [each.episodes for each in episode_shares(budget, places, policies)]


def test_every_suite_gets_the_same_and_a_small_one_leaves_the_rest_to_the_others() -> None:
    assert shares(60, [480, 480, 120, 45, 30, 24], 2) == [10] * 6
    assert shares(600, [480, 480, 24], 2) == [276, 276, 48]
    assert shares(13, [480, 480], 2) == [6, 6]
    assert shares(14, [480, 480], 2) == [8, 6]


@given(st.lists(st.integers(1, 500), min_size=1, max_size=8), st.integers(1, 5), st.integers(0, 3000))
def test_as_much_is_spent_as_there_is_and_never_more_than_a_suite_holds(
    places: list[int], policies: int, more: int
) -> None:
    episodes = len(places) * policies + more
    spent = [each or 0 for each in shares(episodes, places, policies)]
    assert sum(spent) == min(episodes // policies, sum(places)) * policies
    for share, held in zip(spent, places, strict=True):
        assert 0 < share <= held * policies
        assert share == held * policies or share >= max(spent) - policies


def test_a_budget_that_does_not_reach_for_all_is_refused() -> None:
    with pytest.raises(UsageError, match=r"can't be spread: 3 suites .* take 6 at least"):
        shares(5, [10, 10, 10], 2)


def test_time_that_one_suite_leaves_goes_to_those_after_it() -> None:
    hour = Budget("1h", seconds=3600.0)
    assert time_share(hour, 0.0, 4).seconds == 900.0
    assert time_share(hour, 0.0, 3).seconds == 1200.0
    assert time_share(hour, 4000.0, 2).seconds == 0.0
    assert time_share(hour, 0.0, 4).words == "its share of 1h"
