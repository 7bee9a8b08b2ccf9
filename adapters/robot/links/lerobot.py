"""Any object with LeRobot's Robot interface, made by `package.module:factory`; lerobot itself is not needed here.

What is used of it: `connect()`, `get_observation()` -> dict, `send_action(dict)`, `disconnect()`, and the feature
dict `action_features`. Motion goes by the names of LeKiwi: `x.vel` and `y.vel` in m/s, ahead and left, `theta.vel`
counter-clockwise, in degrees per second unless `link.units` says radians. Action features beside them (an arm's joints)
are sent as they were last observed.

Calls on such an object may block, and after its host's death `get_observation` may return the last picture without an
error: both are dealt with in threads of their own, and by the age of the pictures.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping
from importlib import import_module
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.robot.link import STANDSTILL, Ability, Frame, LinkSettings, Odometry, RobotFault, Velocity
from evalsuite.adapters.robot.links.pictures import NewestPicture
from evalsuite.errors import UsageError

_AHEAD, _LEFT, _TURN = "x.vel", "y.vel", "theta.vel"
_RATE = 50.0
_JOIN = 2.0


class LeRobotLink:
    """A `RobotLink`; its `settings.kind` is lerobot:package.module:factory.

    Raises `UsageError` when the factory can't be found.
    """

    def __init__(self, settings: LinkSettings) -> None:
        self._settings = settings
        self._reference = settings.kind.partition(":")[2]
        self._robot: Any = _made_by(self._reference)
        self._pictures = NewestPicture()
        self._observed: dict[str, float] = {}
        self._command: Velocity | None = None
        self._commanded = threading.Condition()
        self._fault: RobotFault | None = None
        self._leaving = threading.Event()
        self._threads: list[threading.Thread] = []
        self._features: tuple[str, ...] = ()

    @property
    def identity(self) -> Mapping[str, str]:
        kind = type(self._robot)
        return {
            "transport": "lerobot",
            "library": f"{kind.__module__}.{kind.__qualname__}",
            "factory": self._reference,
            "commands": " ".join(self._features),
        }

    @property
    def abilities(self) -> frozenset[Ability]:
        return frozenset({"sideways"} if _LEFT in self._features else set())

    def connect(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        self._within(deadline, self._robot.connect, "connect()")
        self._features = tuple(self._robot.action_features)
        missing = [name for name in (_AHEAD, _TURN) if name not in self._features]
        if missing:
            raise RobotFault(
                f"{self._reference} has no action feature {missing[0]!r}, but {', '.join(self._features) or 'none'}: "
                "wrap it in a class that offers x.vel and theta.vel"
            )
        for work in (self._observe, self._send):
            thread = threading.Thread(target=work, name=f"lerobot {work.__name__}", daemon=True)
            thread.start()
            self._threads.append(thread)
        while self.newest_frame() is None:
            if time.monotonic() > deadline:
                raise RobotFault(
                    f"{self._reference} is connected, but get_observation() brings no picture: is its camera set up, "
                    "and is link.observation its key?"
                )
            time.sleep(0.02)

    def newest_frame(self) -> Frame | None:
        if self._fault is not None:
            raise self._fault
        return self._pictures.newest()

    def send(self, velocity: Velocity) -> None:
        if self._fault is not None:
            raise self._fault
        with self._commanded:
            self._command = velocity
            self._commanded.notify_all()

    def odometry(self) -> Odometry | None:
        return None

    def stop_requested(self) -> bool:
        return False

    def pitch_camera(self, degrees: float) -> None:
        raise RobotFault("a LeRobot robot has no camera that pitches by a name that all of them share")

    def beep(self) -> None:
        raise RobotFault("a LeRobot robot has no beeper")

    def close(self) -> None:
        if self._leaving.is_set():
            return
        if self._features and self._fault is None:
            self.send(STANDSTILL)
        self._leaving.set()
        with self._commanded:
            self._commanded.notify_all()
        for thread in self._threads:
            thread.join(_JOIN)
        with contextlib.suppress(RobotFault):
            self._within(time.monotonic() + _JOIN, self._robot.disconnect, "disconnect()")

    def _within(self, deadline: float, call: Any, what: str) -> None:
        """A call of the robot's own, cut off at `deadline`."""
        raised: list[Exception] = []

        def work() -> None:
            try:
                call()
            except Exception as error:  # noqa: BLE001  (whatever somebody's robot raises is its answer)
                raised.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            raise RobotFault(f"{what} of {self._reference} did not return in time: are the robot and its host on?")
        if raised:
            raise RobotFault(f"{what} of {self._reference} failed: {raised[0]}") from raised[0]

    def _observe(self) -> None:
        while not self._leaving.is_set():
            began = time.monotonic()
            try:
                observation = self._robot.get_observation()
                key, image = self._picture(observation)
                self._observed = _numbers(observation, self._features)
            except RobotFault as fault:
                self._fault = fault
                return
            except Exception as error:  # noqa: BLE001  (whatever somebody's robot raises is its answer)
                self._fault = RobotFault(f"get_observation() of {self._reference} failed: {error}; connect again")
                return
            if image is not None:
                self._offer(key, image)
            self._leaving.wait(max(0.0, began + 1.0 / _RATE - time.monotonic()))

    def _offer(self, key: str, image: NDArray[np.uint8]) -> None:
        # The robot may write the next picture into the same array.
        held = np.ascontiguousarray(image).copy()
        self._pictures.offer(memoryview(held).cast("B"), None, lambda: held)

    def _picture(self, observation: Mapping[str, Any]) -> tuple[str, NDArray[np.uint8] | None]:
        wanted = self._settings.observation
        found = [key for key, value in observation.items() if _is_picture(value)]
        if wanted is not None and wanted not in observation:
            there = ", ".join(found) or "no picture"
            raise RobotFault(f"{self._reference} observes no {wanted!r} but {there}: set link.observation")
        if wanted is None and len(found) > 1:
            raise RobotFault(f"{self._reference} observes {', '.join(found)}: say which, with link.observation")
        if wanted is None and not found:
            return "", None
        key = wanted or found[0]
        return key, (observation[key] if _is_picture(observation[key]) else None)

    def _send(self) -> None:
        while True:
            with self._commanded:
                self._commanded.wait_for(lambda: self._command is not None or self._leaving.is_set())
                velocity, self._command = self._command, None
            if velocity is None:
                return
            turn = -velocity.turn if self._settings.units == "degrees" else -np.deg2rad(velocity.turn)
            motion = {_AHEAD: velocity.forward, _LEFT: -velocity.right, _TURN: float(turn)}
            action = {name: motion.get(name, self._observed.get(name, 0.0)) for name in self._features}
            try:
                self._robot.send_action(action)
            except Exception as error:  # noqa: BLE001  (whatever somebody's robot raises is its answer)
                self._fault = RobotFault(f"send_action() of {self._reference} failed: {error}; connect again")
                return


def _made_by(reference: str) -> Any:
    module, _, name = reference.partition(":")
    try:
        factory = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"can't find {reference}: {error}; link.kind is lerobot:package.module:factory") from error
    robot = factory()
    lacking = [
        method
        for method in ("connect", "get_observation", "send_action", "disconnect", "action_features")
        if not hasattr(robot, method)
    ]
    if lacking:
        raise UsageError(f"what {reference} makes has no {lacking[0]}: it is no LeRobot Robot")
    return robot


def _is_picture(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 3 and value.shape[2] == 3 and value.dtype == np.uint8


def _numbers(observation: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, float]:
    return {name: float(observation[name]) for name in names if isinstance(observation.get(name), Real)}
