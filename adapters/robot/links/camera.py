"""Pictures from a camera of ours; motion, if there is any, over another link."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from evalsuite.adapters.robot.link import Ability, Frame, Odometry, RobotFault, RobotLink, Velocity

if TYPE_CHECKING:
    from evalsuite.adapters.robot.cameras import Camera

_POLL = 0.02
_NO_MOTION = "a bare camera can't drive: give a robot in robot.yaml, or write motion: false"


class CameraLink:
    """A `RobotLink` whose pictures are `camera`'s; everything else is `robot`'s. Closes both."""

    def __init__(self, camera: Camera, robot: RobotLink | None) -> None:
        self._camera = camera
        self._robot = robot

    @property
    def identity(self) -> Mapping[str, str]:
        robot = {} if self._robot is None else dict(self._robot.identity)
        return {"transport": "camera", **robot, "images": "camera"}

    @property
    def abilities(self) -> frozenset[Ability]:
        return frozenset() if self._robot is None else self._robot.abilities

    def connect(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        if self._robot is not None:
            self._robot.connect(timeout)
        while self._camera.newest() is None:
            if time.monotonic() > deadline:
                raise RobotFault(f"the camera showed no picture within {timeout:g} s: is it on, and camera.source its?")
            time.sleep(_POLL)

    def newest_frame(self) -> Frame | None:
        return self._camera.newest()

    def send(self, velocity: Velocity) -> None:
        self._motion().send(velocity)

    def odometry(self) -> Odometry | None:
        return None if self._robot is None else self._robot.odometry()

    def stop_requested(self) -> bool:
        return self._robot is not None and self._robot.stop_requested()

    def pitch_camera(self, degrees: float) -> None:
        self._motion().pitch_camera(degrees)

    def beep(self) -> None:
        self._motion().beep()

    def close(self) -> None:
        try:
            if self._robot is not None:
                self._robot.close()
        finally:
            self._camera.close()

    def _motion(self) -> RobotLink:
        if self._robot is None:
            raise RobotFault(_NO_MOTION)
        return self._robot
