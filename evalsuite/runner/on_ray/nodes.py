"""The drivers at the nodes: placed, handed episodes, heard, watched and, where they are lost, replaced."""

from __future__ import annotations

import base64
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import PurePosixPath

from evalsuite.errors import PolicyRefused, UsageError
from evalsuite.policies.references import PolicyReference
from evalsuite.records.provenance import utc_now
from evalsuite.records.record import EpisodeKey
from evalsuite.runner.attempt import Attempt
from evalsuite.runner.on_ray.link import ActorLink, Connection
from evalsuite.runner.on_ray.room import Pool, actor_options
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.plan import Episode
from evalsuite.runner.status import Activity
from evalsuite.runner.wire import Message

SILENCE_SECONDS = 60.0
"""Without a sign of life, after which an actor is taken for lost. It gives one every second."""

LOSSES_IN_A_ROW = 3
"""Of actors on one node, without an episode played in between, after which the node is used no more."""

EPISODES_IN_A_ROW = 3
"""That failed at one place and at no other: it is the node then, not the episodes or their world."""

WITHOUT_END = 2**31
"""Attempts that may fail at a node: the head judges them."""


@dataclass
class Held:
    """An episode in an actor's hands, and since when (UTC, ISO 8601); once it has `begun`, since then."""

    episode: Episode
    since: str
    begun: bool = False


@dataclass(eq=False)
class NodeSeat:
    """A place for one driver at a node.

    Args:
        number: of the driver, in the order in which they were asked for.
        workers: what they do, as it told last.
        held: the episodes in its hands, by the number under which each was handed out.
        failing: those that failed there since one was played.
    """

    pool: Pool
    simulators: int
    number: int
    ready: bool = False
    closed: bool = False
    workers: Sequence[Message] = ()
    world: str | None = None
    held: dict[int, Held] = field(default_factory=dict)
    failing: set[EpisodeKey] = field(default_factory=set)


