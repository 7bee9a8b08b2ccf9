"""Which topics are used is settled by what the robot has, and told in a line when it can't be."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from evalsuite.adapters.robot.link import LinkSettings, RobotFault
from evalsuite.adapters.robot.links.topics import Choice, Endpoint, Ends, choose, complete

RAW = Endpoint("/camera/image_raw", "sensor_msgs/msg/Image")
JPEG = Endpoint("/camera/image_raw", "sensor_msgs/msg/CompressedImage")
PLAIN = Endpoint("/cmd_vel", "geometry_msgs/msg/Twist")
STAMPED = Endpoint("/cmd_vel", "geometry_msgs/msg/TwistStamped")


def _settings(**changes: Any) -> LinkSettings:
    return LinkSettings(**changes)


@pytest.mark.parametrize("image", [RAW, JPEG])
@pytest.mark.parametrize("command", [PLAIN, STAMPED])
def test_the_types_are_those_of_the_robots_own_nodes(image: Endpoint, command: Endpoint) -> None:
    ends = Ends((image,), (command,))
    assert complete(_settings(), ends)
    assert choose(_settings(), ends, 1.0) == Choice(image.type, command.type)


def test_pictures_of_our_own_camera_need_no_topic() -> None:
    ends = Ends((), (PLAIN,))
    assert choose(_settings(image_topic=None), ends, 1.0) == Choice(None, PLAIN.type)


@pytest.mark.parametrize(
    ("ends", "says"),
    [
        (Ends((RAW,), ()), r"listens to no /cmd_vel .* is its driver running\?"),
        (
            Ends((RAW,), (PLAIN, STAMPED)),
            r"as Twist and TwistStamped: say in robot\.yaml which, with link\.command_type",
        ),
        (Ends((Endpoint("/front", RAW.type),), (PLAIN,)), r"publishes /front: set link\.image_topic"),
        (Ends((Endpoint(RAW.topic, "sensor_msgs/msg/PointCloud2"),), (PLAIN,)), "PointCloud2, which is no"),
    ],
)
def test_what_is_missing_or_ambiguous_is_told_with_its_remedy(ends: Ends, says: str) -> None:
    with pytest.raises(RobotFault, match=says):
        choose(_settings(), ends, 1.0)


def test_what_robot_yaml_says_decides_between_two() -> None:
    choice = choose(_settings(command_type="TwistStamped"), Ends((RAW,), (PLAIN, STAMPED)), 1.0)
    assert choice.command == STAMPED.type


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "carrier pigeon"},
        {"kind": "lerobot"},
        {"kind": "lerobot:nothing"},
        {"command_topic": "cmd_vel"},
        {"domain": 400},
    ],
)
def test_settings_that_can_not_be_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LinkSettings(**changes)
