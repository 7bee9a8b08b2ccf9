"""What a robot may be made to do, and how long it may be out of sight: the parts `limits:` of robot.yaml."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, field_validator

from evalsuite.adapters.robot.geofence import signed_area


class Limits(BaseModel):
    """Bounds that `commands.CommandThread` keeps, whatever it is asked for.

    Args:
        speed: metres per second over the ground.
        turn: degrees per second.
        acceleration, turn_acceleration: per second; a stop is not bound by them.
        frame_age: seconds since the newest picture arrived, while moving.
        picture_age: seconds for which the pixels may stay exactly the same while moving, with fresh stamps or not; None
            where the camera has no noise (a renderer).
        command_age: seconds that a held velocity lives without being renewed.
        policy_latency: seconds from a picture's arrival to the command made from it; None: not watched. Take it from
            the policy's measured p99: a limit near its usual latency stops the robot all the time.
        robot_timeout: seconds within which the robot stands still by itself once commands cease.
        geofence: corners (x, y) in metres, in the frame of the poses that the thread is given; three at least.
        stop_file: an emergency stop for as long as this file exists.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    speed: FiniteFloat = Field(default=0.25, gt=0, le=2.0)
    turn: FiniteFloat = Field(default=60.0, gt=0, le=360.0)
    acceleration: FiniteFloat = Field(default=0.5, gt=0)
    turn_acceleration: FiniteFloat = Field(default=180.0, gt=0)
    frame_age: FiniteFloat = Field(default=0.3, gt=0)
    picture_age: FiniteFloat | None = Field(default=1.0, gt=0)
    command_age: FiniteFloat = Field(default=0.5, gt=0)
    policy_latency: FiniteFloat | None = Field(default=None, gt=0)
    robot_timeout: FiniteFloat = Field(default=1.5, gt=0, le=5.0)
    geofence: tuple[tuple[FiniteFloat, FiniteFloat], ...] | None = None
    stop_file: Path | None = None

    @field_validator("geofence")
    @classmethod
    def _encloses(cls, corners: tuple[tuple[float, float], ...] | None) -> tuple[tuple[float, float], ...] | None:
        if corners is not None and len(corners) < 3:
            raise ValueError(f"a geofence has three corners at least, not {len(corners)}")
        if corners is not None and abs(signed_area(corners)) < 1e-6:
            raise ValueError("the corners of the geofence enclose nothing: give them in order around the room")
        return corners
