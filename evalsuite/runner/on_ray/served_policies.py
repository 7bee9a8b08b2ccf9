"""Policies that are served from nodes of a cluster, one actor each, as where the simulators are there is no GPU."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evalsuite.errors import PolicyRefused, UsageError
from evalsuite.policies.references import PolicyReference
from evalsuite.runner.on_ray.link import ActorLink, Connection
from evalsuite.runner.on_ray.nodes import SILENCE_SECONDS
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.wire import Message
from evalsuite.serving.access_token import VARIABLE


@dataclass
class ServedPolicy:
    """A policy's place; `url` is empty until it is served."""

    source: PolicyReference
    since: float = 0.0
    url: str = ""


class RayPolicies:
    """The policies of one run that are served.

    Args:
        gpus: of a node, for each policy; a part of one may be shared.
        on_lost: called with the reason when a policy has to begin anew, and has another reference from then on.
    """

    def __init__(
        self,
        connection: Connection,
        sources: Sequence[PolicyReference],
        limits: RunLimits,
        *,
        gpus: float,
        trust_checkpoint: bool,
        on_lost: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._limits = limits
        self._gpus = gpus
        self._trust_checkpoint = trust_checkpoint
        self._on_lost = on_lost
        self._losses = 0
        self._links: dict[ActorLink, ServedPolicy] = {}
        self.references: dict[str, str] = {}
        """Label -> the reference that reaches it; those of policies that are served by now."""
        for source in sources:
            self._place(source)

    @property
    def ready(self) -> bool:
        return len(self.references) == len(self._links)

    @property
    def placed(self) -> bool:
        """Whether there is a node for each of them."""
        return all(link.placed for link in self._links)

    def watch(self) -> None:
        """Look who has gone silent, or is not served in time."""
        for link, policy in list(self._links.items()):
            now = time.monotonic()
            if link.placed and now - link.alive_at > SILENCE_SECONDS:
                self.lost(link, f"no sign of life for {SILENCE_SECONDS:g} s")
            elif policy.since and not policy.url and now - policy.since > self._limits.load:
                reason = f"the policy {policy.source.label!r} was not loaded within {self._limits.load:g} s"
                raise PolicyRefused(f"node {link.name}: {reason}")

    def close(self) -> None:
        for link in list(self._links):
            link.end()
        self._links.clear()

    def unwelcome(self, link: ActorLink) -> str:
        return ""

    def set_up(self, link: ActorLink, references: Mapping[str, str]) -> Message:
        policy = self._links[link]
        source, policy.since = policy.source, time.monotonic()
        return {
            "type": "set up",
            "policy": {
                "label": source.label,
                "reference": references.get(source.label, source.reference),
                "sha256": source.sha256,
            },
            "host": link.address,
            "token": self._connection.environment[VARIABLE],
            "trust_checkpoint": self._trust_checkpoint,
        }

    def heard(self, link: ActorLink, message: Message) -> None:
        if message["type"] == "ready":
            policy = self._links[link]
            policy.url = self.references[policy.source.label] = message["url"]
        elif message["type"] == "refused":
            raise PolicyRefused(f"node {link.name}: {message['reason']}")
        elif message["type"] == "gone":
            self.lost(link, message["reason"])

    def refused(self, link: ActorLink, reason: str) -> None:
        raise UsageError(f"node {link.name}: {reason}")

    def lost(self, link: ActorLink, reason: str) -> None:
        """Begin anew elsewhere, as often as a policy's process may be lost."""
        policy = self._links.pop(link)
        link.end()
        self.references.pop(policy.source.label, None)
        self._losses += 1
        reason = f"the policy {policy.source.label!r} was lost with node {link.name}: {reason}"
        if self._losses >= self._limits.losses_in_a_row:
            raise UsageError(f"{reason}; that was the last of {self._losses} times")
        self._place(policy.source)
        self._on_lost(reason)

    def _place(self, source: PolicyReference) -> None:
        options = {"num_cpus": 0, "num_gpus": self._gpus}
        link = ActorLink(self._connection, self, "evalsuite.runner.on_ray.policy_server", options, [source])
        self._links[link] = ServedPolicy(source)
