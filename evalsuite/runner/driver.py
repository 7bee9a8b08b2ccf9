"""The one thread that hands out episodes, carries observations to policies and actions back, and keeps watch.

Workers pull: whoever is idle gets the next episode. A policy process is sent whatever waits for it as soon as
it is free, so a batch is as large as the moment makes it and nobody waits for a full one.

Nothing here calls a simulator or a policy: a native call that blocks can't watch itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from evalsuite.errors import UsageError
from evalsuite.policies.references import PolicyReference
from evalsuite.records.provenance import available_cores
from evalsuite.runner.attempt import Attempt
from evalsuite.runner.executor import Companion
from evalsuite.runner.expected_length import ExpectedLength
from evalsuite.runner.interruption import interruptible
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.placement import Placement
from evalsuite.runner.plan import Episode, EpisodeQueue
from evalsuite.runner.policy_replicas import PolicyReplicas
from evalsuite.runner.policy_seat import policy_seed
from evalsuite.runner.retries import Retries
from evalsuite.runner.scratch import Scratch
from evalsuite.runner.status import Activity
from evalsuite.runner.switchboard import Switchboard
from evalsuite.runner.team_growth import TeamGrowth
from evalsuite.runner.team_size import Team
from evalsuite.runner.wire import Message
from evalsuite.runner.worker_seat import WorkerSeat
from evalsuite.runner.workers import Workers

TICK_SECONDS = 0.1

TAIL_EPISODES_A_WORKER = 2
"""At the end of a run, of which the longest are begun first: enough to fill the gaps, and few beside the others."""

MOST_WORKERS = 256
MOST_WORKERS_A_CORE = 16
"""When nobody says how many: each takes memory, and two of the files that a process may have open."""


class Driver:
    """Plays the episodes of a queue.

    Args:
        scratch: where processes are started.
        sources: the policies, by label.
        workers: how many simulators at once; None for as many as pay, by what is measured while it runs.
        policy_processes: how many of each policy; None likewise.
        most_workers: how many simulators there may be at most.
        rehearse: whether stand-ins play the simulators' part.
        trust_checkpoint: whether a policy may be unpickled.
        recording: what a worker shall keep of an episode (see `evalsuite.runner.recording`).
        placement: which worker may play which world; by default each may play any.
    """

    def __init__(
        self,
        scratch: Scratch,
        sources: Sequence[PolicyReference],
        *,
        workers: int | None,
        rehearse: bool,
        trust_checkpoint: bool,
        limits: RunLimits,
        policy_processes: int | None = None,
        most_workers: int = MOST_WORKERS,
        recording: Callable[[Episode], Message | None] = lambda episode: None,
        placement: Placement | None = None,
    ) -> None:
        self._placement = placement or Placement()
        cores = available_cores()
        most = Team(
            min(most_workers, cores * MOST_WORKERS_A_CORE, MOST_WORKERS) if workers is None else workers,
            cores if policy_processes is None else policy_processes,
        )
        self._recording = recording
        self._sources = {source.label: source for source in sources}
        self._rehearse = rehearse
        self._limits = limits
        self._switchboard = Switchboard(scratch)
        self._workers = Workers(
            self._switchboard,
            limits,
            min(most.workers, cores) if workers is None else workers,
            most.workers,
            on_observation=self._ask_policy,
            on_attempt=self._settle,
            on_engine=lambda world, engine: self._on_engine(world, engine),
        )
        self._policies = {
            source.label: PolicyReplicas(
                self._switchboard,
                source,
                limits,
                self._workers.seats,
                trust_checkpoint=trust_checkpoint,
                tell=self._workers.tell,
            )
            for source in sources
            if not source.beside_simulator
        }
        self._first_processes = 1 if policy_processes is None else policy_processes
        self._lengths = ExpectedLength()
        self._growth = TeamGrowth(self._workers, self._policies, most, cores, self._lengths)
        self._patience: float | None = None
        self._watched = 0.0
        self._queue = EpisodeQueue(iter(()), ())
        self._retries = Retries(self._queue, limits)
        self._on_attempt: Callable[[Attempt], None] = lambda attempt: None
        self._on_engine: Callable[[str, Mapping[str, str]], None] = lambda world, engine: None
        self.interrupted = False

    def start(self) -> None:
        """Start every process and wait until the policies are loaded, or the person interrupts.

        Raises `UsageError` when a policy can't be loaded.
        """
        for policy in self._policies.values():
            policy.grow(self._first_processes)
        if not self._placement.pythons:
            self._workers.start()
        while not self.interrupted and not all(policy.ready for policy in self._policies.values()):
            self._turn()
            for policy in self._policies.values():
                if policy.refused:
                    named = policy.refused.startswith(f"policy {policy.source.reference}")
                    raise UsageError(policy.refused if named else f"policy {policy.source.label!r}: {policy.refused}")

    def play(
        self,
        queue: EpisodeQueue,
        *,
        on_attempt: Callable[[Attempt], None],
        on_engine: Callable[[str, Mapping[str, str]], None],
        on_turn: Callable[[], None],
        crew: Companion | None = None,
    ) -> None:
        """Play until the queue is empty, every episode settled and every video made, or the person interrupts.

        Args:
            on_attempt: called with each attempt; an episode whose attempt is not final is tried again.
            on_engine: called with world and engine whenever a simulator has come up.
            on_turn: called often.
            crew: films what is played, or whatever else goes on beside it.
        """
        self._queue, self._on_attempt, self._on_engine = queue, on_attempt, on_engine
        self._retries = Retries(queue, self._limits)
        queue.longest_first(self._lengths.of, lambda: TAIL_EPISODES_A_WORKER * self._workers.count)
        if crew is not None:
            crew.join(self._switchboard.selector)
        while not self.interrupted:
            stepping = len(queue) > 0 or self._workers.playing
            if not stepping and not (crew and crew.left):
                break
            self._hand_out()
            self._growth.turn(queue)
            if crew is not None:
                crew.turn(stepping=stepping)
            self._turn()
            on_turn()

    @property
    def given_up(self) -> Mapping[str, str]:
        """World -> why nothing more of it is played: too many attempts in a row failed, the last for this reason."""
        return self._retries.given_up

    def steps_in_progress(self) -> int:
        """Steps made so far in the attempts that are going on."""
        return sum(seat.memory.heartbeat().steps for seat in self._workers.seats if seat.episode)

    @property
    def workers(self) -> int:
        """How many there are."""
        return self._workers.count

    @property
    def queued_seconds(self) -> float:
        """That workers have waited, all together, for policies that were answering others."""
        return sum(seat.queued_seconds for seat in self._workers.seats)

    def activities(self) -> list[Activity]:
        """What each worker does now."""
        return [seat.activity() for seat in self._workers.seats[: self._workers.count]]

    def close(self) -> None:
        """End every process; those in the middle of an episode are interrupted."""
        for policy in self._policies.values():
            policy.close()
        self._workers.close()
        self._switchboard.close()

    def interruptible(self) -> AbstractContextManager[None]:
        """Within the block, SIGINT, SIGTERM and SIGHUP end the run in good order instead of ending Python."""
        return interruptible(self._switchboard.selector, self._interrupt)

    def _interrupt(self) -> None:
        self.interrupted = True

    def _turn(self) -> None:
        """Take in what has arrived, then send each free policy what waits for it, then look who is overdue."""
        self._switchboard.listen(TICK_SECONDS if self._patience is None else min(self._patience, TICK_SECONDS))
        waits = [wait for policy in self._policies.values() if (wait := policy.send_batches()) is not None]
        self._patience = min(waits, default=None)
        if time.monotonic() - self._watched >= TICK_SECONDS:
            self._watched = time.monotonic()
            for policy in self._policies.values():
                policy.watch()
            self._workers.watch()

    def _hand_out(self) -> None:
        if not len(self._queue):
            return
        placement, queue, seats = self._placement, self._queue, self._workers.seats
        for seat in self._workers.free(lambda seat: placement.next_python(queue, seat, seats)):
            episode = placement.next_episode(queue, seat, seats)
            if episode is not None:
                self._begin(seat, episode)
            elif placement.next_python(queue, seat, seats) not in (None, seat.python):
                self._workers.send_away(seat)

    def _begin(self, seat: WorkerSeat, episode: Episode) -> None:
        source = self._sources[episode.policy]
        policy = self._policies.get(episode.policy)
        self._workers.occupy(seat, episode)
        if policy is not None and policy.given_up:
            self._workers.fault(seat, "policy", policy.given_up)
            return
        self._workers.tell(
            seat,
            {
                "type": "episode",
                "scenario": episode.scenario.model_dump(mode="json"),
                "seed": episode.seed,
                "policy": {"reference": source.reference, "beside_simulator": source.beside_simulator},
                "policy_seed": policy_seed(episode),
                "rehearse": self._rehearse,
                "time_limits": dict(self._limits.world),
                "record": self._recording(episode),
            },
        )

    def _ask_policy(self, seat: WorkerSeat, observation: Any) -> None:
        assert seat.episode is not None
        self._policies[seat.episode.policy].ask(seat, observation)

    def _settle(self, seat: WorkerSeat, attempt: Attempt) -> None:
        """Report the attempt, judged: its episode is settled or waits again.

        What breaks down once the run is interrupted is dropped: a shutdown ends simulators along with the driver.
        """
        for policy in self._policies.values():
            policy.forget(seat)
        if self.interrupted and attempt.ended is None:
            return
        if attempt.ended is not None:
            self._lengths.played(attempt.episode, attempt.steps)
        self._on_attempt(self._retries.judge(attempt))
