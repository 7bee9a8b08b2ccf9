"""Where the workers' time went: which phase is worth making faster, and whether more workers would be idle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evalsuite.runner.phases import Phase
from evalsuite.runner.status import NO_PROCESS, Activity

LEAST_SHARE = 0.005
"""Below which a part is not named."""

POLICY, QUEUE, OTHER, WAKING, IDLE = "policy", "policy_queue", "other", "waking", "idle"
NOT_UP = (Phase.WAKING.name.lower(), NO_PROCESS)


@dataclass
class TimeSpent:
    """Wall seconds of one session, added up over its workers.

    Args:
        workers: that workers were there.
        waking: that there was a place for a worker, but its process was not up yet.
        attempts: that they spent on attempts.
        phases: phase -> that attempts spent in it, as records have it.
        queued: that attempts waited for a policy that was answering others; a part of the phase `policy`.
    """

    workers: float = 0.0
    waking: float = 0.0
    attempts: float = 0.0
    phases: dict[str, float] = field(default_factory=dict)
    queued: float = 0.0

    def add_workers(self, workers: int, activities: Sequence[Activity], seconds: float) -> None:
        """Take in that so many workers have been there for `seconds` more, doing this."""
        self.workers += seconds * workers
        self.waking += seconds * sum(each.episode is None and each.phase in NOT_UP for each in activities)

    def add_attempt(self, phases: Mapping[str, float], seconds: float) -> None:
        """Take in an attempt that took `seconds`."""
        self.attempts += seconds
        for phase, spent in phases.items():
            self.phases[phase] = self.phases.get(phase, 0.0) + spent

    @property
    def parts(self) -> dict[str, float]:
        """Part -> seconds, adding up to the workers' time.

        Besides the phases: `policy_queue`, that `policy` is then without; `other` is what attempts did besides, lost
        ones included; in `waking` a worker's process was not up yet, and in `idle` it had no episode.
        """
        parts = {phase: seconds for phase, seconds in self.phases.items() if seconds}
        queued = min(self.queued, parts.get(POLICY, 0.0))
        if queued:
            parts[POLICY] -= queued
            parts[QUEUE] = queued
        parts[OTHER] = max(0.0, self.attempts - sum(self.phases.values()))
        parts[WAKING] = self.waking
        parts[IDLE] = max(0.0, self.workers - sum(parts.values()))
        return parts


def in_words(parts: Mapping[str, float]) -> str:
    """Such as "step 61%, policy 22%, reset 9%, waiting for a busy policy 5%, idle 3%"; empty where nothing was done."""
    total = sum(parts.values())
    names = {QUEUE: "waiting for a busy policy", WAKING: "processes coming up"}
    return ", ".join(
        f"{names.get(part, part.replace('_', ' '))} {100 * seconds / total:.0f}%"
        for part, seconds in sorted(parts.items(), key=lambda each: -each[1])
        if seconds >= LEAST_SHARE * total > 0.0
    )
