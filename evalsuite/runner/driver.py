"""The one thread that hands out episodes and keeps watch.

Workers pull: whoever is idle gets the next episode, with the name of the policy process that plays it. No step comes
through here: worker and policy process talk to each other, and how far they are is seen in shared memory.

Nothing here calls a simulator or a policy: a native call that blocks can't watch itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from evalsuite.errors import PolicyRefused
from evalsuite.policies.references import PolicyReference
from evalsuite.records.provenance import available_cores
from evalsuite.runner.attempt import Attempt
from evalsuite.runner.executor import Executor
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.placement import Placement
from evalsuite.runner.plan import Episode
from evalsuite.runner.policy_replicas import PolicyReplicas
from evalsuite.runner.policy_seat import policy_seed
from evalsuite.runner.scratch import Scratch
from evalsuite.runner.status import Activity
from evalsuite.runner.switchboard import Switchboard
from evalsuite.runner.team_growth import TeamGrowth
from evalsuite.runner.team_size import Team
from evalsuite.runner.wire import Message
from evalsuite.runner.worker_seat import WorkerSeat
from evalsuite.runner.workers import Workers

TICK_SECONDS = 0.1

MOST_WORKERS = 256
MOST_WORKERS_A_CORE = 16
"""When nobody says how many: each takes memory, and two of the files that a process may have open."""


class Driver(Executor):
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
        self._switchboard = Switchboard(scratch)
        super().__init__(self._switchboard.selector, limits)
        self._placement = placement or Placement()
        cores = available_cores()
        most = Team(
            min(most_workers, cores * MOST_WORKERS_A_CORE, MOST_WORKERS) if workers is None else workers,
            cores if policy_processes is None else policy_processes,
        )
        self._recording = recording
        self._sources = {source.label: source for source in sources}
        self._rehearse = rehearse
        self._workers = Workers(
            self._switchboard,
            limits,
            min(most.workers, cores) if workers is None else workers,
            most.workers,
            on_begin=lambda seat, episode: self._policies[episode.policy].begin(seat),
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
        self._growth = TeamGrowth(self._workers, self._policies, most, cores, self._lengths)
        self._watched = 0.0

    def start(self) -> None:
        """Start every process and wait until the policies are loaded, or the person interrupts.

        Raises `PolicyRefused` when a policy can't be loaded.
        """
        self._workers.prepare()
        for policy in self._policies.values():
            policy.grow(self._first_processes)
        if not self._placement.pythons:
            self._workers.start()
        while not self.interrupted and not all(policy.ready for policy in self._policies.values()):
            self._turn()
            for policy in self._policies.values():
                if policy.refused:
                    named = policy.refused.startswith(f"policy {policy.source.reference}")
                    raise PolicyRefused(
                        policy.refused if named else f"policy {policy.source.label!r}: {policy.refused}"
                    )

    def steps_in_progress(self) -> int:
        """Steps made so far in the attempts that are going on."""
        return sum(seat.memory.heartbeat().steps for seat in self._workers.seats if seat.episode)

    @property
    def missing_policies(self) -> dict[str, str]:
        """Label -> why that policy is not there now, and is waited for."""
        return {label: policy.missing for label, policy in self._policies.items() if policy.missing}

    @property
    def workers(self) -> int:
        """How many there are."""
        return self._workers.count

    @property
    def queued_seconds(self) -> float:
        """That workers have waited, all together, for policies that were answering others."""
        return sum(policy.queued_seconds for policy in self._policies.values())

    def activities(self) -> list[Activity]:
        """What each worker does now."""
        return [seat.activity() for seat in self._workers.seats[: self._workers.count]]

    def close(self) -> None:
        """End every process; those in the middle of an episode are interrupted."""
        for policy in self._policies.values():
            policy.close()
        self._workers.close()
        self._switchboard.close()

    @property
    def _playing(self) -> bool:
        return self._workers.playing

    def _turn(self) -> None:
        """Take in what has arrived, then look who is overdue."""
        self._switchboard.listen(TICK_SECONDS)
        if time.monotonic() - self._watched >= TICK_SECONDS:
            self._watched = time.monotonic()
            for policy in self._policies.values():
                policy.watch()
            self._workers.watch()

    def _hand_out(self) -> None:
        self._assign()
        self._growth.turn(self._queue)

    def _assign(self) -> None:
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
                "policy": {
                    "reference": source.reference,
                    "beside_simulator": source.beside_simulator,
                    "slot": seat.index,
                    "turn": seat.turn,
                    "suspect": policy is not None and policy.suspects(seat),
                },
                "policy_seed": policy_seed(episode),
                "rehearse": self._rehearse,
                "time_limits": dict(self._limits.world),
                "record": self._recording(episode),
            },
        )

    def _settle(self, seat: WorkerSeat, attempt: Attempt) -> None:
        """What breaks down once the run is interrupted is dropped: a shutdown ends simulators along with the driver."""
        for policy in self._policies.values():
            policy.forget(seat)
        if self.interrupted and attempt.ended is None:
            return
        self._judged(attempt)
