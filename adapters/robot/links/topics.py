"""Which of a robot's topics to use, and as which message: from what its own nodes publish and listen to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evalsuite.adapters.robot.link import LinkSettings, RobotFault

_PICTURES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
_COMMANDS = ("geometry_msgs/msg/Twist", "geometry_msgs/msg/TwistStamped")
ODOMETRY = "nav_msgs/msg/Odometry"


@dataclass(frozen=True)
class Endpoint:
    """One end of a topic: its ROS name, its ROS type such as sensor_msgs/msg/Image, whether it is reliable."""

    topic: str
    type: str
    reliable: bool = True


@dataclass(frozen=True)
class Ends:
    """What the robot's nodes publish and what they listen to."""

    publications: tuple[Endpoint, ...] = ()
    subscriptions: tuple[Endpoint, ...] = ()


@dataclass(frozen=True)
class Choice:
    """The types that were settled on; no image: the pictures come from elsewhere."""

    image: str | None
    command: str


def complete(settings: LinkSettings, ends: Ends) -> bool:
    """Whether everything that is needed has turned up."""
    pictures = settings.image_topic is None or _on(settings.image_topic, ends.publications)
    return bool(pictures and _on(settings.command_topic, ends.subscriptions))


def choose(settings: LinkSettings, ends: Ends, waited: float) -> Choice:
    """The types to use. Raises `RobotFault` that says which topic is missing, and which there are, after `waited` s."""
    image = None
    if settings.image_topic is not None:
        wanted = None if settings.image_type == "auto" else f"sensor_msgs/msg/{settings.image_type}"
        image = _choose(settings.image_topic, ends.publications, _PICTURES, wanted, ("image", "publishes"), waited)
    wanted = None if settings.command_type == "auto" else f"geometry_msgs/msg/{settings.command_type}"
    command = _choose(settings.command_topic, ends.subscriptions, _COMMANDS, wanted, ("command", "listens to"), waited)
    return Choice(image, command)


def _on(topic: str, ends: Iterable[Endpoint]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(end.type for end in ends if end.topic == topic))


def _choose(
    topic: str,
    ends: Iterable[Endpoint],
    usable: tuple[str, ...],
    wanted: str | None,
    words: tuple[str, str],
    waited: float,
) -> str:
    what, verb = words
    found = _on(topic, ends)
    fitting = [name for name in found if name in usable and wanted in (None, name)]
    if len(fitting) == 1:
        return fitting[0]
    if len(fitting) > 1:
        short = " and ".join(name.rpartition("/")[2] for name in fitting)
        raise RobotFault(f"{topic} is there as {short}: say in robot.yaml which, with link.{what}_type")
    if found:
        raise RobotFault(f"{topic} is {', '.join(found)}, which is no {' or '.join(usable)}: set link.{what}_topic")
    others = sorted({end.topic for end in ends if end.type in usable})
    remedy = f"it {verb} {', '.join(others)}: set link.{what}_topic" if others else "is its driver running?"
    raise RobotFault(f"the robot {verb} no {topic} (looked for {waited:.1f} s); {remedy}")