class RayNodes:
    """The drivers of one run.

    Args:
        sources: the policies.
        policy_processes: how many of each policy a driver has; None for one for each two of its simulators.
        on_attempt: called with each attempt, final or not.
        on_returned: called with an episode that was handed out and that nobody will begin.
        on_engine: called with world and engine whenever a simulator has come up.
        on_log: called with the name of a log and what is to be added to it.
    """

    def __init__(
        self,
        connection: Connection,
        sources: Sequence[PolicyReference],
        limits: RunLimits,
        *,
        policy_processes: int | None,
        rehearse: bool,
        trust_checkpoint: bool,
        on_attempt: Callable[[Attempt], None],
        on_returned: Callable[[Episode], None],
        on_engine: Callable[[str, Mapping[str, str]], None],
        on_log: Callable[[str, bytes], None],
    ) -> None:
        self._connection = connection
        self._sources = sources
        self._limits = limits
        self._policy_processes = policy_processes
        self._rehearse = rehearse
        self._trust_checkpoint = trust_checkpoint
        self._on_attempt = on_attempt
        self._on_returned = on_returned
        self._on_engine = on_engine
        self._on_log = on_log
        self._links: dict[ActorLink, NodeSeat] = {}
        self._losses: Counter[str] = Counter()
        self._played = False
        self._closing = False
        self._asked_for = 0
        self._handed_out = 0
        self.served: dict[str, str] = {}
        """Label -> the reference by which nodes reach a policy that is served elsewhere in the cluster."""
        self.queued_seconds = 0.0
        """That workers have waited, all together, for policies that were answering others."""

    @property
    def seats(self) -> list[NodeSeat]:
        return list(self._links.values())

    @property
    def playing(self) -> bool:
        return any(seat.held for seat in self.seats)

    @property
    def placed(self) -> bool:
        """Whether there is a node for any of them."""
        return any(link.placed for link in self._links)

    @property
    def setting_up(self) -> bool:
        """Whether a node that was found has not said yet whether it can play."""
        return any(link.placed and not seat.ready for link, seat in self._links.items())

    @property
    def workers(self) -> int:
        """How many simulators have a place by now."""
        return sum(seat.simulators for seat in self.seats if seat.ready)

    def fill(self, pool: Pool) -> None:
        """Ask Ray for as many actors as `pool` wants and does not have; it places them when there is room."""
        missing = pool.simulators - sum(seat.simulators for seat in self.seats if seat.pool is pool)
        while missing > 0:
            self._place(pool, min(pool.per_actor, missing))
            missing -= pool.per_actor

    def activities(self) -> list[Activity]:
        """What each worker does, as it was told last; and what waits at the nodes."""
        found: list[Activity] = []
        for seat in self.seats:
            waiting = dict(seat.held)
            for worker in seat.workers:
                held = waiting.pop(worker["number"], None)
                here = (len(found), worker["phase"], worker["seconds"], worker["world"])
                found.append(Activity(*here, held.episode, held.since, worker["steps"]) if held else Activity(*here))
            for held in waiting.values():
                found.append(Activity(len(found), "handed out", 0.0, "", held.episode, held.since))
        return found

    def hand(self, seat: NodeSeat, episodes: Sequence[tuple[Episode, Message | None]]) -> None:
        """Give `seat` episodes to play, each with what is to be kept of it (see `evalsuite.runner.recording`)."""
        messages = []
        for episode, recording in episodes:
            self._handed_out += 1
            seat.held[self._handed_out] = Held(episode, utc_now())
            messages.append(
                {
                    "number": self._handed_out,
                    "scenario": episode.scenario.model_dump(mode="json"),
                    "policy": episode.policy,
                    "seed": episode.seed,
                    "attempts": episode.attempts,
                    "failed": episode.failed,
                    "excused": episode.excused,
                    "record": recording,
                }
            )
        self._link(seat).send({"type": "episodes", "episodes": messages})

    def watch(self) -> None:
        """Look who has gone silent."""
        for link, seat in list(self._links.items()):
            limit = SILENCE_SECONDS if seat.ready else SILENCE_SECONDS + self._limits.load
            if link.placed and time.monotonic() - link.alive_at > limit:
                self.lost(link, f"no sign of life for {limit:g} s")

    def release(self, seat: NodeSeat) -> None:
        """Make room for others; `seat` has nothing in its hands."""
        self._link(seat).send({"type": "close"})
        seat.closed = True

    def stop(self, reason: str) -> None:
        """End every driver, whose own doing it is not; `fill` begins anew."""
        for link, seat in list(self._links.items()):
            self._end(link)
            self._give_back(seat, reason)

    def begin_to_close(self) -> None:
        """Have every driver end what it has started; those in the middle of an episode are interrupted."""
        self._closing = True
        for link, seat in list(self._links.items()):
            if seat.ready:
                link.send({"type": "close"})
            else:
                self._end(link)

    def close(self) -> None:
        """End those that are still there."""
        for link in list(self._links):
            self._end(link)

    def unwelcome(self, link: ActorLink) -> str:
        return "too many actors were lost there" if self._losses[link.node] >= LOSSES_IN_A_ROW else ""

    def set_up(self, link: ActorLink, references: Mapping[str, str]) -> Message:
        seat = self._links[link]
        limits = replace(self._limits, attempts=WITHOUT_END, failures_in_a_row=WITHOUT_END)
        called = {**{source.label: source.reference for source in self._sources}, **references, **self.served}
        return {
            "type": "set up",
            "worlds": list(seat.pool.worlds),
            "policies": [
                {"label": source.label, "reference": called[source.label], "sha256": source.sha256}
                for source in self._sources
            ],
            "workers": seat.simulators,
            "policy_processes": self._policy_processes or max(1, seat.simulators // 2),
            "rehearse": self._rehearse,
            "trust_checkpoint": self._trust_checkpoint,
            "limits": {**asdict(limits), "world": dict(limits.world)},
        }

    def heard(self, link: ActorLink, message: Message) -> None:
        seat, kind = self._links[link], message["type"]
        if kind in ("closed", "gone") and (seat.closed or self._closing):
            self._end(link)
        elif kind == "closed":
            self.lost(link, "somebody else has ended its driver")
        elif kind == "gone":
            self.lost(link, message["reason"])
        elif kind == "log":
            self._on_log(_log(link, seat, message["name"]), base64.b64decode(message["content"]))
        elif self._closing:
            return
        elif kind == "alive":
            seat.workers = message["workers"]
            self.queued_seconds += message["queued_seconds"]
        elif kind == "begun":
            held = seat.held[message["number"]]
            held.begun, held.since = True, utc_now()
        elif kind == "attempt":
            told = message["attempt"]
            log = _log(link, seat, told["log"]) if told["log"] else ""
            self._take(link, Attempt(seat.held.pop(message["number"]).episode, **{**told, "log": log}))
        elif kind == "engine":
            seat.world = message["world"]
            self._on_engine(message["world"], message["engine"])
        elif kind == "ready":
            seat.ready = True
        elif kind == "refused":
            self.refused(link, message["reason"], by_policy=message["policy"])

    def _take(self, link: ActorLink, attempt: Attempt) -> None:
        """Pass an attempt on; where everything fails while it goes well elsewhere, nothing more is played."""
        seat = self._links[link]
        self._played = True
        if attempt.ended is not None:
            seat.failing.clear()
            self._losses[link.node] = 0
        elif attempt.fault in ("start", "simulator", "lost"):
            seat.failing.add(attempt.episode.key)
        self._on_attempt(attempt)
        others = [each for each in self.seats if each.pool is seat.pool and each is not seat]
        if len(seat.failing) >= EPISODES_IN_A_ROW and any(each.ready and not each.failing for each in others):
            self._losses[link.node] = LOSSES_IN_A_ROW
            self.lost(link, f"{len(seat.failing)} episodes in a row failed there, the last: {attempt.reason}")

    def refused(self, link: ActorLink, reason: str, *, by_policy: bool = False) -> None:
        """A node lacks something: before anything was played the person is told, later it is used no more."""
        if not self._played:
            raise (PolicyRefused if by_policy else UsageError)(f"node {link.name}: {reason}")
        self._losses[link.node] = LOSSES_IN_A_ROW
        self.lost(link, reason)

    def lost(self, link: ActorLink, reason: str) -> None:
        """A driver is gone, and with it the attempts that it had begun; what it had not begun just waits again.

        Whatever it may still tell is not listened to: an episode that is handed out anew counts once.
        """
        seat = self._links[link]
        self._end(link)
        if self._closing:
            return
        reason = f"node {link.name} lost: {reason}"
        self._losses[link.node] += 1
        if self._losses[link.node] < LOSSES_IN_A_ROW:
            self._place(seat.pool, seat.simulators)
        self._give_back(seat, reason)
        if not any(each.pool is seat.pool for each in self.seats):
            raise UsageError(f"no node is left to play on; the last: {reason}")

    def _give_back(self, seat: NodeSeat, reason: str) -> None:
        for held in seat.held.values():
            if held.begun:
                self._on_attempt(Attempt(held.episode, held.since, fault="void", reason=reason, final=False))
            else:
                self._on_returned(held.episode)

    def _place(self, pool: Pool, simulators: int) -> None:
        options = {**actor_options(pool.needs, simulators), "scheduling_strategy": "SPREAD"}
        sources = [source for source in self._sources if source.label not in self.served]
        link = ActorLink(self._connection, self, "evalsuite.runner.on_ray.node_driver", options, sources)
        self._asked_for += 1
        self._links[link] = NodeSeat(pool, simulators, self._asked_for)

    def _end(self, link: ActorLink) -> None:
        link.end()
        self._links.pop(link, None)

    def _link(self, seat: NodeSeat) -> ActorLink:
        return next(link for link, each in self._links.items() if each is seat)


def _log(link: ActorLink, seat: NodeSeat, name: str) -> str:
    """What the log `name` of a driver is called at the head: those of a driver are in a folder of their own."""
    host = re.sub(r"[^\w.-]", "-", link.host)
    return f"{seat.number}-{host}/{PurePosixPath(name).name}"
