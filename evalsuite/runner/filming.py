"""Videos of a run: which attempts get one, and the processes that make them beside the run without slowing it down.

A world that is the same every time is not filmed while it is played: its actions are kept, and another process plays
them again in a simulator of its own, in time that nobody else wants, and films that. The video is kept only if the
last picture came out the same. Any other world is filmed by the worker itself.
"""

from __future__ import annotations

import base64
import contextlib
import selectors
import time
from collections import Counter, deque
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Literal

from evalsuite.crossview.simulator import TimeLimits
from evalsuite.records.record import Outcome, Record
from evalsuite.records.videos import actions_file, discard_video, finish_video, unfinished, video_name
from evalsuite.runner.attempt import Attempt
from evalsuite.runner.phases import PhaseLimits, RunLimits
from evalsuite.runner.placement import Placement
from evalsuite.runner.plan import Episode
from evalsuite.runner.scratch import Scratch
from evalsuite.runner.switchboard import EXIT_GRACE_SECONDS
from evalsuite.runner.wire import Disconnected, Message, check_hello
from evalsuite.runner.worker_seat import WorkerSeat
from evalsuite.runner.workers import STOP_GRACE_SECONDS, WAKING_LIMIT
from evalsuite.suite.scenario import Suite

VideoMode = Literal["none", "failures", "all"]
VIDEO_MODES: tuple[VideoMode, ...] = ("none", "failures", "all")


PATIENCE = 20.0
"""Times the usual limits: encoding comes on top of every step, and the machine may be busy with other runs."""


def wants_video(mode: VideoMode, outcome: Outcome) -> bool:
    """Whether an attempt that ended in `outcome` is to have a video."""
    return mode == "all" or (mode == "failures" and outcome != "success")


