"""The back door: JSON lines on the loopback, a token in every line, one answer a line."""

from __future__ import annotations

import base64
import hmac
import json
import os
import socketserver
from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.robot.link import Velocity
from evalsuite.adapters.robot.standin.broadcast import Broadcast
from evalsuite.adapters.robot.standin.faults import Faults
from evalsuite.adapters.robot.standin.scene import Scene, Start
from evalsuite.adapters.robot.standin.settings import LOOPBACK
from evalsuite.adapters.robot.standin.simulation import Simulation
from evalsuite.crossview.geometry import Pose

_SWITCHED_OFF = 3
Request = Mapping[str, Any]


class Control:
    """Carries out what tests and the rehearsal ask of the room."""

    def __init__(
        self,
        simulation: Simulation,
        broadcasts: tuple[Broadcast, ...],
        apply_faults: Callable[[Faults], None],
        press_stop: Callable[[], None],
    ) -> None:
        self._simulation, self._broadcasts, self._apply_faults = simulation, broadcasts, apply_faults
        self._does: dict[str, Callable[[Request], dict[str, Any] | None]] = {
            "scene": lambda asked: simulation.set_scene(Scene.model_validate(asked["scene"])),
            "place_car": lambda asked: simulation.place_car(Start.model_validate(asked["at"])),
            "place_ball": lambda asked: simulation.place_ball(float(asked["x"]), float(asked["y"])),
            "faults": self._faults,
            "truth": lambda asked: simulation.truth(look=bool(asked.get("look"))),
            "drive": lambda asked: simulation.command(Velocity(**asked["velocity"])),
            "tilt": lambda asked: simulation.tilt(float(asked["degrees"])),
            "beep": lambda asked: simulation.beep(),
            "press_stop": lambda asked: press_stop(),
            "lockstep": self._lockstep,
            "advance": self._advance,
            "photograph": self._photograph,
            "switch_off": lambda asked: os._exit(_SWITCHED_OFF),
        }

    def answer(self, request: Request) -> dict[str, Any]:
        """What came of it; `error` says what was wrong with the request."""
        work = self._does.get(str(request.get("do")))
        if work is None:
            return {"error": f"nothing is called {request.get('do')!r}; known are {', '.join(self._does)}"}
        try:
            return {"ok": True, **(work(request) or {})}
        except (KeyError, TypeError, ValueError) as error:
            return {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"}

    def _faults(self, asked: Request) -> None:
        self._apply_faults(Faults.model_validate({**self._simulation.faults.model_dump(), **asked["change"]}))

    def _lockstep(self, asked: Request) -> None:
        self._simulation.lockstep = bool(asked["on"])

    def _advance(self, asked: Request) -> None:
        self._simulation.advance(float(asked["seconds"]))
        for broadcast in self._broadcasts:
            broadcast.shoot()

    def _photograph(self, asked: Request) -> dict[str, Any]:
        rgb, mask = self._simulation.photograph(
            Pose.model_validate(asked["pose"]),
            int(asked["width"]),
            int(asked["height"]),
            float(asked["horizontal_fov"]),
            with_car=bool(asked.get("with_car", True)),
        )
        return {"image": _png(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)), "mask": _png(mask)}


def _png(pixels: Any) -> str:
    _, encoded = cv2.imencode(".png", pixels)
    return base64.b64encode(encoded.tobytes()).decode()


def from_png(text: str, *, colour: bool) -> NDArray[np.uint8]:
    """The pixels of a picture in an answer: uint8 RGB (height, width, 3), or (height, width) without colour."""
    raw = np.frombuffer(base64.b64decode(text), np.uint8)
    decoded = cv2.imdecode(raw, cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE)
    if decoded is None:
        raise ValueError("the answer holds no picture")
    return np.ascontiguousarray(decoded[..., ::-1] if colour else decoded).astype(np.uint8, copy=False)


class ControlServer(socketserver.ThreadingTCPServer):
    """Answers any number of clients that know the token."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, control: Control, token: str) -> None:
        self.control, self.token = control, token
        super().__init__((LOOPBACK, 0), _Client)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Client(socketserver.StreamRequestHandler):
    server: ControlServer

    def handle(self) -> None:
        for line in self.rfile:
            try:
                request = json.loads(line)
            except json.JSONDecodeError:
                return
            known = isinstance(request, dict) and hmac.compare_digest(str(request.get("token")), self.server.token)
            if not known:
                return
            answer = self.server.control.answer(request)
            try:
                self.wfile.write(json.dumps(answer).encode() + b"\n")
            except ConnectionError:
                return
