"""Where DDS looks for others: a domain of Cyclone DDS, configured by this program when it is told where to look."""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakValueDictionary
from xml.sax.saxutils import quoteattr

from cyclonedds.builtin import BuiltinDataReader, BuiltinTopicDcpsPublication, BuiltinTopicDcpsSubscription
from cyclonedds.core import Policy, Qos
from cyclonedds.domain import Domain, DomainParticipant
from cyclonedds.util import duration

from evalsuite.adapters.robot.links.dds_names import ros_name
from evalsuite.adapters.robot.links.topics import Endpoint, Ends

LOOPBACK = "127.0.0.1"
_PARTICIPANTS = 32
_MOST = 10_000


def configuration(interface: str | None, peer: str | None) -> str | None:
    """Cyclone DDS's XML; None leaves everything to CYCLONEDDS_URI and the defaults, as for any ROS 2 program.

    A `peer`, or the loopback interface, means that multicast, by which participants find each other, may be missing.
    """
    if interface is None and peer is None:
        return None
    parts = []
    if interface is not None:
        key = "address" if interface[:1].isdigit() else "name"
        parts.append(f"<Interfaces><NetworkInterface {key}={quoteattr(interface)}/></Interfaces>")
    peers = [name for name in (peer, LOOPBACK if interface == LOOPBACK else None) if name is not None]
    if peers:
        parts.append("<AllowMulticast>false</AllowMulticast>")
    general = f"<General>{''.join(parts)}</General>"
    addresses = "".join(f"<Peer address={quoteattr(name)}/>" for name in dict.fromkeys(peers))
    discovery = (
        "<Discovery><ParticipantIndex>auto</ParticipantIndex>"
        f"<MaxAutoParticipantIndex>{_PARTICIPANTS}</MaxAutoParticipantIndex><Peers>{addresses}</Peers></Discovery>"
    )
    return f'<CycloneDDS><Domain id="any">{general}{discovery if peers else ""}</Domain></CycloneDDS>'


_domains: WeakValueDictionary[tuple[int, str], Any] = WeakValueDictionary()
_making = threading.Lock()


def _configured(domain: int, config: str) -> Any:
    """A process has one of each domain; all who configure it alike share it."""
    with _making:
        found = _domains.get((domain, config))
        if found is None:
            found = _domains[domain, config] = Domain(domain, config)
        return found


class Network:
    """Our participant in a domain, and what others have there. Raises `DDSException` when the domain can't be had."""

    def __init__(self, domain: int, config: str | None) -> None:
        # Domain and participant live for as long as their Python objects.
        self._domain = None if config is None else _configured(domain, config)
        self.participant = DomainParticipant(domain)
        self._publications = BuiltinDataReader(self.participant, BuiltinTopicDcpsPublication)
        self._subscriptions = BuiltinDataReader(self.participant, BuiltinTopicDcpsSubscription)

    def ends(self) -> Ends:
        """What others publish and listen to, as known now."""
        return Ends(self._others(self._publications), self._others(self._subscriptions))

    def _others(self, reader: BuiltinDataReader) -> tuple[Endpoint, ...]:
        ours = self.participant.guid
        found = []
        for end in reader.read(_MOST):
            # A peer that has left is reported as an end without a topic; ROS 2 puts its topics below rt/.
            topic = getattr(end, "topic_name", None)
            if topic is None or not topic.startswith("rt/") or end.participant_key == ours:
                continue
            reliability = end.qos[Policy.Reliability] if end.qos is not None else None
            reliable = isinstance(reliability, Policy.Reliability.Reliable)
            found.append(Endpoint(topic[2:], ros_name(end.type_name), reliable))
        return tuple(dict.fromkeys(found))


def newest_only(reliable: bool) -> Qos:
    """Only the newest sample counts; a writer waits 20 ms at most; plain CDR, as ROS 2 has it."""
    reliability = Policy.Reliability.Reliable(duration(milliseconds=20)) if reliable else Policy.Reliability.BestEffort
    return Qos(
        reliability,
        Policy.History.KeepLast(1),
        Policy.Durability.Volatile,
        Policy.DataRepresentation(use_cdrv0_representation=True),
    )
