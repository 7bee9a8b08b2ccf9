"""Everything that is connected for a session: link, camera, command thread, motion, tags."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Mapping

from evalsuite.adapters.robot.cameras import Camera, open_camera
from evalsuite.adapters.robot.commands import CommandThread
from evalsuite.adapters.robot.config import OverheadSettings, RobotConfig
from evalsuite.adapters.robot.dry_run import DryRun
from evalsuite.adapters.robot.lens import Lens, load_calibration
from evalsuite.adapters.robot.link import Odometry, RobotFault, RobotLink, open_link
from evalsuite.adapters.robot.motion import Execution, make_execution
from evalsuite.adapters.robot.tags import TagScorer
from evalsuite.adapters.robot.tracking import Tracker, carried_on
from evalsuite.crossview.geometry import Pose

CONNECT_SECONDS = 15.0
TELL_SECONDS = 0.5


class Rig:
    """A connected robot.

    Args:
        config: of the robot.
        confirm: asks a person a question about the robot; needed where there is no odometry.
        tell: shows a person what a dry run would send.

    Raises:
        RobotFault: when something does not answer within `CONNECT_SECONDS`.
        UsageError: when something isn't installed, or a file has a mistake.
    """

    def __init__(self, config: RobotConfig, confirm: Callable[[str], bool], tell: Callable[[str], None]) -> None:
        self.config = config
        with contextlib.ExitStack() as opened:
            camera = self._own_camera(config, opened)
            self.link: RobotLink = open_link(config.link, camera)
            if not config.motion:
                self.link = DryRun(self.link, _now_and_then(tell))
            opened.callback(self.link.close)
            self.link.connect(CONNECT_SECONDS)
            calibration = config.camera.calibration if config.camera.source == "link" else None
            self.lens: Lens | None = load_calibration(calibration) if calibration is not None else None
            self.scorer: TagScorer | None = None
            self.tracker: Tracker | None = None
            if config.overhead is not None:
                self.scorer = _scorer(config.overhead, opened)
                self.tracker = Tracker(
                    self.scorer.measure,
                    self.link.odometry,
                    most_error=config.overhead.most_error,
                    most_age=config.overhead.most_age,
                )
                opened.callback(self.tracker.close)
            self.commands = CommandThread(self.link, config.limits, self._pose, confirm)
            opened.callback(self.commands.close)
            self.motion: Execution = make_execution(config, self.commands, self.link)
            self._opened = opened.pop_all()

    def identity(self) -> Mapping[str, str]:
        """What is connected, for the record."""
        return {**self.link.identity, **(self.scorer.identity if self.scorer is not None else {})}

    def arm(self) -> None:
        """Allow motion again: a person has just said that everything stands as it should."""
        if self.commands.state == "stopped":
            self.commands.rearm()
        self.commands.arm()

    def stand_still(self) -> None:
        """Zero at once; nothing moves before `arm`."""
        self.commands.disarm()

    def reckoned(self, start: Pose, then: Odometry | None) -> Pose:
        """Where the robot's eye is by its wheels alone; `start` without odometry."""
        now = self.link.odometry()
        return start if then is None or now is None else carried_on(start, then, now)

    def close(self) -> None:
        """Zero, and hang up; may be called twice."""
        self._opened.close()

    def _own_camera(self, config: RobotConfig, opened: contextlib.ExitStack) -> Camera | None:
        if config.camera.source == "link":
            return None
        camera = open_camera(config.camera.source, calibration=config.camera.calibration)
        opened.callback(camera.close)
        return camera

    def _pose(self) -> Pose | None:
        if self.tracker is None:
            return None
        try:
            located = self.tracker.located()
        except RobotFault:
            return None
        return located.pose if located is not None else None


def _scorer(overhead: OverheadSettings, opened: contextlib.ExitStack) -> TagScorer:
    calibration = overhead.camera.calibration
    camera = open_camera(overhead.camera.source, calibration=calibration)
    opened.callback(camera.close)
    return TagScorer(camera, overhead, load_calibration(calibration) if calibration is not None else None)


def _now_and_then(tell: Callable[[str], None]) -> Callable[[str], None]:
    """`tell`, at most once in `TELL_SECONDS`; every line goes to the log."""
    told = 0.0

    def show(line: str) -> None:
        nonlocal told
        print(line, file=sys.stderr, flush=True)
        if time.monotonic() - told >= TELL_SECONDS:
            told = time.monotonic()
            tell(line)

    return show
