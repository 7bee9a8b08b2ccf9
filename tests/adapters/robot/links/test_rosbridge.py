"""The rosbridge link and a small server that speaks rosbridge's protocol, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("roslibpy", reason="needs roslibpy: pip install roslibpy")
pytest.importorskip("cv2", reason="needs OpenCV: pip install evalsuite[robot]")

from evalsuite.adapters.robot.link import LinkSettings, RobotFault, Velocity, open_link
from tests.adapters.robot.car_process import seconds_until


class Server:
    """The process."""

    def __init__(self, image_type: str = "sensor_msgs/CompressedImage") -> None:
        script = Path(__file__).with_name("rosbridge_robot.py")
        self.process = subprocess.Popen([sys.executable, str(script), image_type], stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.output = self.process.stdout
        self.address = f"ws://127.0.0.1:{int(self.output.readline())}"

    def next_command(self) -> dict[str, Any]:
        command: dict[str, Any] = json.loads(self.output.readline())
        return command

    def close(self) -> None:
        self.process.kill()
        self.process.wait(10.0)
        self.output.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def _settings(server: Server, **changes: Any) -> LinkSettings:
    topic = "/camera/compressed"
    return LinkSettings(**{"kind": "rosbridge", "address": server.address, "image_topic": topic, **changes})


def test_jpegs_and_odometry_come_in_and_commands_go_out(server: Server) -> None:
    link = open_link(_settings(server))
    link.connect(10.0)
    assert link.identity["images"] == "/camera/compressed sensor_msgs/msg/CompressedImage"
    assert link.identity["commands"] == "/cmd_vel geometry_msgs/msg/Twist"
    place = link.odometry()
    assert place is not None
    assert (place.x, place.y, place.yaw) == pytest.approx((1.0, 2.0, 90.0))
    first = link.newest_frame()
    assert first is not None
    assert first.image.shape == (48, 64, 3)
    seconds_until(lambda: (frame := link.newest_frame()) is not None and frame.sequence >= first.sequence + 5)
    link.send(Velocity(forward=0.2, right=0.1, turn=90.0))
    command = server.next_command()
    assert command["topic"] == "/cmd_vel"
    assert command["message"]["linear"] == pytest.approx({"x": 0.2, "y": -0.1, "z": 0.0})
    assert command["message"]["angular"]["z"] == pytest.approx(-1.5708, abs=1e-4)
    link.close()
    assert server.next_command()["message"]["linear"]["x"] == 0.0


def test_a_server_that_hangs_up_is_a_fault_of_the_robot(server: Server) -> None:
    link = open_link(_settings(server))
    link.connect(10.0)
    server.process.kill()

    def refused() -> bool:
        try:
            link.send(Velocity(forward=0.1))
        except RobotFault as fault:
            return "hung up" in str(fault)
        return False

    seconds_until(refused)
    link.close()


def test_raw_pictures_are_refused_unless_they_are_asked_for() -> None:
    server = Server("sensor_msgs/msg/Image")
    link = open_link(_settings(server))
    with pytest.raises(RobotFault, match="too slow for rosbridge"):
        link.connect(10.0)
    link.close()
    server.close()


def test_no_server_is_a_fault_within_the_time_given(server: Server) -> None:
    nobody = open_link(_settings(server, address="ws://127.0.0.1:1"))
    began = time.monotonic()
    with pytest.raises(RobotFault, match="no rosbridge server answers"):
        nobody.connect(0.5)
    assert time.monotonic() - began < 3.0
