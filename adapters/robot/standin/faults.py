"""What can be made to go wrong, one field each; `StandInSettings` starts with none of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

Seconds = Annotated[FiniteFloat, Field(ge=0.0, le=30.0)]


class Faults(BaseModel):
    """How the car misbehaves.

    Args:
        latency: seconds that every picture is late.
        jitter: seconds that a picture is late on top, drawn anew for each from [0, jitter); pictures stay in order.
        dropout: share of the pictures that are lost.
        frozen: connections stay, and no picture comes.
        repeating: the last picture is sent again and again, each time with a fresh stamp.
        camera_off: HTTP video is cut and refused, nothing is published.
        truncated: HTTP video breaks off in the middle of the next picture, each time that it is asked for.
        hanging: HTTP video breaks off in the middle of a picture and the connection stays.
        clock_skew: seconds added to every stamp.
        deaf: commands are lost on their way to the wheels.
        time_out: seconds without a command after which the car stands; None: never.
        odometry_off: no odometry.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    latency: Seconds = 0.0
    jitter: Seconds = 0.0
    dropout: Annotated[FiniteFloat, Field(ge=0.0, le=1.0)] = 0.0
    frozen: bool = False
    repeating: bool = False
    camera_off: bool = False
    truncated: bool = False
    hanging: bool = False
    clock_skew: FiniteFloat = 0.0
    deaf: bool = False
    time_out: Seconds | None = 0.5
    odometry_off: bool = False
