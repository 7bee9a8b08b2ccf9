"""The ROS messages that a drive needs, to and from CDR.

Fields and their order: common_interfaces of ROS 2 (sensor_msgs, geometry_msgs, nav_msgs, std_msgs), unchanged from
Foxy on. A picture's bytes are never copied on the way in and once on the way out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from typing_extensions import Self

from evalsuite.adapters.robot.link import Odometry as Place
from evalsuite.adapters.robot.link import Velocity
from evalsuite.adapters.robot.links.cdr import Reader, Writer
from evalsuite.crossview.geometry import wrap_degrees

Triple = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
_NO_COVARIANCE = (0.0,) * 36


class Message(Protocol):
    """A message with its ROS name, such as sensor_msgs/msg/Image."""

    NAME: ClassVar[str]

    def encode(self) -> bytes: ...

    @classmethod
    def decode(cls, payload: bytes | memoryview) -> Self: ...


@dataclass(frozen=True)
class Header:
    """When, on the sender's clock in nanoseconds, and in which frame."""

    nanoseconds: int = 0
    frame: str = ""

    @property
    def stamp(self) -> float | None:
        """Seconds; None where the sender left it empty."""
        return self.nanoseconds / 1e9 if self.nanoseconds else None

    def write(self, writer: Writer) -> None:
        seconds, rest = divmod(self.nanoseconds, 1_000_000_000)
        writer.numbers("i", seconds)
        writer.numbers("I", rest)
        writer.string(self.frame)

    @classmethod
    def read(cls, reader: Reader) -> Header:
        seconds, rest = reader.integer("i"), reader.integer("I")
        return cls(seconds * 1_000_000_000 + rest, reader.string())


@dataclass(frozen=True, eq=False)
class Image:
    NAME: ClassVar[str] = "sensor_msgs/msg/Image"

    header: Header
    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: bytes | memoryview

    def encode(self) -> bytes:
        writer = Writer()
        self.header.write(writer)
        writer.numbers("I", self.height, self.width)
        writer.string(self.encoding)
        writer.numbers("B", self.is_bigendian)
        writer.numbers("I", self.step)
        writer.octets(self.data)
        return writer.payload()

    @classmethod
    def decode(cls, payload: bytes | memoryview) -> Self:
        reader = Reader(payload)
        header = Header.read(reader)
        height, width = reader.integer("I"), reader.integer("I")
        encoding, big = reader.string(), reader.integer("B")
        return cls(header, height, width, encoding, big, reader.integer("I"), reader.octets())


@dataclass(frozen=True, eq=False)
class CompressedImage:
    NAME: ClassVar[str] = "sensor_msgs/msg/CompressedImage"

    header: Header
    format: str
    data: bytes | memoryview

    def encode(self) -> bytes:
        writer = Writer()
        self.header.write(writer)
        writer.string(self.format)
        writer.octets(self.data)
        return writer.payload()

    @classmethod
    def decode(cls, payload: bytes | memoryview) -> Self:
        reader = Reader(payload)
        return cls(Header.read(reader), reader.string(), reader.octets())


@dataclass(frozen=True)
class Twist:
    """Metres and radians per second; x ahead, y left, z up, turns counter-clockwise (REP 103)."""

    NAME: ClassVar[str] = "geometry_msgs/msg/Twist"

    linear: Triple = (0.0, 0.0, 0.0)
    angular: Triple = (0.0, 0.0, 0.0)

    @classmethod
    def of(cls, velocity: Velocity) -> Self:
        turn = -math.radians(velocity.turn)
        return cls((velocity.forward, -velocity.right, 0.0), (0.0, 0.0, turn))

    @property
    def velocity(self) -> Velocity:
        return Velocity(self.linear[0], -self.linear[1], -math.degrees(self.angular[2]))

    def write(self, writer: Writer) -> None:
        writer.numbers("d", *self.linear, *self.angular)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        x, y, z, roll, pitch, yaw = reader.numbers("d", 6)
        return cls((x, y, z), (roll, pitch, yaw))

    def encode(self) -> bytes:
        writer = Writer()
        self.write(writer)
        return writer.payload()

    @classmethod
    def decode(cls, payload: bytes | memoryview) -> Self:
        return cls.read(Reader(payload))


@dataclass(frozen=True)
class TwistStamped:
    NAME: ClassVar[str] = "geometry_msgs/msg/TwistStamped"

    header: Header
    twist: Twist

    def encode(self) -> bytes:
        writer = Writer()
        self.header.write(writer)
        self.twist.write(writer)
        return writer.payload()

    @classmethod
    def decode(cls, payload: bytes | memoryview) -> Self:
        reader = Reader(payload)
        return cls(Header.read(reader), Twist.read(reader))


@dataclass(frozen=True)
class Odometry:
    """Position in metres and orientation (x, y, z, w) in `header.frame`; twist in `child_frame`."""

    NAME: ClassVar[str] = "nav_msgs/msg/Odometry"

    header: Header
    child_frame: str
    position: Triple
    orientation: Quaternion
    twist: Twist = field(default_factory=Twist)

    @classmethod
    def at(cls, place: Place, twist: Twist, header: Header, child_frame: str = "base_link") -> Self:
        half = math.radians(90.0 - place.yaw) / 2
        return cls(header, child_frame, (place.x, place.y, 0.0), (0.0, 0.0, math.sin(half), math.cos(half)), twist)

    def place(self, received: float) -> Place:
        """Where that is in the suite's words: yaw clockwise from y."""
        return place_of(self.position[0], self.position[1], self.orientation, received)

    def encode(self) -> bytes:
        writer = Writer()
        self.header.write(writer)
        writer.string(self.child_frame)
        writer.numbers("d", *self.position, *self.orientation, *_NO_COVARIANCE)
        self.twist.write(writer)
        writer.numbers("d", *_NO_COVARIANCE)
        return writer.payload()

    @classmethod
    def decode(cls, payload: bytes | memoryview) -> Self:
        reader = Reader(payload)
        header, child = Header.read(reader), reader.string()
        x, y, z, i, j, k, w = reader.numbers("d", 7)
        reader.numbers("d", 36)
        twist = Twist.read(reader)
        reader.numbers("d", 36)
        return cls(header, child, (x, y, z), (i, j, k, w), twist)


def place_of(x: float, y: float, orientation: Quaternion, received: float) -> Place:
    """A ROS pose in the plane, with the yaw of its quaternion (x, y, z, w) turned clockwise from the y axis."""
    i, j, k, w = orientation
    heading = math.atan2(2 * (w * k + i * j), 1 - 2 * (j * j + k * k))
    return Place(x, y, wrap_degrees(90.0 - math.degrees(heading)), received)


@dataclass(frozen=True)
class Bool:
    NAME: ClassVar[str] = "std_msgs/msg/Bool"

    data: bool

    def encode(self) -> bytes:
        writer = Writer()
        writer.numbers("B", int(self.data))
        return writer.payload()

    @classmethod
    def decode(cls, payload: bytes | memoryview) -> Self:
        return cls(bool(Reader(payload).integer("B")))


@dataclass(frozen=True)
class Float64:
    NAME: ClassVar[str] = "std_msgs/msg/Float64"

    data: float

    def encode(self) -> bytes:
        writer = Writer()
        writer.numbers("d", self.data)
        return writer.payload()

    @classmethod
    def decode(cls, payload: bytes | memoryview) -> Self:
        return cls(Reader(payload).numbers("d")[0])


MESSAGES: dict[str, type[Any]] = {
    message.NAME: message for message in (Image, CompressedImage, Twist, TwistStamped, Odometry, Bool, Float64)
}
