"""Cuts short the episodes of policies about which enough is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evalsuite.records.header import EarlyStop
from evalsuite.records.record import Record
from evalsuite.runner.plan import EpisodeQueue, in_random_order
from evalsuite.statistics.early_stopping import PairedStopping, Place, RuleName
from evalsuite.suite.scenario import Suite


class EarlyStopper:
    """Watches the policies of a run that are compared to a base, and drops what waits of those that are decided.

    Once all of them are, the other policies of the run stop as well: they only stand beside them. What is being
    played is played to its end, so that the episodes that were begun are all there.

    Args:
        base: how the base was named, for the record.
        outcomes: label -> the base's outcomes to compare with.
        rule: `obf` or `evalue`.
        order: in which the run's places come; None for that of a run without a budget.
    """

    def __init__(
        self,
        suite: Suite,
        seeds: Sequence[int],
        base: str,
        outcomes: Mapping[str, Mapping[Place, bool]],
        rule: RuleName,
        order: Sequence[Place] | None = None,
    ) -> None:
        order = order or [(scenario.id, seed) for seed in seeds for scenario in in_random_order(suite)]
        self._base = base
        self._rule = rule
        self._watched = {label: PairedStopping(each, order, rule) for label, each in outcomes.items()}

    @property
    def stops(self) -> tuple[EarlyStop, ...]:
        """What has been decided so far."""
        return tuple(
            EarlyStop(
                policy=label,
                base=self._base,
                rule=self._rule,
                reason=watched.stop.reason,
                pairs=watched.stop.pairs,
                total=watched.total,
                lost=watched.stop.lost,
                gained=watched.stop.gained,
            )
            for label, watched in self._watched.items()
            if watched.stop is not None
        )

    def settle(self, records: Iterable[Record]) -> None:
        """Take in settled episodes; telling it one again changes nothing."""
        for record in records:
            if record.final and record.policy in self._watched:
                self._watched[record.policy].settle((record.scenario, record.seed), record.outcome)

    def prune(self, queue: EpisodeQueue, labels: Iterable[str]) -> int:
        """Drop from `queue` what is decided; returns how many episodes that were."""
        decided = [label for label, watched in self._watched.items() if watched.stop is not None]
        everything = len(decided) == len(self._watched)
        return sum(queue.drop(label) for label in (labels if everything else decided))
