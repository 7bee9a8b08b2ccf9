"""The one thread that hands out episodes, carries observations to policies and actions back, and keeps watch.

Workers pull: whoever is idle gets the next episode. A policy host is sent whatever waits for it as soon as
it is free, so a batch is as large as the moment makes it and nobody waits for a full one.

Nothing here calls a simulator or a policy: a native call that blocks can't watch itself.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import TYPE_CHECKING, Any

from evalsuite.crossview.simulator import TimeLimits
from evalsuite.errors import UsageError
from evalsuite.policies.references import PolicyReference
from evalsuite.records.provenance import utc_now
from evalsuite.runner.phases import Phase, PhaseLimits, RunLimits
from evalsuite.runner.plan import Episode, EpisodeQueue
from evalsuite.runner.scratch import Child, Scratch
from evalsuite.runner.shared_observations import SharedSlot, create_slot_file
from evalsuite.runner.wire import Disconnected, Message, check_hello
from evalsuite.seeding import derive_seed

if TYPE_CHECKING:
    from evalsuite.runner.filming import FilmCrew

TICK_SECONDS = 0.1
EXIT_GRACE_SECONDS = 1.0
"""Between a process closing its channel and its exit."""

STOP_GRACE_SECONDS = 5.0
"""For an interrupted worker to close its simulator."""

WAKING_LIMIT = 3
"""Workers in a row that end before they say hello, after which the run can't go on."""


@dataclass(frozen=True)
class Attempt:
    """What came of one try at an episode.

    Args:
        ended: the worker's account of an episode that was played to its end; None after a fault.
        reason: what went wrong; empty for an episode that was played.
        final: whether the fault settles the episode. A simulator's fault is tried again; one of the policy is
            not: it would come out the same.
        footage: what the worker's recorder kept.
        report: what the simulator had to tell besides.
    """

    episode: Episode
    started: str
    ended: Message | None = None
    reason: str = ""
    final: bool = True
    steps: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    footage: Message = field(default_factory=dict)
    report: Message = field(default_factory=dict)


class WorkerSlot:
    """A place for one simulator worker: the shared memory stays, the process may be replaced."""

    def __init__(self, index: int, run_limits: RunLimits) -> None:
        self.index = index
        self.fd = create_slot_file()
        self.memory = SharedSlot(self.fd)
        self.run_limits = run_limits
        self.vacate()

    def vacate(self) -> None:
        """Forget the process that was here."""
        self.child: Child | None = None
        self.greeted = False
        self.world: str | None = None
        self.limits = PhaseLimits(self.run_limits)
        self.episode: Episode | None = None
        self.started = ""
        self.owes = False
        self.beats = 0
        self.alive_at = 0.0
        self.host_generation: int | None = None
        self.request = 0
        self.memory.clear()

    def close(self) -> None:
        os.close(self.fd)

    def owe(self) -> None:
        """The worker has been handed something: from now on it must show signs of life."""
        self.owes = True
        self.alive_at = time.monotonic()

    def overdue(self) -> Phase | None:
        """The phase that the worker hangs in, if it hangs."""
        heartbeat, now = self.memory.heartbeat(), time.monotonic()
        if heartbeat.beats != self.beats:
            self.beats, self.alive_at = heartbeat.beats, now
        late = self.owes and now - self.alive_at > self.limits.seconds(heartbeat.phase)
        return heartbeat.phase if late else None


class HostSeat:
    """A place for one policy's process, which may be replaced; `generation` tells one from the next."""

    def __init__(self, source: PolicyReference) -> None:
        self.source = source
        self.generation = 0
        self.child: Child | None = None
        self.ready = False
        self.refused = ""
        self.losses = 0
        self.given_up = ""
        self.since = 0.0
        self.waiting: dict[WorkerSlot, Message] = {}
        self.in_flight: dict[int, WorkerSlot] = {}


