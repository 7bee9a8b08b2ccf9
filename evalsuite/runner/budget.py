"""A part of a run that is a fair sample of the whole: as many episodes, or as much time, as somebody can afford.

A budget is spent evenly over the suite's cells (world, interaction, difficulty), and every policy plays the same
scenarios. Which ones does not depend on how long an episode takes, or on the number of workers: time alone decides
how far down a fixed order a run gets, and what it has begun there is played to its end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from evalsuite.records.header import BudgetCut
from evalsuite.records.record import EpisodeKey
from evalsuite.runner.plan import Episode, EpisodeQueue, in_random_order
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario, Suite

Place = tuple[Scenario, int]
"""What every policy plays: a scenario and a seed."""

_Cell = tuple[str, str, str]


@dataclass(frozen=True)
class Budget:
    """How much may be spent.

    Args:
        words: as it was asked for, such as `30m` or `120 episodes`.
        seconds: after which no episode is begun any more; None for no such limit.
        episodes: of the whole run, those of earlier sessions included; None for no such limit.
    """

    words: str
    seconds: float | None = None
    episodes: int | None = None


def in_even_order(suite: Suite, seeds: Sequence[int]) -> list[Place]:
    """Every place of a run such that any beginning of it holds as many of each cell, give or take one.

    In rounds: each holds the next place of every cell that still has one, in the cell's fixed random order. A round
    keeps to one world until its cells are through, and begins with the world that the last one ended with, so that
    simulators seldom have to be changed.
    """
    cells: dict[_Cell, list[Place]] = {}
    scenarios = in_random_order(suite)
    for seed in seeds:
        for scenario in scenarios:
            cells.setdefault(_cell(scenario), []).append((scenario, seed))
    sha256, order, last = suite.sha256(), list[Place](), ""
    for turn in range(max(map(len, cells.values()))):
        dice = Dice("order of cells", sha256, turn)
        left = [cell for cell in dice.shuffled(sorted(cells)) if len(cells[cell]) > turn]
        worlds = list(dict.fromkeys(world for world, _, _ in left))
        worlds.sort(key=lambda world: world != last)
        order += [cells[cell][turn] for world in worlds for cell in left if cell[0] == world]
        last = worlds[-1]
    return order


def affordable(order: Sequence[Place], policies: int, budget: Budget) -> Sequence[Place]:
    """As much of `order` as the episodes of `budget` allow, every policy on each place."""
    return order if budget.episodes is None else order[: budget.episodes // policies]


class TimeIsOver:
    """Ends the handing out of episodes between two places: one that some policy has begun is played by all.

    Args:
        queue: as the session begins with it.
    """

    def __init__(self, queue: EpisodeQueue) -> None:
        self._queue = queue
        self._at_first = self._untouched()

    def cut(self) -> int:
        """Drop every place of which nothing has been begun; returns how many episodes that were.

        As long as nothing at all has been begun it waits: a budget buys something.
        """
        now = self._untouched()
        if now == self._at_first:
            return 0
        return self._queue.drop_where(lambda each: now[_place(each)] == self._at_first[_place(each)])

    def _untouched(self) -> Counter[tuple[str, int]]:
        return Counter(_place(each) for each in self._queue if not (each.failed or each.excused))


def budget_cuts(
    suite: Suite, policies: Sequence[str], seeds: Sequence[int], settled: Collection[EpisodeKey], budget: Budget
) -> list[BudgetCut]:
    """What is covered of each of `policies`, of those of which not all is."""
    cells = {scenario.id: _cell(scenario) for scenario in suite.scenarios}
    wanted = {(scenario, seed) for scenario in cells for seed in seeds}
    cuts = []
    for policy in policies:
        mine = [(scenario, seed) for scenario, label, seed in settled if label == policy and (scenario, seed) in wanted]
        left = Counter(cells[scenario] for scenario, _ in wanted.difference(mine))
        covered = Counter(cells[scenario] for scenario, _ in mine)
        if left:
            least, most = min(covered[cell] for cell in left), max(covered.values(), default=0)
            small = [cell for cell in set(cells.values()) if covered[cell] < least]
            cuts.append(
                BudgetCut(
                    policy=policy,
                    budget=budget.words,
                    episodes=len(mine),
                    total=len(wanted),
                    cells=len(set(cells.values())),
                    small=len(small),
                    least=least,
                    most=most,
                    fair=most - least <= 1,
                )
            )
    return cuts


def _cell(scenario: Scenario) -> _Cell:
    return (scenario.world, scenario.interaction, scenario.difficulty)


def _place(episode: Episode) -> tuple[str, int]:
    return (episode.scenario.id, episode.seed)
