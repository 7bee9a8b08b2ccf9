"""How many simulators and policy processes play a run soonest, from what they have been seen to cost.

A closed circle: an episode is either in its simulator, which takes processor time and may sleep, or waits for a
policy process, which answers several at a time. Three things bound the steps per second: the processor, the policy
processes, and how many episodes go round. Where nobody waits, the least of them holds; the more of its time an
episode waits, the more do chance encounters cost where two bounds are close to each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from evalsuite.runner.call_costs import CallCost

WAITING_SHARE = 2.0 / 3.0
"""Of a policy process's episodes, how many wait for it when it becomes free: the others are in their simulators."""

CALLS_A_STEP = 1.5
"""Calls that an episode waits for at each step: its own, and half of the one that was going on when it asked."""

SHARPNESS = 2.0
"""How nearly the least bound is reached by episodes that always wait: fits teams of 13 to 24 workers on Doom, with a
network of 8 rows, within 10 % (tests/benchmarks/runner_throughput.py)."""


class Team(NamedTuple):
    """Simulator workers, and processes for each policy that has any."""

    workers: int
    policy_processes: int


@dataclass(frozen=True)
class Costs:
    """Seconds, on the processor unless said otherwise.

    Args:
        step: of a step in worker and simulator.
        step_sleep: wall seconds that a step's simulator sleeps or waits for something elsewhere.
        driver: of a step in the driver.
        call: of a policy's call; wall seconds where the policy computes elsewhere.
        call_elsewhere: the policy computes on a GPU or another machine: calls take no processor time here.
        batch: rows beyond which a call is split, or None.
        policies: how many policies have processes.
        start_worker, start_policy: to bring one more up.
        worker_bytes, policy_bytes: memory of one more.
    """

    step: float
    step_sleep: float = 0.0
    driver: float = 0.0
    call: CallCost = field(default_factory=CallCost)
    call_elsewhere: bool = False
    batch: int | None = None
    policies: int = 0
    start_worker: float = 0.0
    start_policy: float = 0.0
    worker_bytes: int = 0
    policy_bytes: int = 0


def steps_per_second(team: Team, costs: Costs, cores: int) -> float:
    """What `team` can do on `cores`."""
    processor, sleeping = costs.step + costs.driver, costs.step_sleep
    bounds = []
    if costs.policies:
        processes = team.policy_processes * costs.policies
        rows = max(1.0, WAITING_SHARE * team.workers / processes)
        if costs.batch is not None and costs.batch > 1:
            rows = min(rows, costs.batch)
        call = costs.call.seconds(rows)
        bounds.append(processes * rows / max(call, 1e-9))
        sleeping += CALLS_A_STEP * call
        if not costs.call_elsewhere:
            processor += call / rows
    bounds.append(cores / max(processor, 1e-9))
    bounds.append(team.workers / max(costs.step + sleeping, 1e-9))
    least = min(bounds)
    if not sleeping:
        return least
    sharpness = SHARPNESS * (costs.step + sleeping) / sleeping
    return float(least * sum((least / bound) ** sharpness for bound in bounds) ** (-1.0 / sharpness))


def best_team(
    costs: Costs, now: Team, *, most: Team, cores: int, steps_left: float, free_bytes: float = float("inf")
) -> Team:
    """The team that is done soonest, what it takes to bring up the new ones included; never smaller than `now`.

    Args:
        most: what may not be exceeded.
        steps_left: of all episodes together.
        free_bytes: memory that new processes may take.
    """
    best, shortest = now, float("inf")
    for processes in range(now.policy_processes, max(now.policy_processes, most.policy_processes) + 1):
        for workers in range(now.workers, max(now.workers, most.workers) + 1):
            new_workers = workers - now.workers
            new_processes = (processes - now.policy_processes) * costs.policies
            if new_workers * costs.worker_bytes + new_processes * costs.policy_bytes > free_bytes:
                continue
            starting = (new_workers * costs.start_worker + new_processes * costs.start_policy) / cores
            team = Team(workers, processes)
            seconds = starting + steps_left / steps_per_second(team, costs, cores)
            if seconds < shortest:
                best, shortest = team, seconds
    return best
