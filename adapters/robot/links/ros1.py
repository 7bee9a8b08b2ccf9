"""A ROS 1 robot, with the system's rospy (Debian: ros-core, python3-rospy): `source setup.bash` first, or Debian's."""

from __future__ import annotations

import os
import socket
import time
import xmlrpc.client
from collections.abc import Mapping
from importlib import import_module
from typing import Any
from urllib.parse import urlparse

import rospy

from evalsuite.adapters.robot.link import LinkSettings, RobotFault
from evalsuite.adapters.robot.links.ros import RosLink
from evalsuite.adapters.robot.links.ros_messages import (
    Bool,
    CompressedImage,
    Float64,
    Header,
    Image,
    Odometry,
    Twist,
    TwistStamped,
)
from evalsuite.adapters.robot.links.topics import Endpoint, Ends

_DEFAULT = "http://localhost:11311"
_NODE = "evalsuite"
_ASK = 2.0
_BUFFER = 1 << 24
"""Bytes: a receive buffer below one picture makes rospy fall behind for ever."""


class ROS1Link(RosLink):
    """See `RosLink`. `settings.address` is the master's, such as http://robot.local:11311."""

    def __init__(self, settings: LinkSettings) -> None:
        super().__init__(settings)
        self._master = settings.address or os.environ.get("ROS_MASTER_URI", _DEFAULT)
        self._publishers: dict[str, Any] = {}
        self._subscribers: list[Any] = []

    def _library(self) -> str:
        return "rospy of the system"

    def _join(self, deadline: float) -> None:
        # rospy would try for ever.
        place = urlparse(self._master)
        try:
            socket.create_connection((place.hostname or "", place.port or 11311), deadline - time.monotonic()).close()
        except OSError as error:
            raise RobotFault(
                f"no ROS 1 master answers at {self._master}: start roscore, and set link.address or ROS_MASTER_URI"
            ) from error
        os.environ["ROS_MASTER_URI"] = self._master
        if not rospy.core.is_initialized():
            rospy.init_node(_NODE, anonymous=True, disable_signals=True, disable_rostime=True)

    def _look_around(self) -> Ends:
        before = socket.getdefaulttimeout()
        socket.setdefaulttimeout(_ASK)
        try:
            master = xmlrpc.client.ServerProxy(self._master)
            _, _, (publications, subscriptions, _) = _answer(master.getSystemState(f"/{_NODE}"))
            _, _, types = _answer(master.getTopicTypes(f"/{_NODE}"))
        except (OSError, xmlrpc.client.Error) as error:
            raise RobotFault(f"the ROS 1 master at {self._master} does not answer: {error}; is it alive?") from error
        finally:
            socket.setdefaulttimeout(before)
        names = {topic: name.replace("/", "/msg/") for topic, name in types}
        return Ends(
            tuple(Endpoint(topic, names.get(topic, "")) for topic, _ in publications),
            tuple(Endpoint(topic, names.get(topic, "")) for topic, _ in subscriptions),
        )

    def _listen(self, topics: Mapping[str, str], ends: Ends) -> None:
        for topic, name in topics.items():
            take = self._taker(topic, name)
            subscriber = rospy.Subscriber(
                topic, _message_class(name), take, queue_size=1, buff_size=_BUFFER, tcp_nodelay=True
            )
            self._subscribers.append(subscriber)

    def _taker(self, topic: str, name: str) -> Any:
        return lambda given: self._take(topic, _ours(name, given))

    def _advertise(self, topics: Mapping[str, str]) -> None:
        for topic, name in topics.items():
            self._publishers[topic] = rospy.Publisher(topic, _message_class(name), queue_size=1, tcp_nodelay=True)

    def _publish(self, topic: str, message: Any) -> None:
        publisher = self._publishers.get(topic)
        if publisher is None:
            raise RobotFault(f"{topic} is closed: connect again")
        try:
            publisher.publish(_theirs(message))
        except rospy.ROSException as error:
            raise RobotFault(f"{topic} can't be written: {error}; connect again") from error

    def _leave(self) -> None:
        """The node stays: rospy can't start a second one in one process."""
        for end in (*self._subscribers, *self._publishers.values()):
            end.unregister()
        self._subscribers.clear()
        self._publishers.clear()


def _answer(given: Any) -> tuple[Any, Any, Any]:
    code, said, value = given
    return code, said, value


def _message_class(name: str) -> Any:
    package, _, message = name.split("/")
    return getattr(import_module(f"{package}.msg"), message)


def _header(given: Any) -> Header:
    return Header(given.stamp.secs * 1_000_000_000 + given.stamp.nsecs, given.frame_id)


def _ours(name: str, given: Any) -> Any:
    """A message of rospy's as one of ours."""
    if name == Image.NAME:
        return Image(
            _header(given.header),
            given.height,
            given.width,
            given.encoding,
            given.is_bigendian,
            given.step,
            bytes(given.data),
        )
    if name == CompressedImage.NAME:
        return CompressedImage(_header(given.header), given.format, bytes(given.data))
    if name == Odometry.NAME:
        pose, twist = given.pose.pose, given.twist.twist
        place, turned = pose.position, pose.orientation
        return Odometry(
            _header(given.header),
            given.child_frame_id,
            (place.x, place.y, place.z),
            (turned.x, turned.y, turned.z, turned.w),
            Twist(
                (twist.linear.x, twist.linear.y, twist.linear.z),
                (twist.angular.x, twist.angular.y, twist.angular.z),
            ),
        )
    return Bool(bool(given.data))


def _theirs(message: Any) -> Any:
    """A message of ours as one of rospy's."""
    made = _message_class(message.NAME)()
    if isinstance(message, TwistStamped):
        made.header.frame_id = message.header.frame
        _fill(made.twist, message.twist)
    elif isinstance(message, Twist):
        _fill(made, message)
    elif isinstance(message, Bool | Float64):
        made.data = message.data
    return made


def _fill(made: Any, twist: Twist) -> None:
    made.linear.x, made.linear.y, made.linear.z = twist.linear
    made.angular.x, made.angular.y, made.angular.z = twist.angular
