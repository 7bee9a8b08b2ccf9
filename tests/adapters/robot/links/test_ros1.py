"""The ROS 1 link, roscore and a robot on rospy; only where the system has them (Debian: ros-core, python3-rospy)."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("rospy", reason="needs ROS 1's rospy: apt-get install ros-core python3-rospy, and see it in Python")

from evalsuite.adapters.robot.link import LinkSettings, RobotFault, Velocity, open_link
from tests.adapters.robot.car_process import seconds_until

ROSCORE = shutil.which("roscore")


@pytest.mark.skipif(ROSCORE is None, reason="needs roscore: apt-get install ros-core")
def test_pictures_and_odometry_come_in_and_commands_go_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("ROS_HOSTNAME", "127.0.0.1")
    monkeypatch.setenv("ROS_HOME", str(tmp_path))
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "ROS_MASTER_URI": address}
    assert ROSCORE is not None
    core = subprocess.Popen([ROSCORE, "-p", str(port)], env=environment, stdout=subprocess.DEVNULL)
    script = Path(__file__).with_name("ros1_robot.py")
    seconds_until(lambda: _answers(port), timeout=30.0)
    robot = subprocess.Popen([sys.executable, str(script)], env=environment, stdout=subprocess.PIPE, text=True)
    assert robot.stdout is not None
    try:
        link = open_link(LinkSettings(kind="ros1", address=address))
        link.connect(20.0)
        assert link.identity["images"] == "/camera/image_raw sensor_msgs/msg/Image"
        place = link.odometry()
        assert place is not None
        assert (place.x, place.y, place.yaw) == pytest.approx((1.0, 0.0, 90.0))
        first = link.newest_frame()
        assert first is not None
        assert first.image.shape == (480, 640, 3)
        assert first.image[0, 0, 0] == 0
        seconds_until(lambda: (frame := link.newest_frame()) is not None and frame.sequence >= first.sequence + 10)
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            link.send(Velocity(forward=0.2, right=0.1, turn=90.0))
            time.sleep(0.05)
        assert json.loads(robot.stdout.readline()) == pytest.approx([0.2, -0.1, -1.5708], abs=1e-4)
        link.close()
    finally:
        for process in (robot, core):
            process.terminate()
            process.wait(20.0)
        robot.stdout.close()


def test_no_master_is_a_fault_within_the_time_given() -> None:
    nobody = open_link(LinkSettings(kind="ros1", address="http://127.0.0.1:1"))
    with pytest.raises(RobotFault, match="no ROS 1 master answers"):
        nobody.connect(1.0)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True
