"""One budget for several suites: what each of them may spend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalsuite.errors import UsageError
from evalsuite.runner.budget import Budget


def episode_shares(budget: Budget, places: Sequence[int], policies: int) -> list[Budget]:
    """Of a budget of episodes a share each, equal in scenarios; a small suite leaves what it has no use for to others.

    It depends on the suites alone, not on what has been played: the same command again spends the same.

    Args:
        places: for each suite how many scenarios it has, times the seeds.

    Raises `UsageError` when it does not reach for one scenario each.
    """
    assert budget.episodes is not None
    left = budget.episodes // policies
    if left < len(places):
        raise UsageError(
            f"--budget-episodes {budget.episodes} can't be spread: {len(places)} suites with every policy on the same "
            f"scenarios take {len(places) * policies} at least"
        )
    shares = [0] * len(places)
    open_ones = list(range(len(places)))
    while open_ones and left:
        each = max(1, left // len(open_ones))
        for at in open_ones[:left]:
            spent = min(places[at] - shares[at], each)
            shares[at] += spent
            left -= spent
        open_ones = [at for at in open_ones if shares[at] < places[at]]
    return [replace(budget, words=f"its share of {budget.words}", episodes=share * policies) for share in shares]


def time_share(budget: Budget, spent: float, suites_left: int) -> Budget:
    """Of a budget of time what the next suite may take: an equal part of what the ones before it have left.

    Args:
        spent: seconds of this session so far.
        suites_left: the next one included.
    """
    assert budget.seconds is not None
    return replace(
        budget, words=f"its share of {budget.words}", seconds=max(0.0, (budget.seconds - spent) / suites_left)
    )
