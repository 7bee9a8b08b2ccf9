"""A body that the engine moves: a multirotor by velocities, a car by throttle and steering."""

from __future__ import annotations

from evalsuite.adapters.unreal.backend import Backend, Motion
from evalsuite.adapters.unreal.specification import STEPS_PER_SECOND
from evalsuite.adapters.unreal.walking_body import SNEAK_SPEED, SPRINT_SPEED, WALK_SPEED
from evalsuite.crossview.geometry import Pose
from evalsuite.crossview.spaces import Action


class DrivenBody:
    """Asks for speeds; how fast it then goes is the engine's physics."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._pose = Pose(x=0.0, y=0.0, z=0.0)

    def begin(self, start: Pose) -> None:
        self._backend.place_agent(start)
        self._pose = self._backend.agent_pose()

    def step(self, action: Action) -> tuple[str, ...]:
        pitch, yaw = (float(degrees) for degrees in action["camera"])
        ahead = int(action["forward"]) - int(action["back"])
        right = int(action["right"]) - int(action["left"])
        speed = SNEAK_SPEED if action["sneak"] else SPRINT_SPEED if action["sprint"] and ahead > 0 else WALK_SPEED
        motion = Motion(forward=ahead * speed, right=right * speed, turn=yaw * STEPS_PER_SECOND, look=pitch)
        self._backend.drive(motion, 1.0 / STEPS_PER_SECOND)
        self._pose = self._backend.agent_pose()
        return self._backend.contacts()

    def pose(self) -> Pose:
        return self._pose
