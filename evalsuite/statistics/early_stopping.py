"""A paired comparison that is looked at while its episodes come in, in any order, and that may end early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from evalsuite.records.record import Outcome
from evalsuite.statistics.e_value import e_value
from evalsuite.statistics.episodes import ERROR, SUCCESS, Episodes
from evalsuite.statistics.o_brien_fleming import OBrienFleming, StopReason
from evalsuite.statistics.power import SIGNIFICANCE

RuleName = Literal["obf", "evalue"]
Place = tuple[str, int]
"""(scenario, seed)."""


class StoppingRule(Protocol):
    """Decides at some numbers of pairs."""

    def decide(self, lost: int, gained: int, pairs: int) -> StopReason | None: ...


@dataclass(frozen=True)
class ScheduledLooks:
    """O'Brien and Fleming's rule, which looks at its own times only."""

    bounds: OBrienFleming

    def decide(self, lost: int, gained: int, pairs: int) -> StopReason | None:
        return self.bounds.decide(lost, gained, pairs) if pairs in self.bounds.schedule else None


@dataclass(frozen=True)
class EveryPair:
    """The e-value, which may be looked at after every pair; it stops for a regression only."""

    significance: float = SIGNIFICANCE

    def decide(self, lost: int, gained: int, pairs: int) -> StopReason | None:
        return "regression" if e_value(lost, gained) >= 1.0 / self.significance else None


@dataclass(frozen=True)
class Stop:
    """The decision, and the pairs that it rests on."""

    reason: StopReason
    pairs: int
    lost: int
    gained: int


class PairedStopping:
    """Compares episodes with a base in a fixed order, however they arrive.

    Only what lies before the first episode still missing is counted. Otherwise quick episodes would be seen first,
    and the number of workers would decide what is known at a look.

    Args:
        base: (scenario, seed) -> whether the base succeeded, of its scored episodes.
        order: in which the candidate's episodes are handed out.
        rule: `obf` or `evalue`.
    """

    def __init__(self, base: Mapping[Place, bool], order: Sequence[Place], rule: RuleName) -> None:
        self._base = base
        self._order = order
        self._settled: dict[Place, Outcome] = {}
        self._next = 0
        self._lost = self._gained = self._pairs = 0
        self.total = sum(place in base for place in order)
        self._rule: StoppingRule = ScheduledLooks(OBrienFleming(self.total)) if rule == "obf" else EveryPair()
        self.stop: Stop | None = None

    def settle(self, place: Place, outcome: Outcome) -> Stop | None:
        """Take in one settled episode; returns the decision once there is one, now and ever after."""
        self._settled.setdefault(place, outcome)
        while self.stop is None and self._next < len(self._order) and self._order[self._next] in self._settled:
            self._count(self._order[self._next])
            self._next += 1
        return self.stop

    def _count(self, place: Place) -> None:
        outcome, was = self._settled[place], self._base.get(place)
        if outcome == "error" or was is None:
            return
        self._pairs += 1
        self._lost += was and outcome == "failure"
        self._gained += not was and outcome == "success"
        reason = self._rule.decide(self._lost, self._gained, self._pairs)
        if reason is not None and self._pairs < self.total:
            self.stop = Stop(reason, self._pairs, self._lost, self._gained)


def outcomes_by_place(episodes: Episodes) -> dict[Place, bool]:
    """(scenario, seed) -> whether it succeeded, of the scored and valid episodes."""
    return {
        (episodes.scenarios[scenario], int(seed)): bool(outcome == SUCCESS)
        for scenario, seed, outcome, void in zip(
            episodes.scenario, episodes.seed, episodes.outcome, episodes.solved_at_reset, strict=True
        )
        if outcome != ERROR and not void
    }
