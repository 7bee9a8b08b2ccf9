"""The head's end of an actor: placed, sent what its node lacks, set up, and heard until it is gone."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

from evalsuite import __version__
from evalsuite.policies.references import PolicyReference
from evalsuite.runner.environment_variables import ONE_THREAD
from evalsuite.runner.on_ray.actor import NodeActor
from evalsuite.runner.on_ray.answers import Answers
from evalsuite.runner.on_ray.checkpoints import checkpoint_of, read_to_ship, relocated
from evalsuite.runner.on_ray.cluster import first_line
from evalsuite.runner.wire import Message

RECEIVE_SECONDS = 5.0
"""How long a call waits at a node for something to tell."""


@dataclass
class Connection:
    """What all links of a run share.

    Args:
        ray: the module, connected.
        environment: of the processes at the nodes, besides the nodes' own.
    """

    ray: Any
    answers: Answers
    environment: dict[str, str] = field(default_factory=dict)
    _stored: dict[str, list[tuple[str, Any]]] = field(default_factory=dict, init=False)

    def stored(self, source: PolicyReference) -> list[tuple[str, Any]]:
        """The files of `source`, each with its name at a node and Ray's reference to its bytes; put there once."""
        checkpoint = checkpoint_of(source)
        if source.label not in self._stored and checkpoint is not None:
            files = read_to_ship(source, checkpoint)
            self._stored[source.label] = [(name, self.ray.put(content)) for name, content in files.items()]
        return self._stored[source.label]


class LinkOwner(Protocol):
    """Who decides what an actor is told and what follows from what it tells; called in the loop of the head."""

    def unwelcome(self, link: ActorLink) -> str:
        """Why the actor is not to be used, now that it is known where it was placed; empty if it is."""

    def set_up(self, link: ActorLink, references: Mapping[str, str]) -> Message:
        """What the process at the node has to know; `references` are those of policies that are called other there."""

    def heard(self, link: ActorLink, message: Message) -> None:
        """The process at the node has told something."""

    def refused(self, link: ActorLink, reason: str) -> None:
        """The node lacks something."""

    def lost(self, link: ActorLink, reason: str) -> None:
        """The actor is gone, or is not to be trusted any more."""


class ActorLink:
    """One actor and the process beside it.

    Args:
        module: that is run beside the actor.
        options: for Ray, about placing it.
        sources: policies that it needs, if not their checkpoints.
    """

    def __init__(
        self,
        connection: Connection,
        owner: LinkOwner,
        module: str,
        options: Mapping[str, Any],
        sources: Sequence[PolicyReference],
    ) -> None:
        self._connection = connection
        self._owner = owner
        self._sources = {source.label: source for source in sources}
        self.node = self.host = self.address = ""
        self.alive_at = 0.0
        self.ended = False
        remote = connection.ray.remote(NodeActor).options(**options, max_concurrency=3, max_restarts=0)
        environment = {name: os.environ.get(name, value) for name, value in ONE_THREAD.items()} | connection.environment
        self._actor = remote.remote(module, os.getcwd(), environment)
        paths = {label: each.path for label, source in self._sources.items() if (each := checkpoint_of(source))}
        self._call("hello", paths, then=self._welcome)

    @property
    def placed(self) -> bool:
        return bool(self.node)

    @property
    def name(self) -> str:
        """For a person."""
        return f"{self.host} ({self.node[:8]})" if self.placed else "that was not reached"

    def send(self, message: Message) -> None:
        """Hand `message` to the process at the node."""
        self._call("send", message)

    def end(self) -> None:
        """Kill the actor; whatever it may still have told is not listened to."""
        if not self.ended:
            self.ended = True
            self._connection.ray.kill(self._actor, no_restart=True)

    def _call(self, method: str, *arguments: Any, then: Callable[[Any], None] = lambda answer: None) -> None:
        def answered(answer: Future[Any]) -> None:
            if self.ended:
                return
            error = answer.exception()
            if error is None:
                then(answer.result())
            else:
                self._owner.lost(self, first_line(error))

        self._connection.answers.expect(getattr(self._actor, method).remote(*arguments), answered)

    def _welcome(self, answer: Message) -> None:
        self.node, self.host, self.address = answer["node"], answer["host"], answer["address"]
        self.alive_at = time.monotonic()
        if "fault" in answer:
            self._owner.lost(self, answer["fault"])
        elif answer["evalsuite"] != __version__:
            reason = f"it has evalsuite {answer['evalsuite']}, and the head {__version__}: install the same"
            self._owner.refused(self, reason)
        elif reason := self._owner.unwelcome(self):
            self._owner.lost(self, reason)
        else:
            self._ship(answer["lacks"], {})

    def _ship(self, labels: Sequence[str], references: dict[str, str]) -> None:
        """Send the checkpoints of `labels`, one file after the other; then the process is set up.

        Args:
            references: label -> what the policy is called at the node, of those sent before.
        """
        if not labels:
            self.send(self._owner.set_up(self, references))
            self._receive()
            return
        source = self._sources[labels[0]]
        checkpoint = checkpoint_of(source)
        assert checkpoint is not None
        left = deque(self._connection.stored(source))

        def stored(path: str) -> None:
            references[source.label] = relocated(source, checkpoint, path)
            if left:
                send_next()
            else:
                self._ship(labels[1:], references)

        def send_next() -> None:
            self.alive_at = time.monotonic()
            name, content = left.popleft()
            self._call("store", name, content, then=stored)

        send_next()

    def _receive(self) -> None:
        def take(messages: Sequence[Message]) -> None:
            for message in messages:
                if not self.ended:
                    self.alive_at = time.monotonic()
                    self._owner.heard(self, message)
            if not self.ended:
                self._receive()

        self._call("receive", RECEIVE_SECONDS, then=take)
