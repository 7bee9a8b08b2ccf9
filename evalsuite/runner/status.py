"""How a run stands, for whoever watches it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from evalsuite.records.record import EpisodeKey, Outcome

OUTCOMES: tuple[Outcome, ...] = ("success", "failure", "error")


@dataclass
class RunStatus:
    """Counts of settled episodes by policy and outcome, and the work of this session.

    Args:
        total: episodes of the whole run.
        policies: label -> outcome -> settled episodes, those of earlier sessions included.
        errors: label -> reason -> settled episodes that are errors.
        resumed: episodes that earlier sessions had settled.
        retries: attempts of this session that have to be made again.
        retried: episode -> why its last attempt had to be made again, those of earlier sessions included.
        steps: environment steps of this session so far.
        seconds: wall time of this session so far.
        videos_left: videos that are still to be made.
    """

    total: int
    policies: dict[str, dict[Outcome, int]] = field(default_factory=dict)
    errors: dict[str, Counter[str]] = field(default_factory=dict)
    resumed: int = 0
    retries: int = 0
    retried: dict[EpisodeKey, str] = field(default_factory=dict)
    steps: int = 0
    seconds: float = 0.0
    videos_left: int = 0

    @property
    def settled(self) -> int:
        return sum(sum(outcomes.values()) for outcomes in self.policies.values())

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """Outcome -> settled episodes of all policies."""
        return {name: sum(outcomes[name] for outcomes in self.policies.values()) for name in OUTCOMES}

    def count(self, policy: str, outcome: Outcome, reason: str) -> None:
        self.policies[policy][outcome] += 1
        if outcome == "error":
            self.errors.setdefault(policy, Counter())[reason] += 1


Watcher = Callable[[RunStatus], None]
"""Called a few times a second, and once when a run begins and when it ends."""
