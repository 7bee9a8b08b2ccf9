"""A ROS 1 or ROS 2 robot behind a rosbridge server, with roslibpy.

Pictures should be compressed: a raw VGA picture is 1.2 MB of JSON, and comes three quarters of a second late.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import roslibpy
from roslibpy.core import RosTimeoutError

from evalsuite.adapters.robot.link import LinkSettings, RobotFault
from evalsuite.adapters.robot.links.cdr import MalformedPayload
from evalsuite.adapters.robot.links.ros import RosLink
from evalsuite.adapters.robot.links.ros_json import from_json, to_json
from evalsuite.adapters.robot.links.ros_messages import Image
from evalsuite.adapters.robot.links.topics import Endpoint, Ends

_DEFAULT = "ws://localhost:9090"
_ASK = 1.0


class RosbridgeLink(RosLink):
    """See `RosLink`. `settings.address` is the server's, such as ws://robot.local:9090."""

    def __init__(self, settings: LinkSettings) -> None:
        super().__init__(settings)
        self._ros: Any = None
        self._outgoing_topics: dict[str, Any] = {}
        self._incoming_topics: list[Any] = []

    def _library(self) -> str:
        return f"roslibpy {version('roslibpy')}"

    def _join(self, deadline: float) -> None:
        address = self.settings.address or _DEFAULT
        self._ros = roslibpy.Ros(address)
        try:
            self._ros.run(timeout=max(0.1, deadline - time.monotonic()))
        except RosTimeoutError as error:
            raise RobotFault(
                f"no rosbridge server answers at {address}: start it on the robot (ros2 launch rosbridge_server "
                "rosbridge_websocket_launch.xml) and set link.address"
            ) from error

    def _look_around(self) -> Ends:
        """rosapi tells topics and types, and not who is at which end."""
        service = roslibpy.Service(self._ros, "/rosapi/topics", "rosapi/Topics")
        try:
            answer = service.call(roslibpy.ServiceRequest(), timeout=_ASK)
        except (roslibpy.core.ServiceException, RosTimeoutError, TimeoutError) as error:
            return self._as_told(error)
        ends = tuple(
            Endpoint(topic, _two_slashes(name)) for topic, name in zip(answer["topics"], answer["types"], strict=True)
        )
        self._refuse_raw(ends)
        return Ends(ends, ends)

    def _as_told(self, error: Exception) -> Ends:
        """Without rosapi everything has to be in robot.yaml."""
        settings = self.settings
        if "auto" in (settings.image_type, settings.command_type):
            raise RobotFault(
                "the robot's rosapi node does not answer, so that its topics are unknown: start it beside rosbridge, "
                "or set link.image_type and link.command_type"
            ) from error
        image = Endpoint(settings.image_topic or "", f"sensor_msgs/msg/{settings.image_type}")
        command = Endpoint(settings.command_topic, f"geometry_msgs/msg/{settings.command_type}")
        return Ends((image,), (command,))

    def _refuse_raw(self, ends: tuple[Endpoint, ...]) -> None:
        raw = [end for end in ends if end.topic == self.settings.image_topic and end.type == Image.NAME]
        if raw and self.settings.image_type == "auto":
            raise RobotFault(
                f"{self.settings.image_topic} is raw, which is too slow for rosbridge: set link.image_topic to its "
                "compressed one (often .../compressed), or link.image_type: Image to have it all the same"
            )

    def _listen(self, topics: Mapping[str, str], ends: Ends) -> None:
        for topic, name in topics.items():
            incoming = roslibpy.Topic(self._ros, topic, name, queue_length=1)
            incoming.subscribe(self._taker(topic, name))
            self._incoming_topics.append(incoming)

    def _taker(self, topic: str, name: str) -> Any:
        def take(fields: Mapping[str, Any]) -> None:
            try:
                self._take(topic, from_json(name, fields))
            except MalformedPayload as error:
                self._fault = RobotFault(f"{topic} can't be read: {error}; does the robot use another version of it?")

        return take

    def _advertise(self, topics: Mapping[str, str]) -> None:
        for topic, name in topics.items():
            outgoing = roslibpy.Topic(self._ros, topic, name, queue_size=1)
            outgoing.advertise()
            self._outgoing_topics[topic] = outgoing

    def _publish(self, topic: str, message: Any) -> None:
        outgoing = self._outgoing_topics.get(topic)
        if outgoing is None or not self._ros.is_connected:
            raise RobotFault("the rosbridge server hung up: look after the robot, then connect again")
        outgoing.publish(roslibpy.Message(to_json(message)))

    def _leave(self) -> None:
        """The event loop of roslibpy stays: it can't be started twice in one process."""
        self._outgoing_topics.clear()
        if self._ros is not None and self._ros.is_connected:
            self._ros.close()


def _two_slashes(name: str) -> str:
    """ROS 1 writes sensor_msgs/Image for sensor_msgs/msg/Image."""
    package, _, rest = name.partition("/")
    return name if rest.startswith("msg/") else f"{package}/msg/{rest}"
