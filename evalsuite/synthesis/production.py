"""A suite made by several processes, and the same whatever their number and pace: shards are taken in their order."""

from __future__ import annotations

import contextlib
import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.runner.scratch import Child, Scratch
from evalsuite.runner.wire import Disconnected, Message, check_hello
from evalsuite.synthesis.journal import Journal
from evalsuite.synthesis.plan import Plan, Shard

SHARD_LIMIT_SECONDS = 1800.0
"""A worker that has been at one shard for so long hangs: a real engine with slow resets takes a minute or two."""

MOST_ATTEMPTS = 3
AHEAD = 4
"""Shards for each worker that may be done before the one whose turn it is: what waits for it is kept in memory."""


@dataclass(eq=False)
class _Seat:
    child: Child
    shard: Shard | None = None
    since: float = field(default_factory=time.monotonic)
    greeted: bool = False


class Production:
    """Makes what `plan` still lacks with `workers` processes, into `journal`.

    Args:
        order: tells a worker what is made: `world`, `seed`, `count`, `prefix`.
        progress: told how many scenarios there are, now and then.
    """

    def __init__(
        self,
        scratch: Scratch,
        plan: Plan,
        journal: Journal,
        order: Message,
        *,
        workers: int,
        progress: Callable[[int], None],
    ) -> None:
        self._scratch = scratch
        self._plan = plan
        self._journal = journal
        self._order = order
        self._most = workers
        self._progress = progress
        self._selector = selectors.DefaultSelector()
        self._seats: list[_Seat] = []
        self._again: list[Shard] = []
        self._attempts: dict[int, int] = {}
        self._waiting: dict[int, tuple[Shard, Message]] = {}
        self._turn: list[Shard] = []

    def run(self) -> None:
        """Until nothing is missing or no round is left. Raises `UsageError` when the world breaks down for good."""
        try:
            while True:
                while self._hand_out() or self._turn:
                    self._hear()
                    self._take()
                if not self._plan.begin_next_round():
                    return
        finally:
            for seat in list(self._seats):
                self._end(seat)
            self._selector.close()

    def _hand_out(self) -> bool:
        """Give every idle worker a shard; whether there was one to give."""
        gave = False
        idle = [seat for seat in self._seats if seat.shard is None]
        while idle or len(self._seats) < self._most:
            shard = self._next()
            if shard is None:
                break
            seat = idle.pop() if idle else self._start()
            seat.shard, seat.since = shard, time.monotonic()
            order = {"type": "shard", "round": shard.round, "index": shard.index, "numbers": shard.numbers}
            with contextlib.suppress(Disconnected):  # its end is heard of next
                seat.child.channel.send(order)
            gave = True
        return gave

    def _next(self) -> Shard | None:
        if self._again:
            return self._again.pop()
        if len(self._turn) >= AHEAD * self._most:
            return None
        shard = self._plan.next_shard()
        if shard is not None:
            self._turn.append(shard)
        return shard

    def _start(self) -> _Seat:
        seat = _Seat(self._scratch.start("evalsuite.synthesis.worker", "synthesis", [], share=[]))
        self._seats.append(seat)
        self._selector.register(seat.child.channel, selectors.EVENT_READ, seat)
        with contextlib.suppress(Disconnected):
            seat.child.channel.send(self._order)
        return seat

    def _hear(self) -> None:
        for key, _ in self._selector.select(timeout=1.0):
            seat: _Seat = key.data
            try:
                for message in seat.child.channel.arrived():
                    self._heard(seat, message)
            except Disconnected as error:
                self._lost(seat, str(error))
        for seat in list(self._seats):
            if seat.shard is not None and time.monotonic() - seat.since > SHARD_LIMIT_SECONDS:
                self._lost(seat, f"it was at one place for more than {SHARD_LIMIT_SECONDS:g} s")

    def _heard(self, seat: _Seat, message: Message) -> None:
        if not seat.greeted:
            check_hello(message)
            seat.greeted = True
        elif message["type"] == "made" and seat.shard is not None:
            self._waiting[seat.shard.index] = (seat.shard, message)
            seat.shard = None
        elif message.get("usage"):
            raise UsageError(message["reason"])
        else:
            raise Disconnected(str(message.get("reason", "it said something unexpected")))

    def _lost(self, seat: _Seat, reason: str) -> None:
        """A worker is gone: another one gets its shard, a few times over."""
        shard, ending = seat.shard, self._end(seat)
        if shard is None:
            return
        self._attempts[shard.index] = self._attempts.get(shard.index, 0) + 1
        if self._attempts[shard.index] >= MOST_ATTEMPTS:
            raise SimulatorFault(f"{reason}; its process {ending}")
        self._again.append(shard)

    def _end(self, seat: _Seat) -> str:
        self._selector.unregister(seat.child.channel)
        self._seats.remove(seat)
        return seat.child.kill()

    def _take(self) -> None:
        while self._turn and self._turn[0].index in self._waiting:
            shard, message = self._waiting.pop(self._turn.pop(0).index)
            report = {"drafts": message["drafts"], "refused": message["refused"]}
            self._journal.append(shard, report, [line.encode() for line in message["lines"]])
            self._progress(self._journal.found)
