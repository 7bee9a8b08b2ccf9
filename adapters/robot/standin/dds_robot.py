"""A car on DDS, with nothing to see but stripes: `python -m evalsuite.adapters.robot.standin.dds_robot`.

It publishes pictures and odometry, obeys Twist or TwistStamped, and stops by itself. It prints the port of its control
socket (loopback TCP, a JSON object a line, each answered by one): {"do": "truth"} tells where it is; freeze (no
pictures), repeat (the last picture again), restamp (the last picture, stamped anew), drop (a share of the pictures),
skew (seconds on its clock), put (x, y, yaw), stop (publish True on its stop topic) change it; resume undoes faults.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import socketserver
import sys
import threading
import time
from typing import Any

import numpy as np
from cyclonedds.pub import DataWriter
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic
from numpy.typing import NDArray

from evalsuite.adapters.robot.link import Odometry as Place
from evalsuite.adapters.robot.links.dds_domain import LOOPBACK, Network, configuration, newest_only
from evalsuite.adapters.robot.links.dds_types import DDS_TYPES
from evalsuite.adapters.robot.links.ros_messages import (
    Bool,
    CompressedImage,
    Header,
    Image,
    Odometry,
    Twist,
    TwistStamped,
)
from evalsuite.adapters.robot.standin.wheels import TIME_OUT, Car

_ODOMETRY_RATE = 50.0


class Stripes:
    """Pictures uint8 (height, width, 3) that change with the car's pose, and are never twice the same."""

    def __init__(self, width: int, height: int) -> None:
        ramp = np.arange(2 * width, dtype=np.uint32)
        self._wide = np.stack([ramp * 3, ramp * 5, ramp * 7], axis=1).astype(np.uint8)
        self._size = (width, height)
        self._count = 0

    def draw(self, x: float, y: float, yaw: float) -> NDArray[np.uint8]:
        width, height = self._size
        offset = int(yaw * 4 + (x + y) * 200) % width
        picture = np.repeat(self._wide[None, offset : offset + width], height, axis=0)
        self._count += 1
        picture[0, 0] = np.frombuffer(self._count.to_bytes(3, "little"), np.uint8)
        return picture