class Driver:
    """Plays the episodes of a queue.

    Args:
        scratch: where processes are started.
        sources: the policies, by label.
        workers: how many simulators at once.
        rehearse: whether stand-ins play the simulators' part.
        trust_checkpoint: whether a policy may be unpickled.
        recording: what a worker shall keep of an episode (see `evalsuite.runner.recording`).
    """

    def __init__(
        self,
        scratch: Scratch,
        sources: Sequence[PolicyReference],
        *,
        workers: int,
        rehearse: bool,
        trust_checkpoint: bool,
        limits: RunLimits,
        recording: Callable[[Episode], Message | None] = lambda episode: None,
    ) -> None:
        self._recording = recording
        self._scratch = scratch
        self._sources = {source.label: source for source in sources}
        self._rehearse = rehearse
        self._trust_checkpoint = trust_checkpoint
        self._limits = limits
        self._selector = selectors.DefaultSelector()
        self._slots = [WorkerSlot(index, limits) for index in range(workers)]
        self._hosts = {source.label: HostSeat(source) for source in sources if not source.beside_simulator}
        self._requests = 0
        self._never_woke = 0
        self._watched = 0.0
        self._queue = EpisodeQueue(iter(()), ())
        self._on_attempt: Callable[[Attempt], None] = lambda attempt: None
        self._on_engine: Callable[[str, Mapping[str, str]], None] = lambda world, engine: None
        self.interrupted = False

    def start(self) -> None:
        """Start every process and wait until the policies are loaded, or the person interrupts.

        Raises `UsageError` when a policy can't be loaded.
        """
        for host in self._hosts.values():
            self._start_host(host)
        for slot in self._slots:
            self._start_worker(slot)
        while not self.interrupted and not all(host.ready for host in self._hosts.values()):
            self._turn()
            for host in self._hosts.values():
                if host.refused:
                    named = host.refused.startswith(f"policy {host.source.reference}")
                    raise UsageError(host.refused if named else f"policy {host.source.label!r}: {host.refused}")

    def play(
        self,
        queue: EpisodeQueue,
        *,
        on_attempt: Callable[[Attempt], None],
        on_engine: Callable[[str, Mapping[str, str]], None],
        on_turn: Callable[[], None],
        crew: FilmCrew | None = None,
    ) -> None:
        """Play until the queue is empty, every episode settled and every video made, or the person interrupts.

        Args:
            on_attempt: called with each attempt; an episode whose attempt is not final is tried again.
            on_engine: called with world and engine whenever a simulator has come up.
            on_turn: called often.
            crew: films what is played.
        """
        self._queue, self._on_attempt, self._on_engine = queue, on_attempt, on_engine
        if crew is not None:
            crew.join(self._selector)
        while not self.interrupted:
            stepping = len(queue) > 0 or any(slot.episode for slot in self._slots)
            if not stepping and not (crew and crew.left):
                break
            self._hand_out()
            if crew is not None:
                crew.turn(stepping=stepping)
            self._turn()
            on_turn()

    def steps_in_progress(self) -> int:
        """Steps made so far in the attempts that are going on."""
        return sum(slot.memory.heartbeat().steps for slot in self._slots if slot.episode)

    def close(self) -> None:
        """End every process; those in the middle of an episode are interrupted."""
        for host in self._hosts.values():
            if host.child is not None:
                self._drop(host.child)
        deadline = time.monotonic() + STOP_GRACE_SECONDS
        children = [slot.child for slot in self._slots if slot.child is not None]
        for slot in self._slots:
            if slot.child is None:
                continue
            with contextlib.suppress(Disconnected):
                slot.child.channel.send({"type": "close"})
            if slot.episode is not None or not slot.greeted:
                slot.child.ask_to_stop()
            deadline = max(deadline, time.monotonic() + slot.limits.world.close)
        for child in children:
            child.wait(deadline)
            self._drop(child)
        for slot in self._slots:
            slot.close()
        self._selector.close()

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """Within the block, SIGINT, SIGTERM and SIGHUP end the run in good order instead of ending Python."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        woken = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        heeded = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._interrupt) for number in heeded}
        self._selector.register(reading, selectors.EVENT_READ, lambda: os.read(reading, 512))
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(woken)
            os.close(reading)
            os.close(writing)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.interrupted = True

    def _turn(self) -> None:
        """Take in what has arrived, then send each free host what waits for it, then look who is overdue."""
        for key, _ in self._selector.select(TICK_SECONDS):
            key.data()
        for host in self._hosts.values():
            self._send_batch(host)
        if time.monotonic() - self._watched >= TICK_SECONDS:
            self._watched = time.monotonic()
            for host in self._hosts.values():
                self._watch_host(host)
            for slot in self._slots:
                self._watch_worker(slot)

    def _start_worker(self, slot: WorkerSlot) -> None:
        slot.vacate()
        slot.child = self._scratch.start(
            "evalsuite.runner.worker",
            f"worker-{slot.index}",
            ["--slot", str(slot.fd)],
            share=[slot.fd],
            inside=True,
        )
        slot.owe()
        self._selector.register(slot.child.channel, selectors.EVENT_READ, lambda: self._hear_worker(slot))

    def _hand_out(self) -> None:
        for slot in self._slots:
            if not len(self._queue):
                return
            if slot.child is None:
                self._start_worker(slot)
            if slot.greeted and slot.episode is None:
                episode = self._queue.take(slot.world)
                if episode is not None:
                    self._begin(slot, episode)

    def _begin(self, slot: WorkerSlot, episode: Episode) -> None:
        source = self._sources[episode.policy]
        host = self._hosts.get(episode.policy)
        slot.episode, slot.started = episode, utc_now()
        slot.host_generation = None
        slot.memory.count_steps(0)
        if host is not None and host.given_up:
            self._fault(slot, host.given_up, final=True)
            return
        self._send_worker(
            slot,
            {
                "type": "episode",
                "scenario": episode.scenario.model_dump(mode="json"),
                "seed": episode.seed,
                "policy": {"reference": source.reference, "beside_simulator": source.beside_simulator},
                "policy_seed": _policy_seed(episode),
                "rehearse": self._rehearse,
                "time_limits": dict(self._limits.world),
                "record": self._recording(episode),
            },
        )

    def _send_worker(self, slot: WorkerSlot, message: Message) -> None:
        assert slot.child is not None
        slot.owe()
        try:
            slot.child.channel.send(message)
        except Disconnected:
            self._lose_worker(slot, EXIT_GRACE_SECONDS)

    def _hear_worker(self, slot: WorkerSlot) -> None:
        child = slot.child
        if child is None:
            return
        try:
            for message in child.channel.arrived():
                self._take_from_worker(slot, message)
                if slot.child is not child:
                    return
        except Disconnected:
            self._lose_worker(slot, EXIT_GRACE_SECONDS)

    def _take_from_worker(self, slot: WorkerSlot, message: Message) -> None:
        kind = message["type"]
        if not slot.greeted:
            check_hello(message)
            slot.greeted, slot.owes = True, False
            self._never_woke = 0
        elif kind == "ready":
            slot.world = message["world"]
            slot.limits = PhaseLimits(self._limits, TimeLimits(**message["time_limits"]))
            self._on_engine(message["world"], message["engine"])
        elif kind == "observe":
            slot.owes = False
            self._ask_policy(slot, message["observation"])
        elif kind == "ended":
            assert slot.episode is not None
            attempt = Attempt(
                slot.episode,
                slot.started,
                ended=message,
                steps=message["summary"]["steps"],
                seconds=message["seconds"],
                footage=message["footage"],
                report=message["report"],
            )
            slot.owes = False
            self._settle(slot, attempt)
        elif kind == "fault":
            slot.owes = False
            retry = message["kind"] in ("simulator", "lost")
            prefix = {"simulator": "simulator fault: ", "policy": "policy fault: "}.get(message["kind"], "")
            child = slot.child
            self._fault(slot, prefix + message["reason"], final=not retry, told=message)
            if message["kind"] == "simulator" and child is not None:
                self._drop(child)
                slot.vacate()
        else:
            raise Disconnected(f"unexpected message {kind!r}")

    def _watch_worker(self, slot: WorkerSlot) -> None:
        if slot.child is None:
            return
        phase = slot.overdue()
        if phase is not None:
            limit = slot.limits.seconds(phase)
            what = "policy" if phase is Phase.POLICY else "simulator"
            self._lose_worker(slot, 0.0, f"{what} hangs: {phase.name.lower()} took more than {limit:g} s")
        elif slot.child.has_exited():
            self._hear_worker(slot)

    def _lose_worker(self, slot: WorkerSlot, grace: float, reason: str = "") -> None:
        assert slot.child is not None
        ending = self._drop(slot.child, grace)
        woke = slot.greeted
        if not reason:
            reason = f"the simulator's worker {ending}"
        if slot.episode is not None:
            self._fault(slot, reason, final=False)
        slot.vacate()
        if not woke:
            self._never_woke += 1
            if self._never_woke >= WAKING_LIMIT:
                raise UsageError(f"no worker process comes up: {reason}")

    def _fault(self, slot: WorkerSlot, reason: str, *, final: bool, told: Message | None = None) -> None:
        """Settle the attempt as one that broke down, with what the worker could still tell of it."""
        assert slot.episode is not None
        told = told or {}
        attempt = Attempt(
            slot.episode,
            slot.started,
            reason=reason,
            final=final,
            steps=slot.memory.heartbeat().steps,
            seconds=told.get("seconds", {}),
            footage=told.get("footage", {}),
            report=told.get("report", {}),
        )
        self._settle(slot, attempt)

    def _settle(self, slot: WorkerSlot, attempt: Attempt) -> None:
        """Free the slot and report the attempt; put the episode back unless that settles it."""
        episode = attempt.episode
        slot.episode, slot.request = None, 0
        for host in self._hosts.values():
            host.waiting.pop(slot, None)
        episode.attempts += 1
        if attempt.ended is None and not attempt.final:
            if episode.attempts < self._limits.attempts:
                self._queue.put_back(episode)
            else:
                attempt = replace(attempt, final=True)
        self._on_attempt(attempt)

    def _start_host(self, host: HostSeat) -> None:
        slots = [slot.fd for slot in self._slots]
        host.generation += 1
        host.ready = False
        host.since = time.monotonic()
        host.child = self._scratch.start(
            "evalsuite.runner.policy_host",
            "policy",
            [argument for fd in slots for argument in ("--slot", str(fd))],
            share=slots,
        )
        self._selector.register(host.child.channel, selectors.EVENT_READ, lambda: self._hear_host(host))

    def _ask_policy(self, slot: WorkerSlot, observation: Any) -> None:
        episode = slot.episode
        assert episode is not None
        host = self._hosts[episode.policy]
        first = slot.host_generation is None
        if host.given_up:
            self._send_worker(slot, {"type": "policy_fault", "reason": host.given_up})
        elif not first and slot.host_generation != host.generation:
            self._send_worker(slot, {"type": "policy_lost", "reason": "the policy's process was replaced"})
        else:
            self._requests += 1
            slot.request = self._requests
            host.waiting[slot] = {
                "id": slot.request,
                "slot": slot.index,
                "first": first,
                "seed": _policy_seed(episode),
                "observation": observation,
            }

    def _send_batch(self, host: HostSeat) -> None:
        if not (host.ready and host.waiting) or host.in_flight or host.child is None:
            return
        requests = list(host.waiting.values())
        host.in_flight = {request["id"]: slot for slot, request in host.waiting.items()}
        for slot in host.waiting:
            slot.host_generation = host.generation
        host.waiting = {}
        host.since = time.monotonic()
        try:
            host.child.channel.send({"type": "act", "requests": requests})
        except Disconnected:
            self._lose_host(host, EXIT_GRACE_SECONDS)

    def _hear_host(self, host: HostSeat) -> None:
        child = host.child
        if child is None:
            return
        try:
            for message in child.channel.arrived():
                self._take_from_host(host, message)
                if host.child is not child:
                    return
        except Disconnected:
            self._lose_host(host, EXIT_GRACE_SECONDS)

    def _take_from_host(self, host: HostSeat, message: Message) -> None:
        assert host.child is not None
        if message["type"] == "hello":
            check_hello(message)
            host.child.channel.send(
                {
                    "type": "load",
                    "reference": host.source.reference,
                    "sha256": host.source.sha256,
                    "trust_checkpoint": self._trust_checkpoint,
                }
            )
        elif message["type"] == "ready":
            host.ready = True
        elif message["type"] == "refused":
            host.refused = message["reason"]
            self._lose_host(host, EXIT_GRACE_SECONDS, message["reason"])
        elif message["type"] == "actions":
            asked, host.in_flight, host.losses = host.in_flight, {}, 0
            for each in message["answers"]:
                slot = asked.pop(each["id"])
                if slot.request != each["id"]:
                    continue
                if "fault" in each:
                    self._send_worker(slot, {"type": "policy_fault", "reason": each["fault"]})
                else:
                    self._send_worker(slot, {"type": "action", "action": each["action"]})
        else:
            raise Disconnected(f"unexpected message {message['type']!r}")

    def _watch_host(self, host: HostSeat) -> None:
        limit = self._limits.act if host.ready else self._limits.load
        late = time.monotonic() - host.since > limit
        if host.child is None or not (late or host.child.has_exited()):
            return
        generation = host.generation
        self._hear_host(host)
        if host.generation == generation and late and (host.in_flight or not host.ready):
            what = "did not answer" if host.ready else "was not loaded"
            self._lose_host(host, 0.0, f"the policy {what} within {limit:g} s")

    def _lose_host(self, host: HostSeat, grace: float, reason: str = "") -> None:
        """Replace a policy's process. Episodes whose memory it held are void; those about to begin are not."""
        assert host.child is not None
        ending = self._drop(host.child, grace)
        host.child = None
        if not reason:
            reason = f"the policy's process {ending}"
            if not host.ready and ending.startswith("ended with code"):
                reason += "; it ended itself while it was loaded: look at what the factory calls"
        if not host.ready and host.generation == 1:
            host.refused = host.refused or reason
            return
        host.losses += 1
        if host.losses >= self._limits.losses_in_a_row:
            host.given_up = f"the policy was given up after {host.losses} losses in a row, the last: {reason}"
        lost = [slot for request, slot in host.in_flight.items() if slot.request == request]
        lost += [slot for slot, request in host.waiting.items() if host.given_up or not request["first"]]
        host.in_flight = {}
        for slot in lost:
            host.waiting.pop(slot, None)
            self._send_worker(slot, {"type": "policy_lost", "reason": reason})
        if not host.given_up:
            self._start_host(host)

    def _drop(self, child: Child, grace: float = 0.0) -> str:
        with contextlib.suppress(KeyError):
            self._selector.unregister(child.channel)
        return child.kill(grace=grace)


def _policy_seed(episode: Episode) -> int:
    return derive_seed(episode.scenario.id, episode.seed, "policy")
