"""What is to be made, cut into shards: a shard is made by one worker, and what comes out depends on it alone.

Scenarios that turn out too like an earlier one, or that could not be made, are asked for again in a further round with
other dice. Results are taken in the order of the shards, whichever worker was done first, so that what is kept does
not depend on how many workers there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from evalsuite.crossview.view_gap import view_gap
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.duplicates import Seen
from evalsuite.synthesis.source import Ask, Rules

MOST_ROUNDS = 6
TOO_LIKE = "too like an earlier scenario"


@dataclass(frozen=True)
class Shard:
    """Scenarios to make, by their numbers; `index` counts the shards of all rounds."""

    round: int
    index: int
    numbers: tuple[int, ...]


@dataclass
class Made:
    """What came of a shard: a scenario for each of its numbers (None where there was none), and why draws failed."""

    scenarios: list[Scenario | None] = field(default_factory=list)
    drafts: int = 0
    refused: Counter[str] = field(default_factory=Counter)


@dataclass
class Tally:
    """What became of the draws.

    Args:
        drafts: draws in all.
        refused: reason -> draws.
        without_gap: (cell, view gap asked for) -> scenarios that are of another gap, since none of it was found.
        made: (cell, view gap) -> scenarios.
    """

    drafts: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    without_gap: Counter[tuple[str, str]] = field(default_factory=Counter)
    made: Counter[tuple[str, str]] = field(default_factory=Counter)


class Plan:
    """Hands out shards, and takes what was made of them."""

    def __init__(self, rules: Rules, count: int) -> None:
        self.rules = rules
        self.count = count
        self.tally = Tally()
        self._seen = Seen()
        self._open: list[int] = []
        self._round = self._first = self._next = 0
        self._numbers: Sequence[int] = range(count)

    def ask(self, number: int) -> Ask:
        """What the scenario of that number is to be.

        The cells take turns, and in each turn the next view gap; they begin with different ones, as in a Latin square,
        so that a small suite has all of them too and none goes with one interaction or difficulty.
        """
        turn, place = divmod(number, len(self.rules.cells))
        cell = self.rules.cells[place]
        several = len(cell.gaps)
        gap = cell.gaps[(turn + place + place // several) % several] if several else None
        return Ask(f"{cell.name}-{turn:04d}", cell, gap)

    @property
    def missing(self) -> list[int]:
        """Numbers that are still without a scenario when no shard is left."""
        return self._open

    def next_shard(self) -> Shard | None:
        """The next one of this round; None when all of them have been handed out."""
        size = self.rules.scenarios_per_place
        at = (self._next - self._first) * size
        if at >= len(self._numbers):
            return None
        shard = Shard(self._round, self._next, tuple(self._numbers[at : at + size]))
        self._next += 1
        return shard

    def take(self, shard: Shard, made: Made) -> dict[int, Scenario]:
        """The shard's scenarios that are kept, by number. Shards are taken in their order."""
        self.tally.drafts += made.drafts
        self.tally.refused += made.refused
        kept: dict[int, Scenario] = {}
        for number, scenario in zip(shard.numbers, made.scenarios, strict=True):
            if scenario is None:
                self._open.append(number)
            elif self._seen.has_near(scenario):
                self._open.append(number)
                self.tally.refused[TOO_LIKE] += 1
            else:
                self._keep(number, scenario)
                kept[number] = scenario
        return kept

    def begin_next_round(self) -> bool:
        """After all of a round has been taken: whether there is another one."""
        if not self._open or self._round + 1 >= MOST_ROUNDS:
            return False
        self._round += 1
        self._first = self._next
        self._numbers, self._open = self._open, []
        return True

    def _keep(self, number: int, scenario: Scenario) -> None:
        self._seen.add(scenario)
        ask, gap = self.ask(number), view_gap(scenario.view)
        self.tally.made[ask.cell.name, gap.name if gap else ""] += 1
        if ask.gap is not None and gap != ask.gap:
            self.tally.without_gap[ask.cell.name, ask.gap.name] += 1
