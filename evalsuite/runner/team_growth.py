"""Decides while episodes are played how many workers and policy processes there shall be, from what they cost.

A run begins small, so that nothing is started in vain, and grows as soon as a step, a call and a start have been
measured: nothing is played for the measurement's sake, and an episode's result does not depend on who plays beside it.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalsuite.runner.call_costs import CallCost
from evalsuite.runner.expected_length import ExpectedLength
from evalsuite.runner.machine import available_memory, process_sessions, resident_bytes
from evalsuite.runner.plan import EpisodeQueue
from evalsuite.runner.policy_replicas import PolicyReplicas
from evalsuite.runner.policy_seat import KnownPolicy
from evalsuite.runner.team_size import Costs, Team, best_team
from evalsuite.runner.workers import Workers

WINDOW_SECONDS = 0.5
LONGEST_WINDOW_SECONDS = 30.0
"""For which costs are measured before the team is judged; twice as long whenever nothing was to be changed."""

LOOK_SECONDS = 0.1
"""Between two looks whether a window is over: until the first is, a run is played by few."""

LEAST_STEPS = 40
"""In a window, before it tells anything."""

LEAST_CALLS = 4
"""Of a policy, before it is reckoned with: in a run that goes on, the turn of one may come hours after another's."""

MEMORY_SHARE = 0.8
"""Of the memory that is free, what new processes may take."""

SAMPLE = 500
"""Episodes of the queue whose expected lengths are added up; the others are taken to be like them."""


@dataclass(frozen=True)
class _Reading:
    """Totals at one moment, in seconds of processor time, but `step_wall`."""

    at: float
    steps: int
    step_wall: float
    simulators: float
    driver: float


class TeamGrowth:
    """Lets the team of a run grow.

    Args:
        most: what it may not exceed; a number that a person has set is both the first and the last.
    """

    def __init__(
        self, workers: Workers, policies: Mapping[str, PolicyReplicas], most: Team, cores: int, lengths: ExpectedLength
    ) -> None:
        self._workers = workers
        self._policies = list(policies.values())
        self._most = most
        self._cores = cores
        self._lengths = lengths
        self._window = WINDOW_SECONDS
        self._begun: _Reading | None = None
        self._start_worker = 0.0
        self._looked = 0.0

    def turn(self, queue: EpisodeQueue) -> None:
        """Called often; measures, and lets the team grow where that pays."""
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        team = self._team()
        if not len(queue) or team == self._most or not self._settled():
            return
        if self._begun is not None and now - self._begun.at < self._window:
            return
        reading = self._read()
        if self._begun is None:
            if not self._start_worker:
                self._start_worker = reading.simulators / max(1, len(self._workers.processes))
            self._begun = reading
            return
        if reading.steps - self._begun.steps < LEAST_STEPS:
            return
        known = [policy.known for policy in self._policies]
        tried = [each for each in known if each.wall.calls >= LEAST_CALLS]
        best = self._best(team, self._costs(self._begun, reading, tried), queue)
        self._window = WINDOW_SECONDS if best != team else min(2.0 * self._window, LONGEST_WINDOW_SECONDS)
        self._begun = None
        self._workers.grow(best.workers)
        for policy in self._policies:
            if not policy.known.elsewhere:
                policy.grow(best.policy_processes)

    def _best(self, team: Team, costs: Costs, queue: EpisodeQueue) -> Team:
        most = self._most._replace(policy_processes=1) if costs.call_elsewhere else self._most
        free = MEMORY_SHARE * available_memory()
        steps = self._steps_left(queue)
        return best_team(costs, team, most=most, cores=self._cores, steps_left=steps, free_bytes=free)

    def _team(self) -> Team:
        return Team(self._workers.count, max((policy.count for policy in self._policies), default=1))

    def _settled(self) -> bool:
        """Whether everybody who was started has come up and played."""
        return self._workers.all_have_played and all(policy.all_ready for policy in self._policies)

    def _read(self) -> _Reading:
        sessions = process_sessions(self._workers.processes)
        own = resource.getrusage(resource.RUSAGE_SELF)
        steps, step_wall = self._workers.steps_so_far
        return _Reading(
            at=time.monotonic(),
            steps=steps,
            step_wall=step_wall,
            simulators=sum(sessions.values()),
            driver=own.ru_utime + own.ru_stime,
        )

    def _costs(self, first: _Reading, last: _Reading, known: Sequence[KnownPolicy]) -> Costs:
        steps = last.steps - first.steps
        step = max(last.simulators - first.simulators, 0.0) / steps
        calls = [(each.wall if each.elsewhere else each.processor).cost() for each in known]
        batches = [each.batch for each in known if each.batch is not None]
        return Costs(
            step=step,
            step_sleep=max(0.0, (last.step_wall - first.step_wall) / steps - step),
            driver=(last.driver - first.driver) / steps,
            call=_mean(calls) if calls else CallCost(),
            call_elsewhere=all(each.elsewhere for each in known),
            batch=min(batches) if len(batches) == len(known) and batches else None,
            policies=len(known),
            start_worker=self._start_worker,
            start_policy=max((each.load_seconds for each in known), default=0.0),
            worker_bytes=resident_bytes(self._workers.processes[:1]),
            policy_bytes=max((resident_bytes(policy.processes[:1]) for policy in self._policies), default=0),
        )

    def _steps_left(self, queue: EpisodeQueue) -> float:
        lengths = [self._lengths.of(episode) for episode, _ in zip(queue, range(SAMPLE), strict=False)]
        return sum(lengths) / len(lengths) * len(queue)


def _mean(calls: list[CallCost]) -> CallCost:
    return CallCost(sum(each.fixed for each in calls) / len(calls), sum(each.row for each in calls) / len(calls))
