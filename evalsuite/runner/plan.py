"""Which episodes a run consists of, in which order, and which of them are left."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evalsuite.records.reading import Tries
from evalsuite.records.record import EpisodeKey
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario, Suite


@dataclass
class Episode:
    """One policy on one scenario with one seed, and what has been tried of it (see `Tries`).

    Args:
        taken_at: when it was last taken from the queue, of `time.monotonic`.
    """

    scenario: Scenario
    policy: str
    seed: int
    attempts: int = 0
    failed: int = 0
    excused: int = 0
    taken_at: float = 0.0

    @property
    def key(self) -> EpisodeKey:
        return (self.scenario.id, self.policy, self.seed)


def plan_episodes(
    suite: Suite,
    policies: Sequence[str],
    seeds: Sequence[int],
    *,
    tries: Mapping[EpisodeKey, Tries],
    blinded_by: str = "",
    places: Iterable[tuple[Scenario, int]] | None = None,
) -> Iterator[Episode]:
    """Every episode of `suite` x policies (by label) x seeds, in a fixed order; or of `places` alone, in theirs.

    Scenarios come in the order of `in_random_order`, so that a run that is cut short is a fair sample of them;
    seeds come last, so that it has seen as many scenarios as it could. `tries` tells how often an episode has
    been tried before. With a `blinded_by`, any text, the policies' order is drawn from it for each scenario, so that
    who watches can't tell which is playing.
    """
    if places is None:
        places = ((scenario, seed) for seed in seeds for scenario in in_random_order(suite))
    for scenario, seed in places:
        dice = Dice("order of policies", blinded_by, scenario.id, seed)
        for policy in dice.shuffled(policies) if blinded_by else policies:
            before = tries.get((scenario.id, policy, seed), Tries())
            yield Episode(scenario, policy, seed, before.made, before.failed, before.excused)


def in_random_order(suite: Suite) -> list[Scenario]:
    """The suite's scenarios in a random permutation that depends on its content alone."""
    scenarios = sorted(suite.scenarios, key=lambda scenario: scenario.id)
    return Dice("order of scenarios", suite.sha256()).shuffled(scenarios)


_ONE_LINE = ""


class EpisodeQueue:
    """The episodes that wait, by world: a worker keeps to the world that it has up as long as there is work.

    Args:
        in_order: take them as planned whatever their world, which costs changes of world but leaves a fair sample
            of all worlds when it is cut short.

    Of the last episodes of a run the longest are taken first (see `longest_first`), unless they are taken in order.
    """

    def __init__(self, episodes: Iterator[Episode], settled: Collection[EpisodeKey], *, in_order: bool = False) -> None:
        self.in_order = in_order
        self._waiting: dict[str, deque[Episode]] = {}
        self.shelved: dict[str, list[Episode]] = {}
        """World -> its episodes that nobody is to take any more."""
        self._length: Callable[[Episode], float] | None = None
        self._tail: Callable[[], int] = lambda: 0
        for episode in episodes:
            if episode.key not in settled:
                self.put_back(episode)

    def __len__(self) -> int:
        return sum(len(episodes) for episodes in self._waiting.values())

    def __iter__(self) -> Iterator[Episode]:
        return (episode for episodes in self._waiting.values() for episode in episodes)

    def longest_first(self, length: Callable[[Episode], float], tail: Callable[[], int]) -> None:
        """Once no more than `tail()` episodes wait, take the one with the greatest expected `length` first.

        A long episode that begins last keeps all but one worker waiting. Before the tail the order stays random, since
        of a run that somebody interrupts what was played is to be a fair sample of what was planned: it can lean to
        long episodes by those of the tail only. Those that wait for another try still come last.
        """
        self._length, self._tail = length, tail

    def waiting(self) -> Counter[str]:
        """World -> how many of its episodes wait."""
        if self.in_order:
            return Counter(episode.scenario.world for episode in self)
        return Counter({world: len(episodes) for world, episodes in self._waiting.items() if episodes})

    def first(self, worlds: Collection[str]) -> Episode | None:
        """The one of these worlds that was planned first of those that wait; stays in the queue."""
        return next((episode for episode in self if episode.scenario.world in worlds), None)

    def take(self, world: str | None, worlds: Collection[str] | None = None) -> Episode | None:
        """The next episode for a worker that has `world` up: of that world, or else of the one with most to do.

        Args:
            worlds: those that the worker can play; None for all.
        """
        if self.in_order and worlds is not None:
            there = (place for place, each in enumerate(self) if each.scenario.world in worlds)
            place = next(there, None)
            return None if place is None else self._take_out(_ONE_LINE, place)
        lines = [line for line, episodes in self._waiting.items() if episodes and (worlds is None or line in worlds)]
        if not lines:
            return None
        line = world if world in lines else max(lines, key=lambda each: len(self._waiting[each]))
        episodes, length = self._waiting[line], self._length
        if length is None or self.in_order or len(self) > self._tail():
            return self._take_out(line, 0)
        ranks = [(not episode.attempts, length(episode)) for episode in episodes]
        return self._take_out(line, ranks.index(max(ranks)))

    def _take_out(self, line: str, place: int) -> Episode:
        episodes = self._waiting[line]
        episode = episodes[place]
        del episodes[place]
        episode.taken_at = time.monotonic()
        return episode

    def put_back(self, episode: Episode) -> None:
        """To be tried again after the others, so that a passing trouble can pass."""
        if episode.scenario.world in self.shelved:
            self.shelved[episode.scenario.world].append(episode)
            return
        line = _ONE_LINE if self.in_order else episode.scenario.world
        self._waiting.setdefault(line, deque()).append(episode)

    def shelve(self, world: str) -> None:
        """From now on nobody takes an episode of `world`; they are left as they are."""
        self.shelved.setdefault(world, [])
        for line, episodes in self._waiting.items():
            self._waiting[line] = deque()
            for episode in episodes:
                self.put_back(episode)

    def drop(self, policy: str) -> int:
        """Forget the episodes of `policy` that nobody has begun; returns how many."""
        return self.drop_where(lambda each: each.policy == policy)

    def drop_where(self, unwanted: Callable[[Episode], bool]) -> int:
        """Forget the `unwanted` episodes that nobody has begun; returns how many.

        One that waits for another try stays: whether it failed must not decide whether it counts.
        """
        before = len(self)
        for world, episodes in self._waiting.items():
            kept = (each for each in episodes if each.failed or each.excused or not unwanted(each))
            self._waiting[world] = deque(kept)
        return before - len(self)
