"""The door to a robot: pictures in, velocities out, over whatever middleware it speaks.

Every time is `time.monotonic()` of this machine, in seconds, unless it is named otherwise; a sender's clock is never
used to tell how old something is. Metres; degrees clockwise-positive, as in the rest of the suite. A link decides
nothing: limits, watchdogs and the emergency stop are `commands.CommandThread`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from evalsuite.errors import SimulatorFault, UsageError

if TYPE_CHECKING:
    from evalsuite.adapters.robot.cameras import Camera

Ability = Literal["sideways", "camera pitch", "beeper", "odometry"]


class RobotFault(SimulatorFault):
    """The robot, or the way to it, failed; the message ends with what to do about it."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture.

    Args:
        image: uint8 (height, width, 3) RGB; nobody writes into it.
        received: when it arrived here.
        stamp: the sender's clock in seconds, for repeats and jitter only.
        sequence: ours, one more for every new picture; a picture sent again makes no new frame.
        changed: when its pixels were first seen; earlier than `received` when a sender stamps one picture anew.
    """

    image: NDArray[np.uint8]
    received: float
    stamp: float | None
    sequence: int
    changed: float = field(default=float("inf"))

    def __post_init__(self) -> None:
        if self.changed > self.received:
            object.__setattr__(self, "changed", self.received)


@dataclass(frozen=True)
class Velocity:
    """Metres per second ahead and to the right, degrees per second clockwise."""

    forward: float = 0.0
    right: float = 0.0
    turn: float = 0.0


STANDSTILL = Velocity()


@dataclass(frozen=True)
class Odometry:
    """Where the robot believes it is: metres, yaw in degrees clockwise from the y axis of the odometry frame."""

    x: float
    y: float
    yaw: float
    received: float


@runtime_checkable
class RobotLink(Protocol):
    """A robot. Every method may raise `RobotFault`, and none waits without a limit."""

    @property
    def identity(self) -> Mapping[str, str]:
        """Transport, library version, topics, chosen message types: for the record. Whole after `connect`."""

    @property
    def abilities(self) -> frozenset[Ability]: ...

    def connect(self, timeout: float) -> None:
        """Find the robot and its topics within `timeout` seconds."""

    def newest_frame(self) -> Frame | None:
        """The newest picture there is, the same one again until there is a newer; never waits."""

    def send(self, velocity: Velocity) -> None:
        """Hand a velocity to the robot; returns within 50 ms."""

    def odometry(self) -> Odometry | None: ...

    def stop_requested(self) -> bool:
        """Whether somebody asked for an emergency stop over the robot's own network since the last call."""

    def pitch_camera(self, degrees: float) -> None:
        """Turn the camera by `degrees`, + looks down."""

    def beep(self) -> None: ...

    def close(self) -> None:
        """Send one zero, if that is possible, and leave; may be called twice."""


class LinkSettings(BaseModel):
    """How a robot is reached: the part `link:` of robot.yaml. Topics are ROS names, such as /cmd_vel.

    Args:
        kind: dds, zenoh, rosbridge, ros1, camera (pictures only), or lerobot:package.module:factory.
        image_topic: sensor_msgs Image or CompressedImage; None when the pictures come from a camera of ours.
        image_type, command_type: "auto" takes what the robot's own topics have.
        command_topic: geometry_msgs Twist or TwistStamped.
        odometry_topic: nav_msgs Odometry; used when somebody publishes it.
        pitch_topic: std_msgs Float64, the camera's pitch in radians, + down; None: it can't pitch.
        beeper_topic: std_msgs Bool; None: no beeper.
        stop_topic: std_msgs Bool; True is an emergency stop.
        sideways: whether the robot drives sideways (mecanum, omni wheels).
        command_frame: `header.frame_id` of a TwistStamped.
        address: rosbridge "ws://host:9090"; zenoh "tcp/host:7447"; ros1 "http://host:11311"; dds a host to look for.
        domain: ROS_DOMAIN_ID, for dds and zenoh.
        interface: dds: the network interface or its address; "127.0.0.1" keeps everything on this machine.
        observation: lerobot: the key of the picture in an observation; None takes the only picture.
        units: lerobot: degrees or radians per second in `theta.vel`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = "dds"
    image_topic: str | None = "/camera/image_raw"
    image_type: Literal["auto", "Image", "CompressedImage"] = "auto"
    command_topic: str = "/cmd_vel"
    command_type: Literal["auto", "Twist", "TwistStamped"] = "auto"
    odometry_topic: str | None = "/odom"
    pitch_topic: str | None = None
    beeper_topic: str | None = None
    stop_topic: str | None = None
    sideways: bool = False
    command_frame: str = "base_link"
    address: str | None = None
    domain: int = Field(default=0, ge=0, le=232)
    interface: str | None = None
    observation: str | None = None
    units: Literal["degrees", "radians"] = "degrees"

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        plain = [name for name in _LINKS if name != "lerobot"]
        if kind not in plain and not (kind.startswith("lerobot:") and kind.count(":") == 2):
            known = ", ".join(plain)
            raise ValueError(f"link kind {kind!r} is none of {known}, lerobot:package.module:factory")
        return kind

    @field_validator("image_topic", "command_topic", "odometry_topic", "pitch_topic", "beeper_topic", "stop_topic")
    @classmethod
    def _absolute(cls, topic: str | None) -> str | None:
        if topic is not None and (not topic.startswith("/") or topic.endswith("/") or " " in topic):
            raise ValueError(f"topic {topic!r} is no absolute ROS name; write it like /camera/image_raw")
        return topic


_LINKS = {
    "dds": ("evalsuite.adapters.robot.links.dds", "DDSLink", "cyclonedds"),
    "zenoh": ("evalsuite.adapters.robot.links.zenoh", "ZenohLink", "eclipse-zenoh"),
    "rosbridge": ("evalsuite.adapters.robot.links.rosbridge", "RosbridgeLink", "roslibpy"),
    "ros1": ("evalsuite.adapters.robot.links.ros1", "ROS1Link", "rospy"),
    "lerobot": ("evalsuite.adapters.robot.links.lerobot", "LeRobotLink", ""),
    "camera": ("evalsuite.adapters.robot.links.camera", "CameraLink", ""),
}


def open_link(settings: LinkSettings, camera: Camera | None = None) -> RobotLink:
    """The link that `settings` describe, not yet connected; its pictures come from `camera` when one is given.

    Raises `UsageError` when the link's package is not installed.
    """
    from evalsuite.adapters.robot.links.camera import CameraLink

    if settings.kind == "camera":
        if camera is None:
            raise UsageError("a link of kind camera needs a camera: give one in robot.yaml")
        return CameraLink(camera, None)
    module, name, package = _LINKS[settings.kind.partition(":")[0]]
    try:
        link_class: Any = getattr(import_module(module), name)
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("evalsuite"):
            raise
        remedy = "source your ROS 1 setup.bash first" if package == "rospy" else f"pip install {package}"
        raise UsageError(f"a {settings.kind} link needs {missing.name}, which is not installed: {remedy}") from missing
    link: RobotLink = link_class(settings)
    return link if camera is None else CameraLink(camera, link)
