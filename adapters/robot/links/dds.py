"""A ROS 2 robot over DDS, with Eclipse Cyclone DDS's Python package and no ROS installed here."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from cyclonedds.core import DDSException, InstanceState, ReadCondition, SampleState, ViewState, WaitSet
from cyclonedds.pub import DataWriter
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic
from cyclonedds.util import duration

from evalsuite.adapters.robot.link import LinkSettings, RobotFault
from evalsuite.adapters.robot.links.cdr import MalformedPayload
from evalsuite.adapters.robot.links.dds_domain import Network, configuration, newest_only
from evalsuite.adapters.robot.links.dds_types import DDS_TYPES
from evalsuite.adapters.robot.links.ros import RosLink
from evalsuite.adapters.robot.links.topics import Ends

_WAKE = duration(milliseconds=100)
_AT_ONCE = 16


class DDSLink(RosLink):
    """See `RosLink`. Pictures are asked for as reliably as they are offered: the fragments of a raw picture are more
    than a default socket buffer holds, and a best-effort reader on a busy machine loses whole pictures by it."""

    def __init__(self, settings: LinkSettings) -> None:
        super().__init__(settings)
        self._network: Network | None = None
        self._writers: dict[str, Any] = {}
        self._thread: threading.Thread | None = None
        self._leaving = threading.Event()

    def _library(self) -> str:
        return f"cyclonedds {version('cyclonedds')}"

    def _join(self, deadline: float) -> None:
        config = configuration(self.settings.interface, self.settings.address)
        try:
            self._network = Network(self.settings.domain, config)
        except DDSException as error:
            where = f"domain {self.settings.domain} on {self.settings.interface or 'the default interface'}"
            raise RobotFault(
                f"DDS can't be opened, {where}: {error}; look at link.interface, link.address and CYCLONEDDS_URI"
            ) from error

    def _look_around(self) -> Ends:
        assert self._network is not None
        return self._network.ends()

    def _listen(self, topics: Mapping[str, str], ends: Ends) -> None:
        assert self._network is not None
        participant = self._network.participant
        readers = []
        for topic, name in topics.items():
            offers = [end.reliable for end in ends.publications if end.topic == topic and end.type == name]
            # A stop may be published by somebody who turns up later, in either way; it is never lost where it can't be.
            both = topic == self.settings.stop_topic
            subject = Topic(participant, "rt" + topic, DDS_TYPES[name])
            for reliable in (True, False) if both else (bool(offers) and all(offers),):
                readers.append((topic, DataReader(participant, subject, qos=newest_only(reliable))))
        self._thread = threading.Thread(target=self._receive, args=(readers,), name="dds receive", daemon=True)
        self._thread.start()

    def _receive(self, readers: list[tuple[str, Any]]) -> None:
        assert self._network is not None
        waiting = WaitSet(self._network.participant)
        fresh = ViewState.Any | InstanceState.Any | SampleState.NotRead
        conditions = [ReadCondition(reader, fresh) for _, reader in readers]
        for condition in conditions:
            waiting.attach(condition)
        try:
            while not self._leaving.is_set():
                waiting.wait(_WAKE)
                for topic, reader in readers:
                    self._drain(topic, reader)
        except DDSException as error:
            self._fault = RobotFault(f"DDS stopped delivering: {error}; connect again")
        finally:
            for condition in conditions:
                waiting.detach(condition)

    def _drain(self, topic: str, reader: Any) -> None:
        try:
            samples = reader.take(_AT_ONCE)
        except MalformedPayload as error:
            self._fault = RobotFault(f"{topic} can't be read: {error}; does the robot use another message version?")
            return
        for sample in samples:
            # A peer that leaves is told by a sample without a message.
            message = getattr(sample, "message", None)
            if message is not None:
                self._take(topic, message)

    def _advertise(self, topics: Mapping[str, str]) -> None:
        assert self._network is not None
        participant = self._network.participant
        for topic, name in topics.items():
            subject = Topic(participant, "rt" + topic, DDS_TYPES[name])
            self._writers[topic] = DataWriter(participant, subject, qos=newest_only(True))

    def _publish(self, topic: str, message: Any) -> None:
        writer = self._writers.get(topic)
        if writer is None:
            raise RobotFault(f"{topic} is closed: connect again")
        try:
            writer.write(DDS_TYPES[message.NAME](message))
        except DDSException as error:
            raise RobotFault(f"{topic} can't be written: {error}; connect again") from error

    def _leave(self) -> None:
        self._leaving.set()
        if self._thread is not None:
            self._thread.join(2.0)
        self._writers.clear()
        self._network = None
