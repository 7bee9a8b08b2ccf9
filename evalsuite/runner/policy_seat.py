"""A place for one policy process: what waits for it, what it is answering, and what is lost with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalsuite.policies.references import PolicyReference
from evalsuite.records.record import EpisodeKey
from evalsuite.runner.call_costs import CallCosts
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.plan import Episode
from evalsuite.runner.run_logs import policy_log
from evalsuite.runner.scratch import Child
from evalsuite.runner.switchboard import EXIT_GRACE_SECONDS, Switchboard
from evalsuite.runner.wire import Disconnected, Message, check_hello
from evalsuite.runner.worker_seat import WorkerSeat
from evalsuite.seeding import derive_seed

MOST_PATIENCE_SECONDS = 0.05
"""For a fuller batch, however much that would save."""

LOADING_LIMIT = 3
"""Processes in a row that are killed while they load a policy that was never loaded yet, after which it is refused."""


@dataclass
class KnownPolicy:
    """What a run has learnt of a policy, through whichever of its processes.

    Args:
        loaded: it has been loaded once, so that it can be.
        batch: how many rows it always computes; None for as many as it is given.
        elsewhere: it computes on a GPU or on another machine.
        wall, processor: its calls, in wall seconds and in processor seconds of its process.
        load_seconds: of processor time, to bring a process up.
        losses: of its processes, without an answer in between.
        given_up: why nothing more of it is asked; empty while it is.
        suspects: episodes that a process was answering when it went down.
    """

    source: PolicyReference
    loaded: bool = False
    batch: int | None = None
    elsewhere: bool = False
    wall: CallCosts = field(default_factory=CallCosts)
    processor: CallCosts = field(default_factory=CallCosts)
    load_seconds: float = 0.0
    losses: int = 0
    given_up: str = ""
    suspects: set[EpisodeKey] = field(default_factory=set)

    def describe(self, message: Message) -> None:
        """Take in what a process says when it has loaded the policy."""
        if not self.loaded:
            self.batch, self.elsewhere = message["batch"], message["elsewhere"]
            self.load_seconds = message["processor_seconds"]
            self.wall, self.processor = CallCosts(self.batch), CallCosts(self.batch)
            self.loaded = True


class PolicySeat:
    """A place for one policy's process, which may be replaced.

    An episode's memory lies in the process that answered its first observation: where that is gone, the attempt is
    void. Episodes that are about to begin are asked again.

    The process is sent what waits as soon as it is free. Only where a call costs much the same for few rows as for
    many, and others that it remembers are about to ask, it waits for them: at most as long as a fuller batch saves.

    Args:
        known: shared with the policy's other seats.
        workers: those whose observations it may be asked for.
        tell: sends a worker the answer.
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
        spare: Callable[[], bool],
    ) -> None:
        self._switchboard = switchboard
        self._known = known
        self._limits = limits
        self._workers = workers
        self._trust_checkpoint = trust_checkpoint
        self._tell = tell
        self._spare = spare
        self._since = self._free_since = 0.0
        self._waiting: dict[WorkerSeat, Message] = {}
        self._in_flight: dict[WorkerSeat, int] = {}
        self.child: Child | None = None
        self.ready = False
        self.refused = ""
        self._killed_loading = 0

    def start(self) -> None:
        slots = [worker.fd for worker in self._workers]
        self.ready = False
        self._since = time.monotonic()
        self.child = self._switchboard.start(
            "evalsuite.runner.policy_host",
            policy_log(self._known.source.label),
            [argument for fd in slots for argument in ("--slot", str(fd))],
            share=slots,
            hear=self._hear,
        )

    @property
    def load(self) -> int:
        """How many episodes it remembers or is to begin."""
        remembered = sum(worker.remembered_by is self.child for worker in self._workers if worker.episode)
        return remembered + sum(worker.remembered_by is None for worker in self._waiting)

    def remembers(self, worker: WorkerSeat) -> bool:
        """Whether its process holds the memory of the worker's episode."""
        return worker.remembered_by is not None and worker.remembered_by is self.child

    def ask(self, worker: WorkerSeat, observation: Any) -> None:
        """Put the observation of `worker`, whose episode begins or is remembered here, among those that wait."""
        assert worker.episode is not None
        worker.asked_at = time.monotonic()
        self._waiting[worker] = {
            "id": worker.next_request(),
            "slot": worker.index,
            "observation": observation,
            **({"seed": policy_seed(worker.episode)} if worker.remembered_by is None else {}),
        }

    def forget(self, worker: WorkerSeat) -> None:
        """Its attempt is over, whatever it had asked."""
        self._waiting.pop(worker, None)

    def send_batch(self) -> float | None:
        """Send the process a batch if it is free; returns for how many seconds it waits for a fuller one, if it does.

        An episode under suspicion is asked alone.
        """
        if not (self.ready and self._waiting) or self._in_flight or self.child is None:
            return None
        suspect = next((worker for worker in self._waiting if self._suspected(worker)), None)
        asked = [*self._waiting][: self._most_rows] if suspect is None else [suspect]
        if suspect is None and (patience := self._patience(len(asked))) > 0.0:
            return patience
        requests = [self._waiting.pop(worker) for worker in asked]
        self._in_flight = {worker: request["id"] for worker, request in zip(asked, requests, strict=True)}
        self._since = time.monotonic()
        for worker in asked:
            worker.remembered_by = self.child
            worker.queued_seconds += self._since - worker.asked_at
        try:
            self.child.channel.send({"type": "act", "requests": requests})
        except Disconnected:
            self._lose(EXIT_GRACE_SECONDS)
        return None

    @property
    def _most_rows(self) -> int | None:
        batch = self._known.batch
        return batch if batch is not None and batch > 1 else None

    def _patience(self, rows: int) -> float:
        """Seconds that it is still worth waiting for more than `rows`: 0 for none."""
        saved = min(self._known.wall.cost().fixed, MOST_PATIENCE_SECONDS)
        if not saved or rows == self._most_rows:
            return 0.0
        oldest = next(iter(self._waiting)).asked_at
        left = max(oldest, self._free_since) + saved - time.monotonic()
        return left if left > 0.0 and self._coming_per_second() * saved >= 1.0 else 0.0

    def _coming_per_second(self) -> float:
        """Requests a second from the workers that are in the middle of a step and will ask this process next."""
        return sum(
            1.0 / max(worker.memory.step_seconds, 1e-6)
            for worker in self._workers
            if self.remembers(worker) and worker not in self._waiting and worker.memory.between_observations
        )

    def _suspected(self, worker: WorkerSeat) -> bool:
        """Whether a process went down while it was answering this episode."""
        return bool(self._known.suspects) and worker.episode is not None and worker.episode.key in self._known.suspects

    def watch(self) -> None:
        """Look whether it hangs or is gone."""
        limit = self._limits.act if self.ready else self._limits.load
        late = time.monotonic() - self._since > limit
        child = self.child
        if child is None or not (late or child.has_exited()):
            return
        self._hear()
        if self.child is child and late and (self._in_flight or not self.ready):
            what = "did not answer" if self.ready else "was not loaded"
            self._lose(0.0, f"the policy {what} within {limit:g} s")

    def close(self) -> None:
        if self.child is not None:
            self._switchboard.drop(self.child)

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
            self.ready = True
        elif message["type"] == "refused":
            self.refused = message["reason"]
            self._lose(EXIT_GRACE_SECONDS, message["reason"])
        elif message["type"] == "actions":
            self._take_answers(message)
        else:
            raise Disconnected(f"unexpected message {message['type']!r}")

    def _take_answers(self, message: Message) -> None:
        asked, self._in_flight, self._known.losses = self._in_flight, {}, 0
        self._free_since = time.monotonic()
        self._known.wall.add(len(asked), message["seconds"])
        self._known.processor.add(len(asked), message["processor_seconds"])
        for (worker, request), answer in zip(asked.items(), message["answers"], strict=True):
            if worker.request == request:
                self._tell(worker, answer)

    def _lose(self, grace: float, reason: str = "") -> None:
        """Replace the process. Episodes whose memory it held are void; those about to begin are not."""
        assert self.child is not None
        known = self._known
        ending = self._switchboard.drop(self.child, grace)
        self.child = None
        if not reason:
            reason = f"the policy's process {ending}"
            if not self.ready and ending.startswith("ended with code"):
                reason += "; it ended itself while it was loaded: look at what the factory calls"
        if not known.loaded:
            self._killed_loading += ending.startswith("died of")
            if self.refused or not ending.startswith("died of") or self._killed_loading >= LOADING_LIMIT:
                self.refused = self.refused or reason
            else:
                self.start()
            return
        if not self.ready and self._spare():
            for worker in [*self._waiting]:
                self._waiting.pop(worker, None)
                self._tell(worker, {"type": "policy_lost", "reason": reason, "alone": False})
            return
        known.losses += 1
        if known.losses >= self._limits.losses_in_a_row:
            known.given_up = f"the policy was given up after {known.losses} losses in a row, the last: {reason}"
        alone = len(self._in_flight) == 1
        answering = [worker for worker, request in self._in_flight.items() if worker.request == request]
        others = [worker for worker in self._waiting if known.given_up or worker.remembered_by is not None]
        known.suspects.update(worker.episode.key for worker in answering if worker.episode is not None)
        self._in_flight = {}
        for worker in others:
            self._waiting.pop(worker, None)
        for worker in (*answering, *others):
            mine = alone and worker in answering
            self._tell(worker, {"type": "policy_lost", "reason": reason, "alone": mine})
        if not known.given_up:
            self.start()


def policy_seed(episode: Episode) -> int:
    """What a policy's own chance in `episode` is drawn from."""
    return derive_seed(episode.scenario.id, episode.seed, "policy")
