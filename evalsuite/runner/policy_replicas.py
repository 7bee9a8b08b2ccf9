"""The processes of one policy: an episode is begun by the one with the fewest, and stays with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evalsuite.policies.references import PolicyReference
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.policy_seat import KnownPolicy, PolicySeat, lose
from evalsuite.runner.switchboard import Switchboard
from evalsuite.runner.wire import Message
from evalsuite.runner.worker_seat import WorkerSeat


class PolicyReplicas:
    """One policy's seats; more of them can join while episodes are played.

    An episode that begins while no process is up waits until one is.

    A process that is lost voids the episodes that it remembers, and no others. A further one that does not come up is
    done without.

    Args:
        workers: those that it may be asked by.
        tell: sends a worker a message.
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
        self._homeless: dict[WorkerSeat, None] = {}
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
    def missing(self) -> str:
        """Why no process of a policy that was there is up, and one is waited for; empty while one is up."""
        return "" if self.ready or self.given_up else self.known.lost

    @property
    def queued_seconds(self) -> float:
        """That workers have waited, all together, before they were answered."""
        return sum(seat.queued_seconds for seat in self._seats)

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
                leave=self._leave,
                spare=lambda: self.ready,
            )
            self._seats.append(seat)
            seat.start()

    def begin(self, worker: WorkerSeat) -> None:
        """Tell the worker which process is to play its episode, now or when one is up."""
        ready = [seat for seat in self._seats if seat.ready]
        if ready:
            process = min(ready, key=lambda seat: seat.load).take(worker)
            self._tell(worker, {"type": "ask", "turn": worker.turn, "process": process})
        else:
            self._leave(worker)

    def forget(self, worker: WorkerSeat) -> None:
        """Its attempt is over."""
        self._homeless.pop(worker, None)

    def suspects(self, worker: WorkerSeat) -> bool:
        """Whether a process went down while it was answering the worker's episode."""
        return worker.episode is not None and worker.episode.key in self.known.suspects

    def watch(self) -> None:
        """Look who hangs and who is gone."""
        for seat in self._seats:
            seat.watch()
        homeless = [*self._homeless] if self.ready or self.given_up else []
        for worker in homeless:
            del self._homeless[worker]
            if self.given_up:
                lose(worker, self.given_up, self._tell)
            else:
                self.begin(worker)

    def close(self) -> None:
        for seat in self._seats:
            seat.close()

    def _leave(self, worker: WorkerSeat) -> None:
        self._homeless[worker] = None
