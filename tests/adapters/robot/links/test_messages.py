"""The codec's bytes are ROS 2's: compared with rosbags, which was written by others."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="needs rosbags, ROS 2's messages by others: pip install rosbags")

from rosbags.typesys import Stores, get_typestore

from evalsuite.adapters.robot.link import Odometry as Place
from evalsuite.adapters.robot.link import Velocity
from evalsuite.adapters.robot.links.cdr import MalformedPayload
from evalsuite.adapters.robot.links.ros_messages import (
    MESSAGES,
    Bool,
    CompressedImage,
    Float64,
    Header,
    Image,
    Odometry,
    Twist,
    TwistStamped,
)

STORE = get_typestore(Stores.ROS2_HUMBLE)
STAMP = 1_700_000_000_123_456_789


def _theirs(name: str, *fields: Any) -> Any:
    return STORE.types[name](*fields)


def _their_header(frame: str) -> Any:
    time = _theirs("builtin_interfaces/msg/Time", STAMP // 10**9, STAMP % 10**9)
    return _theirs("std_msgs/msg/Header", time, frame)


def _their_twist() -> Any:
    vector = "geometry_msgs/msg/Vector3"
    return _theirs("geometry_msgs/msg/Twist", _theirs(vector, 0.2, -0.1, 0.0), _theirs(vector, 0.0, 0.0, -1.5))


def _pixels(count: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, count, dtype=np.uint8)


TWIST = Twist((0.2, -0.1, 0.0), (0.0, 0.0, -1.5))


def _pairs(frame: str) -> list[tuple[Any, Any]]:
    data = _pixels(4 * 6 * 3)
    header = Header(STAMP, frame)
    none = np.zeros(36)
    theirs = _their_header(frame)
    pose = _theirs(
        "geometry_msgs/msg/PoseWithCovariance",
        _theirs(
            "geometry_msgs/msg/Pose",
            _theirs("geometry_msgs/msg/Point", 1.0, 2.0, 0.0),
            _theirs("geometry_msgs/msg/Quaternion", 0.0, 0.0, 0.6, 0.8),
        ),
        none,
    )
    moving = _theirs("geometry_msgs/msg/TwistWithCovariance", _their_twist(), none)
    return [
        (
            Image(header, 4, 6, "rgb8", 0, 18, data.tobytes()),
            _theirs("sensor_msgs/msg/Image", theirs, 4, 6, "rgb8", 0, 18, data),
        ),
        (
            CompressedImage(header, "jpeg", data.tobytes()[:61]),
            _theirs("sensor_msgs/msg/CompressedImage", theirs, "jpeg", data[:61]),
        ),
        (TWIST, _their_twist()),
        (TwistStamped(header, TWIST), _theirs("geometry_msgs/msg/TwistStamped", theirs, _their_twist())),
        (
            Odometry(header, "base" + frame, (1.0, 2.0, 0.0), (0.0, 0.0, 0.6, 0.8), TWIST),
            _theirs("nav_msgs/msg/Odometry", theirs, "base" + frame, pose, moving),
        ),
        (Bool(True), _theirs("std_msgs/msg/Bool", True)),
        (Float64(-0.25), _theirs("std_msgs/msg/Float64", -0.25)),
    ]


@pytest.mark.parametrize("frame", ["", "a", "ab", "abc", "camera_link", "é"])
def test_every_message_is_byte_for_byte_what_others_write(frame: str) -> None:
    for ours, theirs in _pairs(frame):
        assert ours.encode() == bytes(STORE.serialize_cdr(theirs, ours.NAME)), ours.NAME


@pytest.mark.parametrize("little", [True, False], ids=["little-endian", "big-endian"])
def test_what_others_write_is_read_in_both_byte_orders(little: bool) -> None:
    for ours, theirs in _pairs("camera"):
        read = MESSAGES[ours.NAME].decode(bytes(STORE.serialize_cdr(theirs, ours.NAME, little_endian=little)))
        assert read.encode() == ours.encode()


def test_a_plain_payload_of_version_two_aligns_doubles_to_four_bytes() -> None:
    payload = b"\x00\x07\x00\x00" + struct.pack("<iI", 5, 6) + struct.pack("<I", 2) + b"a\0" + b"\0\0"
    payload += struct.pack("<6d", 1, 2, 3, 4, 5, 6)
    assert TwistStamped.decode(payload) == TwistStamped(Header(5_000_000_006, "a"), Twist((1, 2, 3), (4, 5, 6)))


def test_a_payload_that_ends_early_or_is_something_else_is_refused() -> None:
    whole = _pairs("camera")[0][0].encode()
    for broken in (b"", b"\x00\x03\x00\x00", whole[:-1], whole[:20]):
        with pytest.raises(MalformedPayload):
            Image.decode(broken)


def test_a_velocity_turns_the_other_way_round_in_ros() -> None:
    twist = Twist.of(Velocity(forward=0.2, right=0.1, turn=90.0))
    assert twist.linear == pytest.approx((0.2, -0.1, 0.0))
    assert twist.angular == pytest.approx((0.0, 0.0, -np.pi / 2))
    assert twist.velocity.turn == pytest.approx(90.0)


def test_a_ros_yaw_is_counted_from_the_other_axis() -> None:
    east = Odometry(Header(), "base", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)).place(1.0)
    assert east.yaw == pytest.approx(90.0)
    there = Place(1.0, 2.0, -35.0, 0.0)
    assert Odometry.at(there, Twist(), Header()).place(0.0).yaw == pytest.approx(-35.0)
