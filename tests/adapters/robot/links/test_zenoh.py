"""The Zenoh link and a session that names its things as rmw_zenoh does, over TCP."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("zenoh", reason="needs eclipse-zenoh: pip install eclipse-zenoh")

import zenoh

from evalsuite.adapters.robot.link import LinkSettings, Odometry, RobotFault, Velocity, open_link
from evalsuite.adapters.robot.links.ros_messages import Header, Image, Twist, TwistStamped
from evalsuite.adapters.robot.links.ros_messages import Odometry as OdometryMessage
from evalsuite.adapters.robot.links.zenoh_names import read_token
from tests.adapters.robot.car_process import seconds_until

DOMAIN = 7
HASH = "RIHS01_0123456789abcdef"


class ZenohRobot:
    """Publishes pictures and odometry, keeps the commands and what came beside them."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp/127.0.0.1:{free.getsockname()[1]}"
        config = zenoh.Config()
        config.insert_json5("mode", '"peer"')
        config.insert_json5("listen/endpoints", f'["{self.address}"]')
        config.insert_json5("scouting/multicast/enabled", "false")
        self._session = zenoh.open(config)
        self.commands: list[tuple[TwistStamped, bytes]] = []
        self._ending = threading.Event()
        self._tokens = [
            self._token("MP", "camera%image_raw", "sensor_msgs::msg::dds_::Image_", 11),
            self._token("MP", "odom", "nav_msgs::msg::dds_::Odometry_", 12),
            self._token("MS", "cmd_vel", "geometry_msgs::msg::dds_::TwistStamped_", 13),
        ]
        key = f"{DOMAIN}/cmd_vel/geometry_msgs::msg::dds_::TwistStamped_/{HASH}"
        self._subscriber = self._session.declare_subscriber(key, self._take)
        self._thread = threading.Thread(target=self._publish, daemon=True)
        self._thread.start()

    def _token(self, kind: str, topic: str, type_name: str, entity: int) -> Any:
        key = f"@ros2_lv/{DOMAIN}/a1b2/0/{entity}/{kind}/%/%/robot/%{topic}/{type_name}/{HASH}/::,5:,:,:,,"
        return self._session.liveliness().declare_token(key)

    def _take(self, sample: Any) -> None:
        self.commands.append((TwistStamped.decode(sample.payload.to_bytes()), sample.attachment.to_bytes()))

    def _publish(self) -> None:
        count = 0
        while not self._ending.wait(0.03):
            count += 1
            header = Header(time.time_ns(), "camera")
            pixels = np.full((48, 64, 3), count % 256, np.uint8)
            picture = Image(header, 48, 64, "rgb8", 0, 192, pixels.tobytes())
            self._session.put(f"{DOMAIN}/camera/image_raw/sensor_msgs::msg::dds_::Image_/{HASH}", picture.encode())
            place = OdometryMessage.at(Odometry(1.0, 2.0, 30.0, 0.0), Twist(), header)
            self._session.put(f"{DOMAIN}/odom/nav_msgs::msg::dds_::Odometry_/{HASH}", place.encode())

    def close(self) -> None:
        self._ending.set()
        self._thread.join(5.0)
        self._session.close()


@pytest.fixture(scope="module")
def robot() -> Iterator[ZenohRobot]:
    robot = ZenohRobot()
    yield robot
    robot.close()


def _settings(robot: ZenohRobot, **changes: Any) -> LinkSettings:
    return LinkSettings(**{"kind": "zenoh", "domain": DOMAIN, "address": robot.address, **changes})


def test_pictures_and_odometry_come_in_and_commands_go_out_to_who_listens(robot: ZenohRobot) -> None:
    link = open_link(_settings(robot))
    link.connect(10.0)
    assert link.identity["commands"] == "/cmd_vel geometry_msgs/msg/TwistStamped"
    assert link.abilities == {"odometry"}
    place = link.odometry()
    assert place is not None
    assert (place.x, place.y, place.yaw) == pytest.approx((1.0, 2.0, 30.0))
    first = link.newest_frame()
    assert first is not None
    assert first.image.shape == (48, 64, 3)
    seconds_until(lambda: (frame := link.newest_frame()) is not None and frame.sequence >= first.sequence + 5)

    link.send(Velocity(forward=0.2, turn=45.0))
    seconds_until(lambda: bool(robot.commands))
    message, beside = robot.commands[0]
    assert message.twist.velocity.forward == pytest.approx(0.2)
    assert message.twist.velocity.turn == pytest.approx(45.0)
    number, _, length = struct.unpack("<qqB", beside[:17])
    assert (number, length, len(beside)) == (1, 16, 33)

    link.close()
    link.close()
    seconds_until(lambda: robot.commands[-1][0].twist == Twist((0.0, -0.0, 0.0), (0.0, 0.0, -0.0)))


def test_nobody_at_the_address_is_a_fault_within_the_time_given(robot: ZenohRobot) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = open_link(_settings(robot, address=f"tcp/127.0.0.1:{free.getsockname()[1]}"))
    began = time.monotonic()
    with pytest.raises(RobotFault, match="is the router running"):
        nobody.connect(1.0)
    assert time.monotonic() - began < 5.0


def test_another_domain_has_nothing_to_show(robot: ZenohRobot) -> None:
    elsewhere = open_link(_settings(robot, domain=DOMAIN + 1))
    with pytest.raises(RobotFault, match="publishes no /camera/image_raw"):
        elsewhere.connect(1.0)
    elsewhere.close()


def test_tokens_of_nodes_and_services_are_passed_over() -> None:
    assert read_token("@ros2_lv/0/a1/0/0/NN/%/%/robot") is None
    assert read_token("@ros2_lv/0/a1/0/4/SS/%/%/robot/%reset/std_srvs::srv::dds_::Empty_/h/q") is None
