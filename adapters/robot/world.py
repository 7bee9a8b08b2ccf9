"""The robot world as evalsuite finds it: light to import, connects only when asked."""

from __future__ import annotations

import importlib.util
from contextlib import AbstractContextManager
from pathlib import Path

from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import UsageError
from evalsuite.extras import install_command
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.source import ScenarioSource
from evalsuite.worlds import Readiness

INSTALL = install_command("robot")


class RobotWorld:
    """A robot and a person who sets up its episodes; in rehearsal a simulated car and a scripted operator."""

    name = "robot"
    summary = "a real camera and robot (ROS 2, ROS 1, zenoh, rosbridge, LeRobot), set up by a person, scored by tags"

    def readiness(self) -> Readiness:
        from evalsuite.adapters.robot.readiness import look

        return look()

    def check(self, scenario: Scenario) -> None:
        from evalsuite.adapters.robot.level import level_of

        level_of(scenario)

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        """The robot that EVALSUITE_ROBOT names, or a simulated car of its own."""
        from evalsuite.adapters.robot.making import make_real, make_rehearsal

        missing = [name for name in ("cv2", "cyclonedds") if rehearse and importlib.util.find_spec(name) is None]
        if missing:
            raise UsageError(f"rehearsing the robot takes {' and '.join(missing)}: {INSTALL}")
        return make_rehearsal(folder) if rehearse else make_real()

    def scenario_source(self, folder: Path) -> ScenarioSource:
        """Computed from the room's measures alone: nothing is started."""
        from evalsuite.adapters.robot.synthesis import BallSource

        return BallSource()

    def session(self, folder: Path, *, rehearse: bool) -> AbstractContextManager[None]:
        """The operator at this terminal, or the scripted one."""
        from evalsuite.adapters.robot.making import session_config
        from evalsuite.adapters.robot.session import session

        return session(folder, session_config(rehearse=rehearse), rehearse=rehearse)


WORLD = RobotWorld()
