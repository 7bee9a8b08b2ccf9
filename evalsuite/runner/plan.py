"""Which episodes a run consists of, in which order, and which of them are left."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evalsuite.records.record import EpisodeKey
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario, Suite


@dataclass
class Episode:
    """One policy on one scenario with one seed; `attempts` counts the tries made so far."""

    scenario: Scenario
    policy: str
    seed: int
    attempts: int = 0

    @property
    def key(self) -> EpisodeKey:
        return (self.scenario.id, self.policy, self.seed)


def plan_episodes(
    suite: Suite,
    policies: Sequence[str],
    seeds: Sequence[int],
    *,
    attempts: Mapping[EpisodeKey, int],
    blinded_by: str = "",
) -> Iterator[Episode]:
    """Every episode of `suite` x policies (by label) x seeds, in a fixed order.

    Scenarios come in the order of `in_random_order`, so that a run that is cut short is a fair sample of them;
    seeds come last, so that it has seen as many scenarios as it could. `attempts` tells how often an episode has
    been tried before. With a `blinded_by`, any text, the policies' order is drawn from it for each scenario, so that
    who watches can't tell which is playing.
    """
    for seed in seeds:
        for scenario in in_random_order(suite):
            dice = Dice("order of policies", blinded_by, scenario.id, seed)
            for policy in dice.shuffled(policies) if blinded_by else policies:
                episode = Episode(scenario, policy, seed)
                episode.attempts = attempts.get(episode.key, 0)
                yield episode


def in_random_order(suite: Suite) -> list[Scenario]:
    """The suite's scenarios in a random permutation that depends on its content alone."""
    scenarios = sorted(suite.scenarios, key=lambda scenario: scenario.id)
    return Dice("order of scenarios", suite.sha256()).shuffled(scenarios)


class EpisodeQueue:
    """The episodes that wait, by world: a worker keeps to the world that it has up as long as there is work.

    Args:
        in_order: take them as planned whatever their world, which costs changes of world but leaves a fair sample
            of all worlds when it is cut short.
    """

    def __init__(self, episodes: Iterator[Episode], settled: Collection[EpisodeKey], *, in_order: bool = False) -> None:
        self._in_order = in_order
        self._waiting: dict[str, deque[Episode]] = {}
        for episode in episodes:
            if episode.key not in settled:
                self.put_back(episode)

    def __len__(self) -> int:
        return sum(len(episodes) for episodes in self._waiting.values())

    def take(self, world: str | None) -> Episode | None:
        """The next episode for a worker that has `world` up: of that world, or else of the one with most to do."""
        if not len(self):
            return None
        if world is None or not self._waiting.get(world):
            world = max(self._waiting, key=lambda each: len(self._waiting[each]))
        return self._waiting[world].popleft()

    def put_back(self, episode: Episode) -> None:
        """To be tried again after the others, so that a passing trouble can pass."""
        line = "" if self._in_order else episode.scenario.world
        self._waiting.setdefault(line, deque()).append(episode)

    def drop(self, policy: str) -> int:
        """Forget the episodes of `policy` that nobody has begun; returns how many.

        One that waits for another try stays: whether it failed must not decide whether it counts.
        """
        before = len(self)
        for world, episodes in self._waiting.items():
            kept = (each for each in episodes if each.policy != policy or each.attempts)
            self._waiting[world] = deque(kept)
        return before - len(self)
