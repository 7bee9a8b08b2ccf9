"""The simulator workers that play episodes: started, heard, watched from outside, and replaced."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping

from evalsuite.crossview.simulator import TimeLimits
from evalsuite.errors import UsageError
from evalsuite.records.provenance import utc_now
from evalsuite.runner.attempt import FINAL_FAULTS, Attempt, Fault
from evalsuite.runner.families import gibibytes, members_of, memory_of
from evalsuite.runner.phases import Phase, PhaseLimits, RunLimits
from evalsuite.runner.plan import Episode
from evalsuite.runner.switchboard import EXIT_GRACE_SECONDS, Switchboard
from evalsuite.runner.wire import Disconnected, Message, check_hello
from evalsuite.runner.worker_seat import WorkerSeat

STOP_GRACE_SECONDS = 5.0
"""For an interrupted worker to close its simulator."""

WEIGH_SECONDS = 1.0
"""Between two looks at how much memory the workers hold."""

WAKING_LIMIT = 3
"""Workers in a row that end before they say hello, after which the run can't go on."""

_MODULE = "evalsuite.runner.worker"
_PREFIXES: dict[Fault, str] = {
    "start": "simulator fault: ",
    "simulator": "simulator fault: ",
    "policy": "policy fault: ",
}


class Workers:
    """The seats of one driver, of which the first `count` are taken.

    Args:
        count: how many workers there are at first.
        most: how many there can ever be.
        on_begin: called with a seat and its episode when that is about to ask its policy for the first time.
        on_attempt: called with a seat that is free again and what came of the try, final or not.
        on_engine: called with world and engine whenever a simulator has come up.
    """

    def __init__(
        self,
        switchboard: Switchboard,
        limits: RunLimits,
        count: int,
        most: int,
        *,
        on_begin: Callable[[WorkerSeat, Episode], None],
        on_attempt: Callable[[WorkerSeat, Attempt], None],
        on_engine: Callable[[str, Mapping[str, str]], None],
    ) -> None:
        self._switchboard = switchboard
        self._limits = limits
        self._on_begin = on_begin
        self._on_attempt = on_attempt
        self._on_engine = on_engine
        self._never_woke = 0
        self._weighed = 0.0
        self._settled_steps, self._settled_step_seconds = 0, 0.0
        self.count = count
        self.seats = [WorkerSeat(index, limits) for index in range(most)]

    @property
    def playing(self) -> bool:
        return any(seat.episode for seat in self.seats)

    @property
    def processes(self) -> list[int]:
        """The process numbers of those that are up."""
        return [seat.child.pid for seat in self.seats if seat.child is not None]

    @property
    def all_have_played(self) -> bool:
        """Whether every worker has come up, and made at least a step."""
        return all(seat.played or seat.memory.heartbeat().steps for seat in self.seats[: self.count])

    @property
    def steps_so_far(self) -> tuple[int, float]:
        """Steps of all attempts, and the wall seconds that simulators took for them."""
        going_on = [seat.memory.heartbeat() for seat in self.seats if seat.episode]
        steps = self._settled_steps + sum(each.steps for each in going_on)
        return steps, self._settled_step_seconds + sum(each.step_seconds for each in going_on)

    def prepare(self) -> None:
        """Let it be begun what saves time later, where there are several workers."""
        if len(self.seats) > 1:
            self._switchboard.prepare_forks(_MODULE)

    def start(self) -> None:
        for seat in self.seats[: self.count]:
            self._start(seat, sys.executable)

    def grow(self, count: int) -> None:
        """From now on there are `count` workers, if that is more than there are."""
        self.count = max(self.count, min(count, len(self.seats)))

    def free(self, python: Callable[[WorkerSeat], str | None]) -> Iterator[WorkerSeat]:
        """The seats whose worker waits for an episode; a seat whose worker is gone gets another.

        A worker whose simulator has been up for as many attempts as its world bears is sent away.

        Args:
            python: the interpreter for a seat's next worker; None when there is nothing to do for it.
        """
        for seat in self.seats[: self.count]:
            if seat.child is None and (interpreter := python(seat)) is not None:
                self._start(seat, interpreter)
            if not seat.greeted or seat.leaving or seat.episode is not None:
                continue
            if seat.restart_after is not None and seat.played >= seat.restart_after:
                self.send_away(seat)
            else:
                yield seat

    def send_away(self, seat: WorkerSeat) -> None:
        """Let an idle worker close its simulator and end; the seat gets another."""
        seat.leaving = True
        self.tell(seat, {"type": "close"})

    def occupy(self, seat: WorkerSeat, episode: Episode) -> None:
        """From now on `seat` plays `episode`."""
        seat.occupy(episode, utc_now())
        if seat.child is not None:
            seat.child.note_in_log(
                {
                    "begins": episode.scenario.id,
                    "policy": episode.policy,
                    "seed": episode.seed,
                    "attempt": episode.attempts + 1,
                    "at": seat.started,
                }
            )

    def tell(self, seat: WorkerSeat, message: Message) -> None:
        """Send `message`; from now on the worker has to show signs of life."""
        assert seat.child is not None
        seat.owe()
        try:
            seat.child.channel.send(message)
        except Disconnected:
            self._lose(seat, EXIT_GRACE_SECONDS)

    def fault(self, seat: WorkerSeat, fault: Fault, reason: str, told: Message | None = None) -> None:
        """Settle the attempt as one that broke down, with what the worker could still tell of it."""
        assert seat.episode is not None
        told = told or {}
        attempt = Attempt(
            seat.episode,
            seat.started,
            fault=fault,
            reason=reason,
            final=fault in FINAL_FAULTS,
            steps=seat.memory.heartbeat().steps,
            seconds=told.get("seconds", {}),
            footage=told.get("footage", {}),
            report=told.get("report", {}),
            log=worker_name(seat),
        )
        self._settle(seat, attempt)

    def watch(self) -> None:
        """Look who hangs and who is gone."""
        for seat in self.seats:
            if seat.child is None:
                continue
            phase = seat.overdue()
            if phase is not None:
                limit = seat.limits.seconds(phase)
                what = "policy" if phase is Phase.POLICY else "simulator"
                self._lose(seat, 0.0, f"{what} hangs: {phase.name.lower()} took more than {limit:g} s")
            elif seat.child.has_exited():
                self._hear(seat)
        if time.monotonic() - self._weighed >= WEIGH_SECONDS:
            self._weighed = time.monotonic()
            self._weigh()

    def _weigh(self) -> None:
        """End the workers whose processes hold too much memory."""
        limited = {seat: seat.child.family for seat in self.seats if seat.child is not None and seat.most_memory}
        for seat, pids in members_of(limited).items() if limited else ():
            limit = seat.most_memory or 0
            held = memory_of(pids, limit)
            if held > limit:
                over = f"its processes held {gibibytes(held)} of memory, over the limit of {gibibytes(limit)}"
                self._lose(seat, 0.0, f"the simulator's worker was ended: {over}")

    def close(self) -> None:
        """End every worker; those in the middle of an episode are interrupted."""
        deadline = time.monotonic() + STOP_GRACE_SECONDS
        children = [seat.child for seat in self.seats if seat.child is not None]
        for seat in self.seats:
            if seat.child is None:
                continue
            with contextlib.suppress(Disconnected):
                seat.child.channel.send({"type": "close"})
            if seat.episode is not None or not seat.greeted:
                seat.child.ask_to_stop()
            deadline = max(deadline, time.monotonic() + seat.limits.world.close)
        for child in children:
            child.wait(deadline)
            self._switchboard.drop(child)
        for seat in self.seats:
            seat.close()

    def _start(self, seat: WorkerSeat, python: str) -> None:
        seat.vacate()
        seat.python = python
        seat.child = self._switchboard.start(
            _MODULE,
            worker_name(seat),
            ["--slot", str(seat.fd)],
            share=[seat.fd],
            hear=lambda: self._hear(seat),
            inside=True,
            python=python,
            forked=True,
        )
        seat.owe()

    def _hear(self, seat: WorkerSeat) -> None:
        child = seat.child
        if child is None:
            return
        try:
            for message in child.channel.arrived():
                self._take(seat, message)
                if seat.child is not child:
                    return
        except Disconnected:
            self._lose(seat, EXIT_GRACE_SECONDS)

    def _take(self, seat: WorkerSeat, message: Message) -> None:
        kind = message["type"]
        if not seat.greeted:
            check_hello(message)
            seat.greeted, seat.owes = True, False
            self._never_woke = 0
        elif kind == "ready":
            seat.world = message["world"]
            seat.limits = PhaseLimits(self._limits, TimeLimits(**message["time_limits"]))
            seat.played, seat.restart_after = 0, message["restart_after"]
            seat.most_memory = self._limits.worker_memory or message["most_memory"]
            elsewhere = {} if seat.python == sys.executable else {"interpreter": seat.python}
            self._on_engine(message["world"], {**message["engine"], **elsewhere})
        elif kind == "begins":
            if seat.episode is not None and message["turn"] == seat.turn:
                self._on_begin(seat, seat.episode)
        elif kind == "ended":
            assert seat.episode is not None
            attempt = Attempt(
                seat.episode,
                seat.started,
                ended=message,
                steps=message["summary"]["steps"],
                seconds=message["seconds"],
                footage=message["footage"],
                report=message["report"],
            )
            seat.owes = False
            self._settle(seat, attempt)
        elif kind == "fault":
            seat.owes = False
            fault: Fault = message["kind"]
            child = seat.child
            self.fault(seat, fault, _PREFIXES.get(fault, "") + message["reason"], message)
            if fault in ("start", "simulator") and child is not None:
                self._switchboard.drop(child)
                seat.vacate()
        else:
            raise Disconnected(f"unexpected message {kind!r}")

    def _lose(self, seat: WorkerSeat, grace: float, reason: str = "") -> None:
        assert seat.child is not None
        ending = self._switchboard.drop(seat.child, grace)
        woke, phase = seat.greeted, seat.memory.heartbeat().phase
        if not reason:
            reason = f"the simulator's worker {ending}"
        if seat.episode is not None:
            faults: dict[Phase, Fault] = {Phase.START: "start", Phase.POLICY: "lost"}
            self.fault(seat, faults.get(phase, "simulator"), reason)
        seat.vacate()
        if not woke:
            self._never_woke += 1
            if self._never_woke >= WAKING_LIMIT:
                raise UsageError(f"no worker process comes up: {reason}")

    def _settle(self, seat: WorkerSeat, attempt: Attempt) -> None:
        seat.played += 1
        heartbeat = seat.memory.heartbeat()
        self._settled_steps += heartbeat.steps
        self._settled_step_seconds += heartbeat.step_seconds
        seat.episode = None
        self._on_attempt(seat, attempt)


def worker_name(seat: WorkerSeat) -> str:
    """Of the process in `seat`, whichever it is."""
    return f"worker-{seat.index}"
