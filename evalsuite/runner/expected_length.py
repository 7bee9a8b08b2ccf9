"""How many steps an episode is likely to take, from its limit and from those that were played before it."""

from __future__ import annotations

from evalsuite.runner.plan import Episode

PRIOR_EPISODES = 3.0
"""For how many episodes of a cell the mean of the whole policy counts, and for that the whole limit."""

_Cell = tuple[str, ...]


class ExpectedLength:
    """Learns from this run, by policy and by cell (policy, world, interaction, difficulty)."""

    def __init__(self) -> None:
        self._played: dict[_Cell, tuple[float, float]] = {}

    def played(self, episode: Episode, steps: int) -> None:
        """Take in an episode that was played to its end."""
        for cell in _cells(episode):
            share, count = self._played.get(cell, (0.0, 0.0))
            self._played[cell] = (share + steps / episode.scenario.max_steps, count + 1.0)

    def of(self, episode: Episode) -> float:
        """Expected steps of `episode`."""
        share = 1.0
        for cell in _cells(episode):
            total, count = self._played.get(cell, (0.0, 0.0))
            share = (total + PRIOR_EPISODES * share) / (count + PRIOR_EPISODES)
        return share * episode.scenario.max_steps


def _cells(episode: Episode) -> tuple[_Cell, ...]:
    """From the coarsest to the finest."""
    scenario = episode.scenario
    policy = (episode.policy,)
    return policy, (*policy, scenario.world, scenario.interaction, scenario.difficulty)
