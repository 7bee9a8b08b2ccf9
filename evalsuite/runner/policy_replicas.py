"""The processes of one policy: an episode is begun by the one with the fewest, and stays with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from evalsuite.policies.references import PolicyReference
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.policy_seat import KnownPolicy, PolicySeat
from evalsuite.runner.switchboard import Switchboard
from evalsuite.runner.wire import Message
from evalsuite.runner.worker_seat import WorkerSeat


class PolicyReplicas:
    """One policy's seats; more of them can join while episodes are played.

    A process that is lost voids the episodes that it remembers, and no others. A further one that does not come up is
    done without.

    Args:
        workers: those whose observations it may be asked for.
        tell: sends a worker the answer.
    """

    def __init__(
        self,
        switchboard: Switchboard,
        source: PolicyReference,
        limits: RunLimits,
        workers: Sequence[WorkerSeat],
        *,
        trust_checkpoint: bool,
        tell: Callable[[WorkerSeat, Message], None],
    ) -> None:
        self._switchboard = switchboard
        self._limits = limits
        self._workers = workers
        self._trust_checkpoint = trust_checkpoint
        self._tell = tell
        self._seats: list[PolicySeat] = []
        self.known = KnownPolicy(source)

    @property
    def source(self) -> PolicyReference:
        return self.known.source

    @property
    def ready(self) -> bool:
        """Whether at least one process has loaded the policy."""
        return any(seat.ready for seat in self._seats)

    @property
    def count(self) -> int:
        """How many processes there are to be."""
        return len(self._seats)

    @property
    def all_ready(self) -> bool:
        """Whether nobody is loading the policy; one that could not is done without."""
        return all(seat.ready or seat.child is None for seat in self._seats)

    @property
    def refused(self) -> str:
        """Why the policy can't be loaded; empty if it can."""
        return self._seats[0].refused if self._seats else ""

    @property
    def given_up(self) -> str:
        """Why nothing more of it is asked; empty while it is."""
        return self.known.given_up

    @property
    def processes(self) -> list[int]:
        """The process numbers of those that are up."""
        return [seat.child.pid for seat in self._seats if seat.child is not None]

    def grow(self, count: int) -> None:
        """Start processes until there are `count`."""
        while len(self._seats) < count:
            seat = PolicySeat(
                self._switchboard,
                self.known,
                self._limits,
                self._workers,
                trust_checkpoint=self._trust_checkpoint,
                tell=self._tell,
                spare=lambda: self.ready,
            )
            self._seats.append(seat)
            seat.start()

    def ask(self, worker: WorkerSeat, observation: Any) -> None:
        """Have the process that remembers the worker's episode, or is to begin it, asked for an action."""
        if self.given_up:
            self._tell(worker, {"type": "policy_fault", "reason": self.given_up})
        elif worker.remembered_by is None:
            self._begins(worker).ask(worker, observation)
        elif (seat := next((seat for seat in self._seats if seat.remembers(worker)), None)) is not None:
            seat.ask(worker, observation)
        else:
            self._tell(worker, {"type": "policy_lost", "reason": "the policy's process was replaced", "alone": False})

    def forget(self, worker: WorkerSeat) -> None:
        """Its attempt is over, whatever it had asked."""
        for seat in self._seats:
            seat.forget(worker)

    def send_batches(self) -> float | None:
        """Send each free process what waits for it; returns the seconds until one of them wants to be tried again."""
        waits = [wait for seat in self._seats if (wait := seat.send_batch()) is not None]
        return min(waits, default=None)

    def watch(self) -> None:
        """Look who hangs and who is gone."""
        for seat in self._seats:
            seat.watch()

    def close(self) -> None:
        for seat in self._seats:
            seat.close()

    def _begins(self, worker: WorkerSeat) -> PolicySeat:
        usable = [seat for seat in self._seats if seat.ready] or [seat for seat in self._seats if seat.child]
        return min(usable, key=lambda seat: seat.load)
