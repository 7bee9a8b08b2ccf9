"""A place for one policy process: which episodes it plays, and what is lost with it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from evalsuite.policies.references import PolicyReference
from evalsuite.records.record import EpisodeKey
from evalsuite.runner.call_costs import CallCosts
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.plan import Episode
from evalsuite.runner.policy_memory import PolicyMemory, create_policy_memory
from evalsuite.runner.run_logs import policy_log
from evalsuite.runner.scratch import Child
from evalsuite.runner.switchboard import EXIT_GRACE_SECONDS, Switchboard
from evalsuite.runner.wire import Disconnected, Message, check_hello
from evalsuite.runner.worker_seat import WorkerSeat
from evalsuite.seeding import derive_seed

LOADING_LIMIT = 3
"""Processes in a row that are killed while they load a policy that was never loaded yet, after which it is refused."""


@dataclass
class KnownPolicy:
    """What a run has learnt of a policy, through whichever of its processes.

    Args:
        loaded: it has been loaded once, so that it can be.
        batch: how many rows it always computes; None for as many as it is given.
        elsewhere: it computes on a GPU or on another machine.
        load_seconds: of processor time, to bring a process up.
        losses: of its processes, without an answer in between.
        lost: why the last of those went; empty before the first.
        given_up: why nothing more of it is asked; empty while it is.
        suspects: episodes that a process was answering when it went down.
        memories: those of its processes.
    """

    source: PolicyReference
    loaded: bool = False
    batch: int | None = None
    elsewhere: bool = False
    load_seconds: float = 0.0
    losses: int = 0
    lost: str = ""
    given_up: str = ""
    suspects: set[EpisodeKey] = field(default_factory=set)
    memories: list[PolicyMemory] = field(default_factory=list)

    def describe(self, message: Message) -> None:
        """Take in what a process says when it has loaded the policy."""
        if not self.loaded:
            self.batch, self.elsewhere = message["batch"], message["elsewhere"]
            self.load_seconds = message["processor_seconds"]
            self.loaded = True

    @property
    def wall(self) -> CallCosts:
        """Of the calls of those of its processes that are up, in wall seconds."""
        return self._together(lambda memory: memory.wall_sums)

    @property
    def processor(self) -> CallCosts:
        """The same in processor seconds of its processes."""
        return self._together(lambda memory: memory.processor_sums)

    def _together(self, sums: Callable[[PolicyMemory], list[float]]) -> CallCosts:
        costs = CallCosts(self.batch)
        for memory in self.memories:
            costs.take_in(sums(memory), memory.calls)
        return costs


class PolicySeat:
    """A place for one policy's process, which may be replaced.

    Workers ask it themselves; an episode's memory lies in the process that answered its first observation: where that
    is gone, the attempt is void. An episode that is about to begin is left to whichever process comes next.

    Args:
        known: shared with the policy's other seats.
        workers: those that it may be asked by.
        tell: sends a worker a message.
        leave: called with a worker that needs another process.
        spare: whether the policy's other processes can do without this one, should it not come up.
    """

    def __init__(
        self,
        switchboard: Switchboard,
        known: KnownPolicy,
        limits: RunLimits,
        workers: Sequence[WorkerSeat],
        *,
        trust_checkpoint: bool,
        tell: Callable[[WorkerSeat, Message], None],
        leave: Callable[[WorkerSeat], None],
        spare: Callable[[], bool],
    ) -> None:
        self._switchboard = switchboard
        self._known = known
        self._limits = limits
        self._workers = workers
        self._trust_checkpoint = trust_checkpoint
        self._tell = tell
        self._leave = leave
        self._spare = spare
        self._memory = create_policy_memory()
        self._beats = 0
        self._alive_at = 0.0
        self._queued_before = 0.0
        self.child: Child | None = None
        self.ready = False
        self.refused = ""
        self._killed_loading = 0
        known.memories.append(self._memory)

    def start(self) -> None:
        slots = [worker.fd for worker in self._workers]
        self.ready = False
        self._queued_before += self._memory.queued_seconds
        self._memory.clear()
        self._alive_at = time.monotonic()
        self.child = self._switchboard.start(
            "evalsuite.runner.policy_host",
            policy_log(self._known.source.label),
            ["--memory", str(self._memory.fd), *(argument for fd in slots for argument in ("--slot", str(fd)))],
            share=[self._memory.fd, *slots],
            hear=self._hear,
        )

    @property
    def load(self) -> int:
        """How many episodes it plays."""
        return len(self._mine())

    @property
    def queued_seconds(self) -> float:
        """That workers have waited, all together, before they were answered."""
        return self._queued_before + self._memory.queued_seconds

    def take(self, worker: WorkerSeat) -> str:
        """Have the worker's episode played here; returns the name of the process that it is to ask."""
        assert self.child is not None
        worker.asks = self.child
        return self.child.folder.name

    def _mine(self) -> list[WorkerSeat]:
        return [worker for worker in self._workers if worker.episode is not None and worker.asks is self.child]

    def watch(self) -> None:
        """Look whether it hangs or is gone."""
        child, now = self.child, time.monotonic()
        if child is None:
            return
        if self.ready and (
            self._memory.beats != self._beats or not any(each.waits_for_policy for each in self._mine())
        ):
            self._beats, self._alive_at = self._memory.beats, now
        limit = self._limits.act if self.ready else self._limits.load
        late = now - self._alive_at > limit
        if late or child.has_exited():
            self._hear()
        if self.child is child and late:
            what = "did not answer" if self.ready else "was not loaded"
            self._lose(0.0, f"the policy {what} within {limit:g} s")

    def close(self) -> None:
        if self.child is not None:
            self._switchboard.drop(self.child)
        os.close(self._memory.fd)

    def _hear(self) -> None:
        child = self.child
        if child is None:
            return
        try:
            for message in child.channel.arrived():
                self._take(message)
                if self.child is not child:
                    return
        except Disconnected:
            self._lose(EXIT_GRACE_SECONDS)

    def _take(self, message: Message) -> None:
        assert self.child is not None
        if message["type"] == "hello":
            check_hello(message)
            source = self._known.source
            self.child.channel.send(
                {
                    "type": "load",
                    "reference": source.reference,
                    "sha256": source.sha256,
                    "trust_checkpoint": self._trust_checkpoint,
                }
            )
        elif message["type"] == "ready":
            self._known.describe(message)
            self.ready, self._alive_at = True, time.monotonic()
        elif message["type"] == "refused":
            self.refused = message["reason"]
            self._lose(EXIT_GRACE_SECONDS, message["reason"])
        else:
            raise Disconnected(f"unexpected message {message['type']!r}")

    def _lose(self, grace: float, reason: str = "") -> None:
        """Replace the process. Episodes whose memory it held are void; those about to begin are not."""
        assert self.child is not None
        known = self._known
        ending = self._switchboard.drop(self.child, grace)
        mine, was_ready = self._mine(), self.ready
        self.child, self.ready = None, False
        if not reason:
            reason = f"the policy's process {ending}"
            if not was_ready and ending.startswith("ended with code"):
                reason += "; it ended itself while it was loaded: look at what the factory calls"
        if not known.loaded:
            self._killed_loading += ending.startswith("died of")
            if self.refused or not ending.startswith("died of") or self._killed_loading >= LOADING_LIMIT:
                self.refused = self.refused or reason
            else:
                self.start()
            return
        if not was_ready and self._spare():
            return
        if self._memory.calls:
            known.losses = 0
        known.losses += 1
        known.lost = reason
        if known.losses >= self._limits.losses_in_a_row:
            known.given_up = f"the policy was given up after {known.losses} losses in a row, the last: {reason}"
        requests = {worker: worker.memory.requests(worker.turn) for worker in mine}
        answering = {worker for worker, each in requests.items() if each.taken > each.answered}
        known.suspects.update(worker.episode.key for worker in answering if worker.episode is not None)
        alone = self._memory.rows == 1
        if not known.given_up:
            self.start()
        for worker, each in requests.items():
            worker.asks = None
            if each.taken or known.given_up:
                lose(worker, reason, self._tell, alone=alone and worker in answering)
            else:
                self._leave(worker)


def lose(worker: WorkerSeat, reason: str, tell: Callable[[WorkerSeat, Message], None], *, alone: bool = False) -> None:
    """Tell the worker that its policy is lost; `alone`, when it was the only one that was being answered."""
    worker.bereft = True
    tell(worker, {"type": "policy_lost", "turn": worker.turn, "reason": reason, "alone": alone})


def policy_seed(episode: Episode) -> int:
    """What a policy's own chance in `episode` is drawn from."""
    return derive_seed(episode.scenario.id, episode.seed, "policy")
