"""A body whose movement is the adapter's own: Minecraft's speeds at 20 steps a second, stopped by what depth shows.

AirSim's ComputerVision pawn is a camera that goes through everything. Moving it here, and not by the engine, is what
makes an episode repeatable.
"""

from __future__ import annotations

import math

from evalsuite.adapters.unreal.backend import Backend
from evalsuite.adapters.unreal.clearance import CAMERA_PITCH, free_paths
from evalsuite.adapters.unreal.specification import STEPS_PER_SECOND
from evalsuite.crossview.geometry import Pose, wrap_degrees
from evalsuite.crossview.spaces import Action
from evalsuite.errors import SimulatorFault

WALK_SPEED = 4.317
SPRINT_SPEED = 5.612
SNEAK_SPEED = 1.31
"""Metres a second, as the Minecraft Wiki has them ("Walking", "Sprinting", "Sneaking"). Table 4's velocity of 100 is
full speed, which is the walk here."""

SLIDE_BEARINGS = (0.0, 15.0, -15.0, 30.0, -30.0, 45.0, -45.0)
"""Where the body goes instead when the way is barred, in degrees right of it: along the wall."""

MARGIN_METRES = 0.02
_NOTHING_METRES = 0.005

OBSTACLE = ("obstacle",)
"""What was touched: a depth picture has no names."""


class WalkingBody:
    """A walker at the height of its start; it does not fall."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._pose = Pose(x=0.0, y=0.0, z=0.0)

    def begin(self, start: Pose) -> None:
        self._pose = start
        self._backend.place_agent(start)

    def step(self, action: Action) -> tuple[str, ...]:
        pitch, yaw = (float(degrees) for degrees in action["camera"])
        pose = self._pose.model_copy(
            update={
                "yaw": wrap_degrees(self._pose.yaw + yaw),
                "pitch": max(-90.0, min(90.0, self._pose.pitch + pitch)),
            }
        )
        ahead = int(action["forward"]) - int(action["back"])
        right = int(action["right"]) - int(action["left"])
        touched: tuple[str, ...] = ()
        if ahead or right:
            heading = pose.yaw + math.degrees(math.atan2(right, ahead))
            metres = _speed(action, ahead) / STEPS_PER_SECOND
            pose, touched = self._walked(pose, heading, metres)
        self._pose = pose
        self._backend.place_agent(pose)
        return touched

    def pose(self) -> Pose:
        return self._pose

    def _walked(self, pose: Pose, heading: float, metres: float) -> tuple[Pose, tuple[str, ...]]:
        camera = pose.model_copy(update={"yaw": wrap_degrees(heading), "pitch": CAMERA_PITCH})
        shown = self._backend.depth(camera)
        if shown is None:
            raise SimulatorFault("this engine shows no depth, without which a walker would go through walls")
        depth, horizontal_fov = shown
        free = dict(zip(SLIDE_BEARINGS, free_paths(depth, horizontal_fov, SLIDE_BEARINGS), strict=True))
        for bearing in SLIDE_BEARINGS:
            length = metres * math.cos(math.radians(bearing))
            if free[bearing] - MARGIN_METRES >= length:
                return _moved(pose, heading + bearing, length), () if bearing == 0.0 else OBSTACLE
        length = free[0.0] - MARGIN_METRES
        return (_moved(pose, heading, length) if length > _NOTHING_METRES else pose), OBSTACLE


def _speed(action: Action, ahead: int) -> float:
    if action["sneak"]:
        return SNEAK_SPEED
    return SPRINT_SPEED if action["sprint"] and ahead > 0 else WALK_SPEED


def _moved(pose: Pose, heading: float, metres: float) -> Pose:
    radians = math.radians(heading)
    return pose.model_copy(update={"x": pose.x + metres * math.sin(radians), "y": pose.y + metres * math.cos(radians)})
