"""How time goes on in AirSim's three modes, which is not the same way in any two of them.

A multirotor's simContinueForTime answers once the time is over. A car's answers at once and pauses the game in the
first frame after the time is over, so that it may overrun; whether it has is to be asked. In ComputerVision mode
Microsoft's throws and Cosys's is the car's; nothing moves there by itself, so that its time is left alone.
"""

from __future__ import annotations

import time
from typing import Any, Protocol

from evalsuite.adapters.unreal.backend import Motion
from evalsuite.errors import SimulatorFault

COMMAND_SECONDS = 1.0
"""How long a velocity command would go on by itself; the next step's replaces it."""

FULL_SPEED = 4.317
"""Metres a second at which a car's throttle is fully open."""

STEERING_DEGREES_A_SECOND = 60.0
"""Turn at which a car's wheels are fully turned."""

PAUSE_LIMIT_SECONDS = 10.0
_POLL_SECONDS = 0.002


class Ask(Protocol):
    """Call a client's method."""

    def __call__(self, method: str, *arguments: Any, limit: float | None = None) -> Any: ...


class Stepping(Protocol):
    """One mode's time."""

    lockstep: bool

    def rest(self) -> None:
        """Stand still, ready to be placed."""

    def pause(self) -> None:
        """Let time stand still."""

    def drive(self, motion: Motion, seconds: float) -> None:
        """Let the vehicle move for that long; time stands still again when this returns."""

    def leave(self) -> None:
        """Hand the vehicle back, with time going on."""


def stepping_of(mode: str, vehicle: str, ask: Ask) -> Stepping:
    """The stepping of a mode, for the vehicle of that name."""
    if mode == "Multirotor":
        return MultirotorStepping(vehicle, ask)
    if mode == "Car":
        return CarStepping(vehicle, ask)
    return StillStepping()


class StillStepping:
    """ComputerVision: the camera is where it is put."""

    lockstep = True

    def rest(self) -> None:
        """Nothing moves."""

    def pause(self) -> None:
        """Nothing moves."""

    def drive(self, motion: Motion, seconds: float) -> None:
        raise SimulatorFault("a camera in ComputerVision mode can't be driven: it is placed")

    def leave(self) -> None:
        """Nothing was taken."""


class MultirotorStepping:
    """A multirotor by velocities in its own frame; it hovers where it was placed."""

    lockstep = True

    def __init__(self, vehicle: str, ask: Ask) -> None:
        self._vehicle, self._ask = vehicle, ask
        self._armed = False
        self._task: Any = None

    def rest(self) -> None:
        if not self._armed:
            self._ask("enableApiControl", True, self._vehicle)
            self._ask("armDisarm", True, self._vehicle)
            self._armed = True
        self._ask("simPause", True)
        self._command(Motion())

    def pause(self) -> None:
        self._ask("simPause", True)

    def drive(self, motion: Motion, seconds: float) -> None:
        self._command(motion)
        self._ask("simContinueForTime", float(seconds))
        # A command is answered when it is over, or at once when it is refused.
        if self._task is not None and self._task.error is not None:
            raise SimulatorFault(f"AirSim refused a velocity: {self._task.error}")

    def leave(self) -> None:
        self._ask("enableApiControl", False, self._vehicle)
        self._ask("simPause", False)

    def _command(self, motion: Motion) -> None:
        self._task = self._ask(
            "moveByVelocityBodyFrameAsync",
            float(motion.forward),
            float(motion.right),
            float(-motion.up),
            COMMAND_SECONDS,
            0,
            _YawMode(motion.turn),
            self._vehicle,
        )


class CarStepping:
    """A car by throttle and steering; backwards in its reverse gear."""

    lockstep = False

    def __init__(self, vehicle: str, ask: Ask) -> None:
        self._vehicle, self._ask = vehicle, ask
        self._controlled = False

    def rest(self) -> None:
        if not self._controlled:
            self._ask("enableApiControl", True, self._vehicle)
            self._controlled = True
        self._ask("simPause", True)
        self._ask("setCarControls", _Controls(handbrake=True), self._vehicle)

    def pause(self) -> None:
        self._ask("simPause", True)

    def drive(self, motion: Motion, seconds: float) -> None:
        throttle = max(-1.0, min(1.0, motion.forward / FULL_SPEED))
        steering = max(-1.0, min(1.0, motion.turn / STEERING_DEGREES_A_SECOND))
        stands = throttle == 0.0
        controls = _Controls(
            throttle=throttle,
            steering=steering,
            brake=1.0 if stands else 0.0,
            is_manual_gear=throttle < 0.0,
            manual_gear=-1 if throttle < 0.0 else 0,
        )
        self._ask("setCarControls", controls, self._vehicle)
        self._ask("simContinueForTime", float(seconds))
        deadline = time.monotonic() + PAUSE_LIMIT_SECONDS
        while not self._ask("simIsPause"):
            if time.monotonic() > deadline:
                raise SimulatorFault(f"AirSim's car did not pause within {PAUSE_LIMIT_SECONDS:g} s of its step")
            time.sleep(_POLL_SECONDS)

    def leave(self) -> None:
        self._ask("enableApiControl", False, self._vehicle)
        self._ask("simPause", False)


class _Controls:
    """CarControls of both libraries, as a map with the same keys."""

    def __init__(
        self,
        *,
        throttle: float = 0.0,
        steering: float = 0.0,
        brake: float = 0.0,
        handbrake: bool = False,
        is_manual_gear: bool = False,
        manual_gear: int = 0,
    ) -> None:
        self._content = {
            "throttle": float(throttle),
            "steering": float(steering),
            "brake": float(brake),
            "handbrake": handbrake,
            "is_manual_gear": is_manual_gear,
            "manual_gear": manual_gear,
            "gear_immediate": True,
        }

    def to_msgpack(self) -> dict[str, Any]:
        return self._content


class _YawMode:
    def __init__(self, degrees_a_second: float) -> None:
        self._content = {"is_rate": True, "yaw_or_rate": float(degrees_a_second)}

    def to_msgpack(self) -> dict[str, Any]:
        return self._content
