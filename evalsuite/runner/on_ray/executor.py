"""Episodes on the nodes of a Ray cluster.

The head, which is this process, has the queue and the records: it hands out whole episodes and hears of whole
attempts, so that resuming, trying again and counting each once are the same as on one machine. Simulators and policies
meet on the nodes, in the drivers there (`evalsuite.runner.on_ray.node_driver`); no step crosses Ray.
"""

from __future__ import annotations

import secrets
import selectors
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from evalsuite.policies.references import PolicyReference
from evalsuite.runner.executor import Executor
from evalsuite.runner.on_ray.answers import Answers
from evalsuite.runner.on_ray.cluster import RayOptions, connected
from evalsuite.runner.on_ray.contact import Contact, contact_of
from evalsuite.runner.on_ray.link import Connection
from evalsuite.runner.on_ray.nodes import NodeSeat, RayNodes
from evalsuite.runner.on_ray.room import Pool, check_gpus, in_words, plan_pools
from evalsuite.runner.on_ray.waiting import WaitForRoom
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.plan import Episode
from evalsuite.runner.scratch import Scratch
from evalsuite.runner.status import Activity
from evalsuite.runner.wire import Message
from evalsuite.serving.access_token import VARIABLE, token_here

if TYPE_CHECKING:
    from evalsuite.runner.on_ray.served_policies import RayPolicies

TICK_SECONDS = 0.1

STOP_GRACE_SECONDS = 20.0
"""For the drivers at the nodes to end what they have started."""

LOST_GRACE_SECONDS = 8.0
"""The same, where they may not be reached any more."""

GATHERING_SECONDS = 10.0
"""That the first node waits for others to find a place; for those that have one it waits until they are set up, so that
what is wrong with one is told before anything is played."""


