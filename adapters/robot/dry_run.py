"""A robot that is looked through but not moved (`motion: false`): what would be sent is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from evalsuite.adapters.robot.link import STANDSTILL, Ability, Frame, Odometry, RobotLink, Velocity


class DryRun:
    """A `RobotLink` around another whose motion it keeps to itself: `show` gets a line for every change instead."""

    def __init__(self, link: RobotLink, show: Callable[[str], None]) -> None:
        self._link = link
        self._show = show
        self._shown = STANDSTILL

    @property
    def identity(self) -> Mapping[str, str]:
        return {**self._link.identity, "motion": "none, a dry run"}

    @property
    def abilities(self) -> frozenset[Ability]:
        return self._link.abilities - {"odometry"} | {"sideways", "camera pitch", "beeper"}

    def connect(self, timeout: float) -> None:
        self._link.connect(timeout)

    def newest_frame(self) -> Frame | None:
        return self._link.newest_frame()

    def send(self, velocity: Velocity) -> None:
        if velocity == self._shown:
            return
        self._shown = velocity
        self._show(
            f"would drive {velocity.forward:+.2f} m/s ahead, {velocity.right:+.2f} m/s right, "
            f"{velocity.turn:+.0f} deg/s clockwise"
        )

    def odometry(self) -> Odometry | None:
        return None

    def stop_requested(self) -> bool:
        return self._link.stop_requested()

    def pitch_camera(self, degrees: float) -> None:
        self._show(f"would pitch the camera by {degrees:+.0f} degrees")

    def beep(self) -> None:
        self._show("would beep")

    def close(self) -> None:
        self._link.close()
