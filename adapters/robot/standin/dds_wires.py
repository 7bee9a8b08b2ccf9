"""The car's front door: pictures and odometry out over DDS, commands in, as a ROS 2 robot has them."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any

from cyclonedds.core import DDSException, InstanceState, ReadCondition, SampleState, ViewState, WaitSet
from cyclonedds.pub import DataWriter
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic
from cyclonedds.util import duration

from evalsuite.adapters.robot.link import LinkSettings
from evalsuite.adapters.robot.link import Odometry as Place
from evalsuite.adapters.robot.links.cdr import MalformedPayload
from evalsuite.adapters.robot.links.dds_domain import Network, configuration, newest_only
from evalsuite.adapters.robot.links.dds_types import DDS_TYPES
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
from evalsuite.adapters.robot.standin.broadcast import Shot, jpeg_of, pace
from evalsuite.adapters.robot.standin.simulation import Simulation

_ODOMETRY_RATE = 50.0
_WAKE = duration(milliseconds=100)
_AT_ONCE = 16


class DDSWires:
    """Publishes on `image_topic` and `odometry_topic`, obeys `command_topic`, `pitch_topic` and `beeper_topic`."""

    def __init__(self, settings: LinkSettings, simulation: Simulation) -> None:
        self._settings, self._simulation = settings, simulation
        network = Network(settings.domain, configuration(settings.interface, settings.address))
        self._participant = network.participant
        self._network = network
        image = CompressedImage.NAME if settings.image_type == "CompressedImage" else Image.NAME
        self._image_writer = self._writer(settings.image_topic, image)
        self._odometry_writer = self._writer(settings.odometry_topic, Odometry.NAME)
        self._stop_writer = self._writer(settings.stop_topic, Bool.NAME)
        command = TwistStamped.NAME if settings.command_type == "TwistStamped" else Twist.NAME
        self._readers: list[tuple[Any, Callable[[Any], None]]] = [
            (self._reader(topic, name), obey)
            for topic, name, obey in (
                (settings.command_topic, command, self._drive),
                (settings.pitch_topic, Float64.NAME, self._tilt),
                (settings.beeper_topic, Bool.NAME, self._beep),
            )
            if topic is not None
        ]

    def start(self) -> None:
        """Listen, and publish odometry, from threads of their own."""
        threading.Thread(target=self._listen, name="dds commands", daemon=True).start()
        if self._odometry_writer is not None:
            pace(1 / _ODOMETRY_RATE, self._publish_odometry)

    def press_stop(self) -> None:
        """Somebody presses the robot's own stop button: True on its stop topic."""
        if self._stop_writer is not None:
            self._stop_writer.write(DDS_TYPES[Bool.NAME](Bool(True)))

    def wanted(self) -> bool:
        return self._image_writer is not None and bool(self._image_writer.get_matched_subscriptions())

    def send(self, shot: Shot) -> None:
        header = Header(round(shot.stamp * 1e9), "camera")
        height, width, _ = shot.rgb.shape
        message: Image | CompressedImage
        if self._settings.image_type == "CompressedImage":
            message = CompressedImage(header, "jpeg", jpeg_of(shot))
        else:
            message = Image(header, height, width, "rgb8", 0, width * 3, shot.rgb.tobytes())
        try:
            self._image_writer.write(DDS_TYPES[message.NAME](message))
        except DDSException:
            # A reader that does not keep up: the picture is lost, as on any wire.
            return

    def _topic(self, name: str, message: str) -> Any:
        return Topic(self._participant, "rt" + name, DDS_TYPES[message])

    def _writer(self, name: str | None, message: str) -> Any:
        if name is None:
            return None
        return DataWriter(self._participant, self._topic(name, message), qos=newest_only(True))

    def _reader(self, name: str, message: str) -> Any:
        return DataReader(self._participant, self._topic(name, message), qos=newest_only(True))

    def _listen(self) -> None:
        waiting = WaitSet(self._participant)
        fresh = ViewState.Any | InstanceState.Any | SampleState.NotRead
        conditions = [ReadCondition(reader, fresh) for reader, _ in self._readers]
        for condition in conditions:
            waiting.attach(condition)
        while True:
            waiting.wait(_WAKE)
            for reader, obey in self._readers:
                try:
                    samples = reader.take(_AT_ONCE)
                except MalformedPayload:
                    continue
                for sample in samples:
                    message = getattr(sample, "message", None)
                    if message is not None:
                        obey(message)

    def _drive(self, message: Twist | TwistStamped) -> None:
        twist = message.twist if isinstance(message, TwistStamped) else message
        self._simulation.command(twist.velocity)

    def _tilt(self, message: Float64) -> None:
        if math.isfinite(message.data):
            self._simulation.tilt(math.degrees(message.data))

    def _beep(self, message: Bool) -> None:
        if message.data:
            self._simulation.beep()

    def _publish_odometry(self) -> None:
        if self._simulation.faults.odometry_off:
            return
        place, velocity = self._simulation.odometry
        stamp = time.time_ns() + int(self._simulation.faults.clock_skew * 1e9)
        odometry = Odometry.at(Place(place.x, place.y, place.yaw, 0.0), Twist.of(velocity), Header(stamp, "odom"))
        try:
            self._odometry_writer.write(DDS_TYPES[Odometry.NAME](odometry))
        except DDSException:
            # Nobody keeps up with it; the next one tells more.
            return
