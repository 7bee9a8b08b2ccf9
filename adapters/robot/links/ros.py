"""What every ROS robot has in common, whatever carries its messages."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from evalsuite.adapters.robot.link import STANDSTILL, Ability, Frame, LinkSettings, Odometry, RobotFault, Velocity
from evalsuite.adapters.robot.links import ros_messages
from evalsuite.adapters.robot.links.pictures import NewestPicture
from evalsuite.adapters.robot.links.ros_messages import Bool, CompressedImage, Float64, Header, Image, TwistStamped
from evalsuite.adapters.robot.links.ros_messages import Twist as TwistMessage
from evalsuite.adapters.robot.links.topics import ODOMETRY, Choice, Ends, choose, complete

_POLL = 0.02
_GRACE = 1.0
"""Seconds that odometry has to arrive after the first picture."""


class RosLink(ABC):
    """A `RobotLink`; a transport says how to look around, to listen, to publish and to leave.

    A TwistStamped goes out with an empty stamp: ros2_control's diff_drive_controller takes it for now, and a stamp of
    this machine's clock would be thrown away, or live too long, on a robot whose clock differs.
    """

    def __init__(self, settings: LinkSettings) -> None:
        self.settings = settings
        self._pictures = NewestPicture()
        self._choice: Choice | None = None
        self._odometry: Odometry | None = None
        self._stop = threading.Event()
        self._fault: RobotFault | None = None
        self._pitch = 0.0
        self._closed = False

    @abstractmethod
    def _library(self) -> str:
        """Name and version of the package that carries the messages."""

    @abstractmethod
    def _join(self, deadline: float) -> None:
        """Enter the network. Raises `RobotFault`."""

    @abstractmethod
    def _look_around(self) -> Ends:
        """What others publish and listen to, as known now."""

    @abstractmethod
    def _listen(self, topics: Mapping[str, str], ends: Ends) -> None:
        """Call `_take` with every message that comes on `topics` (ROS name -> ROS type), from now on."""

    @abstractmethod
    def _advertise(self, topics: Mapping[str, str]) -> None:
        """Get ready to publish on `topics` (ROS name -> ROS type), so that the first message arrives."""

    @abstractmethod
    def _publish(self, topic: str, message: Any) -> None:
        """Send one message; returns within 50 ms. Raises `RobotFault`."""

    @abstractmethod
    def _leave(self) -> None:
        """Close what `_join` opened."""

    @property
    def identity(self) -> Mapping[str, str]:
        found = {"transport": self.settings.kind, "library": self._library()}
        if self._choice is not None:
            if self.settings.image_topic is not None and self._choice.image is not None:
                found["images"] = f"{self.settings.image_topic} {self._choice.image}"
            found["commands"] = f"{self.settings.command_topic} {self._choice.command}"
            if self._odometry is not None:
                found["odometry"] = f"{self.settings.odometry_topic} {ODOMETRY}"
        return found

    @property
    def abilities(self) -> frozenset[Ability]:
        found: set[Ability] = set()
        if self.settings.sideways:
            found.add("sideways")
        if self.settings.pitch_topic is not None:
            found.add("camera pitch")
        if self.settings.beeper_topic is not None:
            found.add("beeper")
        if self._odometry is not None:
            found.add("odometry")
        return frozenset(found)

    def connect(self, timeout: float) -> None:
        began = time.monotonic()
        deadline = began + timeout
        self._join(deadline)
        ends = self._look_around()
        while not complete(self.settings, ends) and time.monotonic() < deadline:
            time.sleep(_POLL)
            ends = self._look_around()
        self._choice = choice = choose(self.settings, ends, time.monotonic() - began)
        topics: dict[str, str] = {}
        if self.settings.image_topic is not None and choice.image is not None:
            topics[self.settings.image_topic] = choice.image
        if self.settings.odometry_topic is not None:
            topics[self.settings.odometry_topic] = ODOMETRY
        if self.settings.stop_topic is not None:
            topics[self.settings.stop_topic] = Bool.NAME
        self._listen(topics, ends)
        self._advertise(self._outgoing(choice))
        if self.settings.image_topic is not None:
            self._first_picture(max(deadline, time.monotonic() + 1.0))
        self._first_odometry(time.monotonic() + _GRACE)

    def _outgoing(self, choice: Choice) -> dict[str, str]:
        found = {self.settings.command_topic: choice.command}
        if self.settings.pitch_topic is not None:
            found[self.settings.pitch_topic] = Float64.NAME
        if self.settings.beeper_topic is not None:
            found[self.settings.beeper_topic] = Bool.NAME
        return found

    def _first_picture(self, deadline: float) -> None:
        while self.newest_frame() is None:
            if time.monotonic() > deadline:
                raise RobotFault(
                    f"{self.settings.image_topic} is announced, but no picture arrives: is the camera running, and do "
                    "large messages get through the network (try the compressed topic)?"
                )
            time.sleep(_POLL)

    def _first_odometry(self, deadline: float) -> None:
        """Nobody has to publish any."""
        while self.settings.odometry_topic is not None and self._odometry is None and time.monotonic() < deadline:
            time.sleep(_POLL)

    def _take(self, topic: str, message: Any) -> None:
        """One message that has just arrived."""
        if isinstance(message, Image | CompressedImage):
            self._pictures.offer_message(message)
        elif isinstance(message, ros_messages.Odometry):
            self._odometry = message.place(time.monotonic())
        elif isinstance(message, Bool) and topic == self.settings.stop_topic and message.data:
            self._stop.set()

    def newest_frame(self) -> Frame | None:
        if self._fault is not None:
            raise self._fault
        return self._pictures.newest()

    def odometry(self) -> Odometry | None:
        return self._odometry

    def stop_requested(self) -> bool:
        requested = self._stop.is_set()
        self._stop.clear()
        return requested

    def send(self, velocity: Velocity) -> None:
        if self._choice is None:
            raise RobotFault("the robot is not connected: call connect first")
        twist = TwistMessage.of(velocity)
        stamped = self._choice.command == TwistStamped.NAME
        message = TwistStamped(Header(0, self.settings.command_frame), twist) if stamped else twist
        self._publish(self.settings.command_topic, message)

    def pitch_camera(self, degrees: float) -> None:
        if self.settings.pitch_topic is None:
            raise RobotFault("this robot's camera can't pitch: set link.pitch_topic if it can")
        self._pitch = max(-90.0, min(90.0, self._pitch + degrees))
        self._publish(self.settings.pitch_topic, Float64(math.radians(self._pitch)))

    def beep(self) -> None:
        if self.settings.beeper_topic is None:
            raise RobotFault("this robot has no beeper: set link.beeper_topic if it has one")
        self._publish(self.settings.beeper_topic, Bool(True))

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._choice is not None:
            with contextlib.suppress(RobotFault):
                self.send(STANDSTILL)
        self._leave()