class FilmCrew:
    """Makes the videos of one run.

    While episodes are played one process films, in the time that nobody else wants; when they are over it makes way
    for as many as there are places.

    Args:
        run: its folder.
        unfilmed: labels of policies that get no videos.
        most: how many processes may film at once.
        placement: tells the worlds whose simulators its processes may not bring up: they are filmed while they are
            played, where nothing is missing for that.
    """

    def __init__(
        self,
        scratch: Scratch,
        run: Path,
        suite: Suite,
        mode: VideoMode,
        *,
        unfilmed: Collection[str],
        most: int,
        rehearse: bool,
        limits: RunLimits,
        placement: Placement | None = None,
    ) -> None:
        self._placement = placement or Placement()
        self._scratch = scratch
        self._run = run.absolute()
        self._scenarios = {scenario.id: scenario for scenario in suite.scenarios}
        self._mode = mode
        self._unfilmed = unfilmed
        self._idling = False
        self._rehearse = rehearse
        self._limits = replace(limits, wake=PATIENCE * limits.wake, start=PATIENCE * limits.start)
        self._selector: selectors.BaseSelector = selectors.DefaultSelector()
        self._slots = [WorkerSeat(index, self._limits) for index in range(most)]
        self._takes: dict[WorkerSeat, Record] = {}
        self._waiting: deque[Record] = deque()
        self._never_woke = 0
        self.made = 0
        self.faults: Counter[str] = Counter()

    @property
    def left(self) -> int:
        """How many videos are still to be made."""
        return len(self._waiting) + len(self._takes)

    def recording(self, episode: Episode) -> Message | None:
        """What the worker that plays `episode` shall keep of it."""
        if episode.policy in self._unfilmed:
            return None
        name = video_name(episode.policy, episode.scenario.id, episode.seed, episode.attempts + 1)
        world = episode.scenario.world
        if world in self._placement.unfilmed:
            return {"kind": "unfilmed", "why": self._placement.unfilmed[world]}
        kind = "live" if self._placement.reserved(world) else "video"
        return {"kind": kind, "path": str(unfinished(self._run / name))}

    def named(self, record: Record, attempt: Attempt) -> Record:
        """`record` with the name of its video, if it is to have one; what that is made of is put aside."""
        video = self._run / video_name(record.policy, record.scenario, record.seed, record.attempt)
        footage = attempt.footage
        if record.policy in self._unfilmed:
            return record
        if not wants_video(self._mode, record.outcome) or not ("actions" in footage or "filmed" in footage):
            discard_video(video)
            if "film_fault" in footage:
                self.faults[footage["film_fault"]] += 1
            return record
        if "actions" in footage:
            try:
                video.parent.mkdir(parents=True, exist_ok=True)
                actions_file(video).write_bytes(base64.b64decode(footage["actions"]))
            except OSError as error:
                self.faults[f"can't write below {self._run}: {error.strerror or error}"] += 1
                return record
        return record.model_copy(update={"video": video.relative_to(self._run).as_posix()})

    def film(self, record: Record) -> None:
        """See to the video of `record`, which has been acknowledged."""
        if record.video is None:
            return
        if actions_file(self._run / record.video).exists():
            self._waiting.append(record)
        else:
            finish_video(self._run / record.video)
            self.made += 1

    def join(self, selector: selectors.BaseSelector) -> None:
        """Be heard through `selector` from now on."""
        self._selector = selector

    def turn(self, *, stepping: bool) -> None:
        """Hand out what waits, and look who is overdue: not while `stepping`, when a starved process is no hung one."""
        if self._idling and not stepping:
            self._stop_idling()
        for slot in self._slots[: 1 if stepping else None]:
            if not self._waiting:
                break
            if slot.child is None:
                self._start(slot, idle=stepping)
                self._idling = stepping
            elif slot.greeted and slot not in self._takes:
                self._begin(slot, self._waiting.popleft())
        for slot in self._slots:
            if slot.child is None:
                continue
            if stepping:
                slot.alive_at = time.monotonic()
            if slot.child.has_exited():
                self._hear(slot)
            elif (phase := slot.overdue()) is not None:
                self._lose(slot, f"{phase.name.lower()} took more than {slot.limits.seconds(phase):g} s")

    def close(self) -> None:
        """End every process; a video in the middle of being made waits for the next time."""
        children = [slot.child for slot in self._slots if slot.child is not None]
        for child in children:
            with contextlib.suppress(Disconnected):
                child.channel.send({"type": "close"})
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_GRACE_SECONDS
        for child in children:
            child.wait(deadline)
        for slot in self._slots:
            self._dismiss(slot)
            slot.close()

    def _stop_idling(self) -> None:
        """End the process that may never get a turn, now that the run waits for it; its video is begun anew."""
        for slot in self._slots:
            record = self._takes.pop(slot, None)
            if record is not None:
                self._waiting.appendleft(record)
            self._dismiss(slot)
        self._idling = False

    def _start(self, slot: WorkerSeat, *, idle: bool) -> None:
        slot.vacate()
        arguments = ["--slot", str(slot.fd), *["--idle"] * idle]
        slot.child = self._scratch.start(
            "evalsuite.runner.worker", f"film-{slot.index}", arguments, share=[slot.fd], inside=True
        )
        slot.owe()
        self._selector.register(slot.child.channel, selectors.EVENT_READ, lambda: self._hear(slot))

    def _begin(self, slot: WorkerSeat, record: Record) -> None:
        assert slot.child is not None
        video = self._run / str(record.video)
        try:
            actions = base64.b64encode(actions_file(video).read_bytes()).decode()
        except OSError as error:
            self._fail(record, f"{actions_file(video)}: {error.strerror or error}")
            return
        self._takes[slot] = record
        slot.owe()
        message = {
            "type": "episode",
            "scenario": self._scenarios[record.scenario].model_dump(mode="json"),
            "seed": record.seed,
            "policy": {"actions": actions, "then": record.reason},
            "policy_seed": 0,
            "rehearse": self._rehearse,
            "time_limits": dict(self._limits.world),
            "record": {"kind": "film", "path": str(unfinished(video))},
        }
        try:
            slot.child.channel.send(message)
        except Disconnected:
            self._lose(slot)

    def _hear(self, slot: WorkerSeat) -> None:
        child = slot.child
        if child is None:
            return
        try:
            for message in child.channel.arrived():
                self._take_in(slot, message)
                if slot.child is not child:
                    return
        except Disconnected:
            self._lose(slot)

    def _take_in(self, slot: WorkerSeat, message: Message) -> None:
        kind = message["type"]
        if not slot.greeted:
            check_hello(message)
            slot.greeted, slot.owes, self._never_woke = True, False, 0
        elif kind == "ready":
            patient = {phase: PATIENCE * seconds for phase, seconds in message["time_limits"].items()}
            slot.limits = PhaseLimits(self._limits, TimeLimits(**patient))
        elif kind in ("ended", "fault"):
            slot.owes = False
            record = self._takes.pop(slot)
            difference = _difference(record, message)
            if difference:
                self._fail(record, difference)
            else:
                finish_video(self._run / str(record.video))
                self.made += 1
            if kind == "fault" and message["kind"] in ("start", "simulator"):
                self._dismiss(slot)
        else:
            raise Disconnected(f"unexpected message {kind!r}")

    def _lose(self, slot: WorkerSeat, reason: str = "") -> None:
        woke = slot.greeted
        ending = self._dismiss(slot, 0.0 if reason else EXIT_GRACE_SECONDS)
        reason = f"the filming process hangs: {reason}" if reason else f"the filming process {ending}"
        record = self._takes.pop(slot, None)
        if record is not None:
            self._fail(record, reason)
        if not woke:
            self._never_woke += 1
            while self._never_woke >= WAKING_LIMIT and self._waiting:
                self._fail(self._waiting.popleft(), reason)

    def _dismiss(self, slot: WorkerSeat, grace: float = 0.0) -> str:
        if slot.child is None:
            return ""
        with contextlib.suppress(KeyError):
            self._selector.unregister(slot.child.channel)
        ending = slot.child.kill(grace=grace)
        slot.vacate()
        return ending

    def _fail(self, record: Record, reason: str) -> None:
        self.faults[reason] += 1
        discard_video(self._run / str(record.video))


def _difference(record: Record, message: Message) -> str:
    """Why what was played again is no video of `record`; empty if it is one."""
    footage = message.get("footage", {})
    if "film_fault" in footage:
        return str(footage["film_fault"])
    if message["type"] == "fault":
        same = message["kind"] == "policy" and record.outcome == "error" and message["steps"] == record.steps
        return "" if same else f"played again, it ended otherwise: {message['reason']}"
    if message["summary"]["steps"] != record.steps or message["final_frame_sha256"] != record.final_frame_sha256:
        return "played again, it came out differently"
    return ""
