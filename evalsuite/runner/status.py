"""How a run stands, for whoever watches it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from evalsuite.records.record import EpisodeKey, Outcome, Record
from evalsuite.runner.plan import Episode

NO_PROCESS = "no process"
OUTCOMES: tuple[Outcome, ...] = ("success", "failure", "error")


@dataclass(frozen=True)
class Activity:
    """What one worker does.

    Args:
        worker: its number.
        phase: that it last announced, as `Phase` has them in lower case, or `NO_PROCESS`.
        seconds: since it last gave a sign of life, which it does whenever a phase begins.
        world: that it has up; empty for none.
        episode: that it plays, with `started` (UTC, ISO 8601) and the `steps` made so far; None for none.
    """

    worker: int
    phase: str
    seconds: float
    world: str = ""
    episode: Episode | None = None
    started: str = ""
    steps: int = 0


@dataclass
class WorldStatus:
    """One world's part of a run, and the work of this session in it.

    Args:
        total, settled, errors: episodes of the whole run, settled ones of all sessions, those of them that are errors.
        attempts: of this session that are over.
        retries: those of them that have to be made again.
        steps: made in them.
        worker_seconds: that workers spent on them.
    """

    total: int = 0
    settled: int = 0
    errors: int = 0
    attempts: int = 0
    retries: int = 0
    steps: int = 0
    worker_seconds: float = 0.0


@dataclass
class RunStatus:
    """Counts of settled episodes by policy and outcome, and the work of this session.

    Args:
        total: episodes of the whole run.
        policies: label -> outcome -> settled episodes, those of earlier sessions included.
        errors: label -> reason -> settled episodes that are errors.
        logs: reason of an error -> the log of one such attempt, in the run folder.
        resumed: episodes that earlier sessions had settled.
        retries: attempts of this session that have to be made again.
        retried: episode -> why its last attempt had to be made again, those of earlier sessions included.
        worlds: name -> how that world's part stands.
        steps: environment steps of this session so far.
        seconds: wall time of this session so far.
        seconds_left: of a budget of time; None without one.
        videos_left: videos that are still to be made.
        missing_policies: label -> why that policy is not there now, and is waited for.
    """

    total: int
    policies: dict[str, dict[Outcome, int]] = field(default_factory=dict)
    errors: dict[str, Counter[str]] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    resumed: int = 0
    retries: int = 0
    retried: dict[EpisodeKey, str] = field(default_factory=dict)
    worlds: dict[str, WorldStatus] = field(default_factory=dict)
    steps: int = 0
    seconds: float = 0.0
    seconds_left: float | None = None
    videos_left: int = 0
    missing_policies: Mapping[str, str] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        return sum(sum(outcomes.values()) for outcomes in self.policies.values())

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """Outcome -> settled episodes of all policies."""
        return {name: sum(outcomes[name] for outcomes in self.policies.values()) for name in OUTCOMES}

    @property
    def eta_seconds(self) -> float | None:
        """Until all is settled, at this session's pace, or the budget is spent; None before its first episode."""
        done = self.settled - self.resumed
        if self.settled >= self.total:
            return 0.0
        needed = [self.seconds / done * (self.total - self.settled)] if done else []
        needed += [self.seconds_left] if self.seconds_left is not None else []
        return min(needed) if needed else None

    def count(self, record: Record) -> None:
        """Take in what settles an episode."""
        world = self.worlds.setdefault(record.world, WorldStatus())
        self.policies[record.policy][record.outcome] += 1
        world.settled += 1
        if record.outcome == "error":
            self.errors.setdefault(record.policy, Counter())[record.reason] += 1
            if record.log:
                self.logs[record.reason] = record.log
            world.errors += 1

    def discount(self, record: Record) -> None:
        """The reverse of `count`."""
        world = self.worlds[record.world]
        self.policies[record.policy][record.outcome] -= 1
        world.settled -= 1
        if record.outcome == "error":
            world.errors -= 1
            self.errors[record.policy] -= Counter([record.reason])
            if not self.errors[record.policy]:
                del self.errors[record.policy]

    def expect(self, waiting: Iterable[Episode]) -> None:
        """What is settled, and what is `waiting` or being played, is all that this run is to settle."""
        left = Counter(episode.scenario.world for episode in waiting)
        for name in (*self.worlds, *left):
            world = self.worlds.setdefault(name, WorldStatus())
            world.total = world.settled + left[name]
        self.total = sum(world.total for world in self.worlds.values())

    def note_attempt(self, record: Record, seconds: float) -> None:
        """Take in what came of an attempt, settled by it or not, on which a worker spent `seconds`."""
        world = self.worlds.setdefault(record.world, WorldStatus())
        world.attempts += 1
        world.steps += record.steps
        world.worker_seconds += seconds
        if record.final:
            self.count(record)
        else:
            world.retries += 1
            self.retries += 1
            self.retried[record.key] = record.reason


Watcher = Callable[[RunStatus], None]
"""Called a few times a second, and once when a run begins and when it ends."""
