"""A ROS 2 robot whose middleware is Zenoh (rmw_zenoh), or a Zenoh router in front of it.

For machines without a wheel of cyclonedds (aarch64 Linux) and for networks without multicast.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import zenoh

from evalsuite.adapters.robot.link import LinkSettings, RobotFault
from evalsuite.adapters.robot.links.cdr import MalformedPayload
from evalsuite.adapters.robot.links.dds_names import ros_name, type_name
from evalsuite.adapters.robot.links.ros import RosLink
from evalsuite.adapters.robot.links.ros_messages import MESSAGES
from evalsuite.adapters.robot.links.topics import Endpoint, Ends
from evalsuite.adapters.robot.links.zenoh_names import ALL_TOKENS, Token, attachment, data_key, read_token

_ASK = 0.5


class ZenohLink(RosLink):
    """See `RosLink`. `settings.address` is a router or a peer, such as tcp/robot.local:7447."""

    def __init__(self, settings: LinkSettings) -> None:
        super().__init__(settings)
        self._session: Any = None
        self._publishers: dict[str, Any] = {}
        self._subscribers: list[Any] = []
        self._tokens: tuple[Token, ...] = ()
        self._sent = 0
        self._identifier = os.urandom(16)

    def _library(self) -> str:
        return f"eclipse-zenoh {version('eclipse-zenoh')}"

    def _join(self, deadline: float) -> None:
        config = zenoh.Config()
        config.insert_json5("mode", '"peer"')
        if self.settings.address is not None:
            config.insert_json5("connect/endpoints", json.dumps([self.settings.address]))
            config.insert_json5("connect/timeout_ms", str(max(100, int(1000 * (deadline - time.monotonic())))))
            config.insert_json5("connect/exit_on_failure", "true")
            config.insert_json5("scouting/multicast/enabled", "false")
        try:
            self._session = zenoh.open(config)
        except zenoh.ZError as error:
            where = self.settings.address or "by multicast"
            raise RobotFault(
                f"Zenoh finds nobody at {where}: {str(error)[:120]}; is the router running (ros2 run rmw_zenoh_cpp "
                "rmw_zenohd), and is link.address its address, like tcp/robot.local:7447?"
            ) from error

    def _look_around(self) -> Ends:
        found = set(self._tokens)
        replies = self._session.liveliness().get(ALL_TOKENS.format(domain=self.settings.domain), timeout=_ASK)
        for reply in replies:
            token = read_token(str(reply.ok.key_expr)) if reply.ok is not None else None
            if token is not None:
                found.add(token)
        self._tokens = tuple(sorted(found, key=str))
        return Ends(self._ends("publication"), self._ends("subscription"))

    def _ends(self, kind: str) -> tuple[Endpoint, ...]:
        return tuple(Endpoint(token.topic, ros_name(token.type)) for token in self._tokens if token.kind == kind)

    def _listen(self, topics: Mapping[str, str], ends: Ends) -> None:
        for topic, name in topics.items():
            key = data_key(self.settings.domain, topic, type_name(name), "*")
            self._subscribers.append(self._session.declare_subscriber(key, self._taker(topic, name)))

    def _taker(self, topic: str, name: str) -> Any:
        message_class = MESSAGES[name]

        def take(sample: Any) -> None:
            try:
                self._take(topic, message_class.decode(sample.payload.to_bytes()))
            except MalformedPayload as error:
                self._fault = RobotFault(f"{topic} can't be read: {error}; does the robot use another version of it?")

        return take

    def _advertise(self, topics: Mapping[str, str]) -> None:
        for topic, name in topics.items():
            hashes = [
                token.hash
                for token in self._tokens
                if token.kind == "subscription" and token.topic == topic and token.type == type_name(name)
            ]
            if not hashes:
                raise RobotFault(f"nobody on the robot listens to {topic} as {name}: is its node running?")
            self._publishers[topic] = self._session.declare_publisher(
                data_key(self.settings.domain, topic, type_name(name), hashes[0]),
                congestion_control=zenoh.CongestionControl.DROP,
                express=True,
            )

    def _publish(self, topic: str, message: Any) -> None:
        publisher = self._publishers.get(topic)
        if publisher is None:
            raise RobotFault(f"{topic} is closed: connect again")
        self._sent += 1
        beside = attachment(self._sent, time.time_ns(), self._identifier)
        try:
            publisher.put(message.encode(), attachment=beside)
        except zenoh.ZError as error:
            raise RobotFault(f"{topic} can't be written: {error}; connect again") from error

    def _leave(self) -> None:
        self._publishers.clear()
        self._subscribers.clear()
        if self._session is not None:
            self._session.close()
