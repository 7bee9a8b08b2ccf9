"""A simulated car as its starter, or anybody who was told where it is, holds it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from evalsuite.adapters.robot.link import RobotFault, Velocity
from evalsuite.adapters.robot.standin.scene import Scene, Start
from evalsuite.adapters.robot.standin.settings import LOOPBACK, StandInSettings
from evalsuite.crossview.geometry import Point, Pose

_START_LIMIT = 60.0
_ANSWER_LIMIT = 20.0


@dataclass(frozen=True)
class Truth:
    """What is so in the room; times are `time.monotonic()` of this machine.

    Args:
        monotonic: when it was read.
        seconds: simulated since the scene was set.
        car: middle of the car's underside; eye: its camera.
        velocity: as the wheels turn; wanted: as commanded.
        stopped_at: since when it stands; None while it moves.
        commanded_at: when the last command arrived.
        commands, beeps: how many came.
        bumped: whether something stood in its way when it last moved.
        travelled: metres.
        ball: its middle; distance: from the car to it along the ground.
        ball_pixels: of the car's own picture that show the ball; None unless asked for.
    """

    monotonic: float
    seconds: float
    car: Pose
    eye: Pose
    velocity: Velocity
    wanted: Velocity
    moving: bool
    stopped_at: float | None
    commanded_at: float | None
    commands: int
    beeps: int
    bumped: bool
    travelled: float
    ball: Point | None
    distance: float | None
    ball_pixels: int | None = None


@dataclass(frozen=True)
class Address:
    """Where a simulated car can be reached: its control port with the token, and its two cameras' HTTP video."""

    control: int
    token: str
    camera_url: str
    overhead_url: str


class SimulatedCar:
    """The back door to a simulated car; its front doors are DDS and HTTP video.

    Every method raises `RobotFault` when the car is gone or refuses.
    """

    def __init__(self, address: Address, process: subprocess.Popen[str] | None = None) -> None:
        self.address = address
        self._process = process
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._received = b""

    @classmethod
    def start(cls, settings: StandInSettings | None = None) -> Self:
        """Start a car in a process of its own, which ends with this one. It is ready when this returns."""
        token = secrets.token_hex(16)
        process = subprocess.Popen(
            [sys.executable, "-m", "evalsuite.adapters.robot.standin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            where = _first_line(process, {"token": token, "settings": (settings or StandInSettings()).model_dump()})
        except RobotFault:
            process.kill()
            process.wait()
            raise
        return cls(Address(where["control"], token, where["car"], where["overhead"]), process)

    @property
    def camera_url(self) -> str:
        return self.address.camera_url

    @property
    def overhead_url(self) -> str:
        return self.address.overhead_url

    @property
    def process_id(self) -> int | None:
        """None for a car that somebody else started."""
        return self._process.pid if self._process is not None else None

    def set_scene(self, scene: Scene) -> None:
        """Clear the room, set it up anew and put a freshly started car at the scene's start."""
        self.ask("scene", scene=scene.model_dump())

    def place_car(self, start: Start) -> None:
        self.ask("place_car", at=start.model_dump())

    def place_ball(self, x: float, y: float) -> None:
        self.ask("place_ball", x=x, y=y)

    def set_faults(self, **change: float | bool | None) -> None:
        """Change the named fields of `faults.Faults`; the others stay."""
        self.ask("faults", change=change)

    def truth(self, *, look: bool = False) -> Truth:
        """What is so; with `look`, what the car sees of the ball too."""
        found = self.ask("truth", look=look)
        del found["ok"]
        made: dict[str, Any] = {
            **found,
            **{name: Pose.model_validate(found[name]) for name in ("car", "eye")},
            **{name: Velocity(**found[name]) for name in ("velocity", "wanted")},
            "ball": tuple(found["ball"]) if found["ball"] is not None else None,
        }
        return Truth(**made)

    def drive(self, velocity: Velocity) -> None:
        """A command by the back door; the car's own time-out holds for it as for any."""
        self.ask("drive", velocity=vars(velocity))

    def tilt(self, degrees: float) -> None:
        self.ask("tilt", degrees=degrees)

    def press_stop(self) -> None:
        """Press the robot's own stop button, which tells it on its stop topic."""
        self.ask("press_stop")

    def set_lockstep(self, on: bool) -> None:
        self.ask("lockstep", on=on)

    def advance(self, seconds: float) -> None:
        """Move on by simulated seconds; each viewer gets a picture of what is then."""
        self.ask("advance", seconds=seconds)

    def photograph(
        self, pose: Pose, width: int, height: int, horizontal_fov: float, *, with_car: bool = True
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """RGB uint8 (height, width, 3) from anywhere, and the ball's exact mask in it, 0/1 (height, width)."""
        from evalsuite.adapters.robot.standin.control import from_png

        seen = self.ask(
            "photograph",
            pose=pose.model_dump(),
            width=width,
            height=height,
            horizontal_fov=horizontal_fov,
            with_car=with_car,
        )
        return from_png(seen["image"], colour=True), from_png(seen["mask"], colour=False)

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """One request by the back door and its answer."""
        line = json.dumps({"token": self.address.token, "do": do, **arguments}).encode() + b"\n"
        with self._lock:
            try:
                answer: dict[str, Any] = json.loads(self._exchange(line))
            except (OSError, ValueError) as error:
                self._hang_up()
                raise RobotFault(f"the simulated car is gone ({error or 'no answer'}): start it again") from error
        if "error" in answer:
            raise RobotFault(f"the simulated car refuses {do}: {answer['error']}")
        return answer

    def kill(self) -> None:
        """`kill -9`, as when the robot's computer loses its power."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def close(self) -> None:
        """Let go of the car, and end its process when it is ours."""
        with self._lock:
            self._hang_up()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _exchange(self, line: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.create_connection((LOOPBACK, self.address.control), timeout=_ANSWER_LIMIT)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._received = b""
        self._socket.sendall(line)
        while b"\n" not in self._received:
            part = self._socket.recv(1 << 16)
            if not part:
                raise ConnectionError("it hung up")
            self._received += part
        answer, _, self._received = self._received.partition(b"\n")
        return answer

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _first_line(process: subprocess.Popen[str], request: dict[str, Any]) -> dict[str, Any]:
    """Hand the request over and wait for where the car can be reached."""
    assert process.stdin is not None
    assert process.stdout is not None
    deadline = time.monotonic() + _START_LIMIT
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        if not ready.select(max(0.0, deadline - time.monotonic())):
            raise RobotFault(f"the simulated car did not start within {_START_LIMIT:.0f} s: is the machine overloaded?")
    line = process.stdout.readline()
    if not line:
        raise RobotFault(f"the simulated car ended at its start (exit status {process.wait(10)}): see what it printed")
    where: dict[str, Any] = json.loads(line)
    return where