class RayExecutor(Executor):
    """Plays the episodes of a queue on a cluster.

    Args:
        scratch: where a cluster of the run's own lies.
        sources: the policies, by label.
        episodes: world -> how many there are to play.
        workers: how many simulators at once; None for as many as the cluster holds.
        policy_processes: how many of each policy an actor; None for one for each two of its simulators.
        recording: what a worker shall keep of an episode (see `evalsuite.runner.recording`).
    """

    def __init__(
        self,
        scratch: Scratch,
        sources: Sequence[PolicyReference],
        options: RayOptions,
        *,
        episodes: Mapping[str, int],
        workers: int | None,
        rehearse: bool,
        trust_checkpoint: bool,
        limits: RunLimits,
        policy_processes: int | None = None,
        recording: Callable[[Episode], Message | None] = lambda episode: None,
    ) -> None:
        super().__init__(selectors.DefaultSelector(), limits)
        self._scratch = scratch
        self._sources = sources
        self._options = options
        self._episodes = episodes
        self._workers = workers
        self._rehearse = rehearse
        self._trust_checkpoint = trust_checkpoint
        self._policy_processes = policy_processes
        self._recording = recording
        self._answers = Answers(self._selector)
        self._cluster = ExitStack()
        self._policies: RayPolicies | None = None
        self._unfilled = True
        self._waiting = WaitForRoom()
        self._contact = Contact({})
        self._pools: list[Pool] = []
        self._nodes: RayNodes | None = None

    def start(self) -> None:
        """Place the actors and wait until the policies are loaded at a node, or the person interrupts.

        Raises `UsageError` when there is no cluster, no node of it has room, or one lacks something.
        """
        if not self._episodes:
            return
        ray = self._cluster.enter_context(connected(self._options, self._scratch, self._workers))
        self._contact = contact_of(ray)
        connection = Connection(ray, self._answers, {VARIABLE: token} if (token := token_here()) else {})
        if self._options.policy_gpus:
            self._policies = self._serve(connection)
        self._nodes = nodes = RayNodes(
            connection,
            self._sources,
            self._limits,
            policy_processes=self._policy_processes,
            rehearse=self._rehearse,
            trust_checkpoint=self._trust_checkpoint,
            on_attempt=self._judged,
            on_returned=lambda episode: self._queue.put_back(episode),
            on_engine=lambda world, engine: self._on_engine(world, engine),
            on_log=self._keep_log,
        )
        self._pools = plan_pools(
            ray.nodes(),
            self._episodes,
            workers=self._workers,
            per_actor=self._options.per_actor,
            rehearse=self._rehearse,
        )
        since = 0.0
        while not self.interrupted:
            self._turn()
            self._waiting.note(self._without_room())
            since = since or (time.monotonic() if any(seat.ready for seat in nodes.seats) else 0.0)
            late = time.monotonic() - since > GATHERING_SECONDS
            if since and (all(seat.ready for seat in nodes.seats) or (late and not nodes.setting_up)):
                return

    @property
    def workers(self) -> int:
        """How many simulators have a place by now."""
        return self._nodes.workers if self._nodes is not None else 0

    @property
    def queued_seconds(self) -> float:
        """That workers have waited, all together, for policies that were answering others."""
        return self._nodes.queued_seconds if self._nodes is not None else 0.0

    def activities(self) -> Sequence[Activity]:
        """What each worker does, as the nodes told last; and what waits there."""
        return self._nodes.activities() if self._nodes is not None else []

    def steps_in_progress(self) -> int:
        """Steps made in the attempts that are going on, as the nodes told last."""
        return sum(each.steps for each in self.activities() if each.episode is not None)

    def close(self) -> None:
        """End every process; those in the middle of an episode are interrupted."""
        with self._cluster:
            if self._nodes is not None:
                self._nodes.begin_to_close()
                if self._policies is not None:
                    self._policies.close()
                deadline = time.monotonic() + (LOST_GRACE_SECONDS if self._contact.lost else STOP_GRACE_SECONDS)
                while self._nodes.seats and time.monotonic() < deadline:
                    self._listen()
                self._nodes.close()
            elif self._policies is not None:
                self._policies.close()
        self._answers.close()
        self._selector.close()

    @property
    def _playing(self) -> bool:
        return self._nodes is not None and self._nodes.playing

    def _turn(self) -> None:
        self._listen()
        self._contact.watch()
        if self._policies is not None:
            self._policies.watch()
        if self._nodes is not None:
            self._nodes.watch()
            if self._unfilled and (self._policies is None or self._policies.ready):
                self._unfilled = False
                self._nodes.served = dict(self._policies.references) if self._policies is not None else {}
                for pool in self._pools:
                    self._nodes.fill(pool)

    def _listen(self) -> None:
        for key, _ in self._selector.select(TICK_SECONDS):
            key.data()

    def _serve(self, connection: Connection) -> RayPolicies:
        """Have the policies served, all but those that are elsewhere already or beside their simulators."""
        from evalsuite.runner.on_ray.served_policies import RayPolicies

        check_gpus(connection.ray.nodes(), self._options.policy_gpus)
        connection.environment.setdefault(VARIABLE, secrets.token_hex(32))
        return RayPolicies(
            connection,
            [source for source in self._sources if not (source.beside_simulator or source.kind == "served")],
            self._limits,
            gpus=self._options.policy_gpus,
            trust_checkpoint=self._trust_checkpoint,
            on_lost=self._stop_nodes,
        )

    def _stop_nodes(self, reason: str) -> None:
        """What was begun with a policy that is lost is void; the nodes begin anew when it is there again."""
        self._unfilled = True
        if self._nodes is not None:
            self._nodes.stop(reason)

    def _hand_out(self) -> None:
        """Give to whoever has least to do; beyond what it plays at once, only while there is plenty for all."""
        if self._nodes is None or not len(self._queue):
            return
        self._waiting.note(self._without_room())
        if self._unfilled:
            return
        seats = [seat for seat in self._nodes.seats if seat.ready and not seat.closed]
        places = sum(seat.simulators for seat in seats)
        handed: dict[NodeSeat, list[Episode]] = {seat: [] for seat in seats}
        while len(self._queue) and seats:
            seat = min(seats, key=lambda each: (len(each.held) + len(handed[each])) / each.simulators)
            spare = len(self._queue) > places
            episode = None
            if len(seat.held) + len(handed[seat]) < seat.simulators + spare:
                episode = self._next(seat)
            if episode is None:
                seats.remove(seat)
            else:
                handed[seat].append(episode)
        for seat, episodes in handed.items():
            if episodes:
                self._nodes.hand(seat, [(each, self._kept(each)) for each in episodes])
        if len(self._pools) > 1:
            self._make_room(self._nodes)

    def _next(self, seat: NodeSeat) -> Episode | None:
        return self._queue.take(seat.world, None if len(self._pools) == 1 else seat.pool.worlds)

    def _make_room(self, nodes: RayNodes) -> None:
        """Worlds of which nothing waits give their places up to those that need others."""
        waiting = set(self._queue.waiting())
        for seat in nodes.seats:
            if seat.ready and not (seat.closed or seat.held or waiting.intersection(seat.pool.worlds)):
                nodes.release(seat)
        for pool in self._pools:
            if waiting.intersection(pool.worlds) and not any(
                each.pool is pool and not each.closed for each in nodes.seats
            ):
                nodes.fill(pool)

    def _kept(self, episode: Episode) -> Message | None:
        """A film can't be made at a node, for it would stay there; actions come back, and the head films them."""
        asked = self._recording(episode)
        return asked if asked is None or asked["kind"] == "unfilmed" else {"kind": "actions"}

    def _keep_log(self, name: str, content: bytes) -> None:
        if self._scratch.logs is not None:
            with suppress(OSError):
                self._scratch.logs.add(name, content)

    def _without_room(self) -> str:
        """What has no place in the whole cluster; empty when something has, or when nothing was asked for yet."""
        if self._policies is not None and self._unfilled:
            return "" if self._policies.placed else f"a policy (GPU {self._options.policy_gpus:g})"
        if self._nodes is None or self._unfilled or self._nodes.placed:
            return ""
        return f"a simulator ({in_words(self._pools[0].needs)})"