class DDSRobot:
    """The car, its clock and its faults.

    Args:
        arguments: what `main` takes from the command line.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._rate = float(arguments.rate)
        self._size = (int(arguments.width), int(arguments.height))
        self._car = Car(time_out=arguments.time_out or None, sideways=arguments.sideways)
        self._lock = threading.Lock()
        self._stripes = Stripes(*self._size)
        self._chance = random.Random(0)
        self.fault = ""
        self.drop = 0.0
        self.skew = 0.0
        self.pictures = 0
        self._compressed = arguments.image_type == "CompressedImage"
        self._network = Network(arguments.domain, configuration(LOOPBACK, None))
        self._picture_writer = self._writer("/camera/image_raw", f"sensor_msgs/msg/{arguments.image_type}")
        self._odometry_writer = None if arguments.no_odometry else self._writer("/odom", Odometry.NAME)
        self._stop_writer = self._writer("/stop", Bool.NAME)
        subject = self._topic("/cmd_vel", f"geometry_msgs/msg/{arguments.command_type}")
        self._commands = DataReader(self._network.participant, subject, qos=newest_only(True))

    def _topic(self, name: str, message: str) -> Any:
        return Topic(self._network.participant, "rt" + name, DDS_TYPES[message])

    def _writer(self, name: str, message: str) -> Any:
        return DataWriter(self._network.participant, self._topic(name, message), qos=newest_only(True))

    def run(self) -> None:
        """Drive and publish until the process ends."""
        threading.Thread(target=self._publish_pictures, daemon=True).start()
        before = time.monotonic()
        while True:
            now = time.monotonic()
            for sample in self._commands.take(16):
                message = getattr(sample, "message", None)
                if message is not None:
                    twist = message.twist if isinstance(message, TwistStamped) else message
                    self._car.command(twist.velocity, now)
            with self._lock:
                state = self._car.advance(now, now - before)
            before = now
            if self._odometry_writer is not None:
                place = Place(state.x, state.y, state.yaw, now)
                odometry = Odometry.at(place, Twist.of(state.velocity), self._header("odom"))
                self._odometry_writer.write(DDS_TYPES[Odometry.NAME](odometry))
            time.sleep(max(0.0, now + 1 / _ODOMETRY_RATE - time.monotonic()))

    def _header(self, frame: str) -> Header:
        return Header(time.time_ns() + int(self.skew * 1e9), frame)

    def _publish_pictures(self) -> None:
        due = time.monotonic()
        message: Image | CompressedImage | None = None
        while True:
            due = max(due + 1 / self._rate, time.monotonic() - 1 / self._rate)
            fault = self.fault
            if fault == "restamp" and isinstance(message, Image):
                message = Image(self._header("camera"), *self._layout(), message.data)
            elif fault != "repeat" or message is None:
                with self._lock:
                    state = self._car.state
                pixels = self._stripes.draw(state.x, state.y, state.yaw)
                message = self._message(pixels)
            if fault != "freeze" and self._chance.random() >= self.drop:
                self._picture_writer.write(DDS_TYPES[message.NAME](message))
                self.pictures += 1
            time.sleep(max(0.0, due - time.monotonic()))

    def _layout(self) -> tuple[int, int, str, int, int]:
        width, height = self._size
        return height, width, "rgb8", 0, width * 3

    def _message(self, pixels: NDArray[np.uint8]) -> Image | CompressedImage:
        if not self._compressed:
            return Image(self._header("camera"), *self._layout(), pixels.tobytes())
        import cv2

        _, jpeg = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]))
        return CompressedImage(self._header("camera"), "jpeg", jpeg.tobytes())

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order of the control socket."""
        what = order.get("do")
        if what in ("freeze", "repeat", "restamp"):
            self.fault = str(what)
        elif what == "drop":
            self.drop = float(order["share"])
        elif what == "skew":
            self.skew = float(order["seconds"])
        elif what == "resume":
            self.fault, self.drop, self.skew = "", 0.0, 0.0
        elif what == "put":
            with self._lock:
                self._car.put(float(order["x"]), float(order["y"]), float(order["yaw"]))
        elif what == "stop":
            self._stop_writer.write(DDS_TYPES[Bool.NAME](Bool(True)))
        elif what != "truth":
            return {"error": f"unknown order {what!r}"}
        with self._lock:
            state = self._car.state
        speed = {"forward": state.velocity.forward, "right": state.velocity.right, "turn": state.velocity.turn}
        return {"x": state.x, "y": state.y, "yaw": state.yaw, **speed, "pictures": self.pictures}


class ControlServer(socketserver.ThreadingTCPServer):
    """A JSON object a line, from and to this machine only."""

    daemon_threads = True

    def __init__(self, robot: DDSRobot) -> None:
        super().__init__((LOOPBACK, 0), _Control)
        self.robot = robot


class _Control(socketserver.StreamRequestHandler):
    server: ControlServer

    def handle(self) -> None:
        for line in self.rfile:
            try:
                answer = self.server.robot.obey(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            with contextlib.suppress(ConnectionError):
                self.wfile.write(json.dumps(answer).encode() + b"\n")


def _end_with_parent() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--domain", type=int, default=0)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--rate", type=float, default=30.0, help="pictures a second")
    parser.add_argument("--time-out", type=float, default=TIME_OUT, help="seconds; 0: the car never stops by itself")
    parser.add_argument("--image-type", choices=("Image", "CompressedImage"), default="Image")
    parser.add_argument("--command-type", choices=("Twist", "TwistStamped"), default="Twist")
    parser.add_argument("--sideways", action="store_true")
    parser.add_argument("--no-odometry", action="store_true")
    robot = DDSRobot(parser.parse_args())
    control = ControlServer(robot)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    print(json.dumps({"control": control.server_address[1]}), flush=True)
    sys.stdout.close()
    robot.run()


if __name__ == "__main__":
    main()
