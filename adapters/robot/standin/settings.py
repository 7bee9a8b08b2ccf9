"""What a simulated car is started with."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

from evalsuite.adapters.robot.link import LinkSettings
from evalsuite.adapters.robot.standin.faults import Faults
from evalsuite.adapters.robot.standin.scene import Scene

LOOPBACK = "127.0.0.1"


class View(BaseModel):
    """A camera's picture: size in pixels, horizontal field of view in degrees, pictures a second."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: Annotated[int, Field(ge=32, le=1920)]
    height: Annotated[int, Field(ge=32, le=1200)]
    horizontal_fov: Annotated[float, Field(gt=10.0, lt=170.0)]
    rate: PositiveFloat


class StandInSettings(BaseModel):
    """How the car is set up.

    Args:
        scene: the room at the start.
        link: topics, message types and domain on DDS; `image_type` and `command_type` "auto" are Image and Twist.
            None: no DDS at all.
        camera, overhead: the car's own camera, and the one that looks down.
        faults: what goes wrong from the start.
        lockstep: the simulation stands still but for `SimulatedCar.advance`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scene: Scene = Scene()
    link: LinkSettings | None = None
    camera: View = View(width=640, height=360, horizontal_fov=110.0, rate=20.0)
    overhead: View = View(width=1280, height=960, horizontal_fov=90.0, rate=3.0)
    faults: Faults = Faults()
    lockstep: bool = False


def rehearsal_link(domain: int) -> LinkSettings:
    """A link to a simulated car on this machine alone, with everything that the car can do."""
    return LinkSettings(
        kind="dds",
        domain=domain,
        interface=LOOPBACK,
        sideways=True,
        pitch_topic="/camera/pitch",
        beeper_topic="/beeper",
        stop_topic="/emergency_stop",
    )
