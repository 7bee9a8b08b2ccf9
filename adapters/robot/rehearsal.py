"""The robot of a rehearsal: a simulated car on this machine's DDS, scored by rendered tags, in its own room."""

from __future__ import annotations

import itertools
import os
from typing import Literal

from evalsuite.adapters.robot.config import (
    CameraSettings,
    FloorTag,
    OverheadSettings,
    RobotConfig,
    Tag,
)
from evalsuite.adapters.robot.limits import Limits
from evalsuite.adapters.robot.room import ROBOT_TAG, TARGET_TAG
from evalsuite.adapters.robot.standin import SimulatedCar, StandInSettings, View, rehearsal_link
from evalsuite.adapters.robot.standin.scene import ROBOT_TAG_HEIGHT, Scene, target_tag_height
from evalsuite.errors import UsageError

EXECUTION_VARIABLE = "EVALSUITE_ROBOT_EXECUTION"
"""Environment variable: how a rehearsal drives, blocking (the default) or continuous."""

CONTINUOUS_RATE = 5.0
CAMERA_RATE = 12.0
"""Pictures a second: what two busy cores draw at the published size, and far below the limit on their age."""

FRAME_AGE_SECONDS = 0.6
DOMAINS = (101, 200)
TARGET_TAG_METRES = 0.1

Execution = Literal["blocking", "continuous"]


def execution_asked() -> Execution | None:
    """What `EVALSUITE_ROBOT_EXECUTION` names. Raises `UsageError` for what there is not."""
    asked = os.environ.get(EXECUTION_VARIABLE, "")
    known: dict[str, Execution] = {"blocking": "blocking", "continuous": "continuous"}
    if asked in known:
        return known[asked]
    if asked:
        raise UsageError(f"{EXECUTION_VARIABLE} is {asked!r}; it is blocking or continuous")
    return None


_cars = itertools.count()


def rehearsal_domain() -> int:
    """A DDS domain of its own for each car: none of this process has it, and likely none of another on this machine."""
    low, high = DOMAINS
    return low + (os.getpid() * 7 + next(_cars)) % (high - low)


def rehearsal_config(named: RobotConfig | None) -> RobotConfig:
    """The simulated car's, with the limits and the camera of the `named` robot if there is one."""
    base = named or RobotConfig()
    execution = execution_asked() or base.execution
    rate = base.rate if named is not None else CONTINUOUS_RATE if execution == "continuous" else base.rate
    return RobotConfig(
        name="simulated car",
        link=rehearsal_link(rehearsal_domain()),
        limits=_limits(named),
        camera=CameraSettings(
            width=base.camera.width,
            height=base.camera.height,
            horizontal_fov=base.camera.horizontal_fov,
        ),
        execution=execution,
        rate=rate,
        step=base.step,
        stop_key=base.stop_key,
        tolerance=base.tolerance,
        approach_radius=base.approach_radius,
    )


def _limits(named: RobotConfig | None) -> Limits:
    """The named robot's, but for its own room's fence; else those that a drawn picture on a busy machine keeps."""
    if named is None:
        return Limits(frame_age=FRAME_AGE_SECONDS)
    return named.limits.model_copy(update={"geofence": None})


def start_car(config: RobotConfig) -> SimulatedCar:
    """The car that `config` drives."""
    camera = config.camera
    view = View(width=camera.width, height=camera.height, horizontal_fov=camera.horizontal_fov, rate=CAMERA_RATE)
    return SimulatedCar.start(StandInSettings(link=config.link, camera=view))


def with_tags(config: RobotConfig, car: SimulatedCar) -> RobotConfig:
    """`config`, scored by the overhead camera of `car`."""
    view, scene = StandInSettings().overhead, Scene()
    return config.model_copy(
        update={
            "overhead": OverheadSettings(
                camera=CameraSettings(
                    source=car.overhead_url,
                    width=view.width,
                    height=view.height,
                    horizontal_fov=view.horizontal_fov,
                ),
                robot=Tag(id=ROBOT_TAG, height=ROBOT_TAG_HEIGHT),
                target=Tag(id=TARGET_TAG, size=TARGET_TAG_METRES, height=target_tag_height(scene)),
                floor=tuple(
                    FloorTag(id=tag.id, x=tag.x, y=tag.y, yaw=tag.yaw, size=tag.size, height=tag.height)
                    for tag in scene.floor_tags
                ),
            )
        }
    )
