"""A camera of ours beside a robot, or alone."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from evalsuite.adapters.robot.link import Frame, LinkSettings, RobotFault, Velocity, open_link
from evalsuite.adapters.robot.links.camera import CameraLink
from evalsuite.errors import UsageError


class Still:
    """Shows these frames, one a look."""

    def __init__(self, *frames: Frame | None) -> None:
        self._frames: Iterator[Frame | None] = iter(frames)
        self.closed = False

    def newest(self) -> Frame | None:
        return next(self._frames, None)

    def close(self) -> None:
        self.closed = True


def _frame() -> Frame:
    return Frame(np.zeros((4, 4, 3), np.uint8), time.monotonic(), None, 0)


def test_a_bare_camera_shows_pictures_and_can_not_drive() -> None:
    first, second = _frame(), _frame()
    camera = Still(None, first, second)
    link = CameraLink(camera, None)
    link.connect(2.0)
    assert link.newest_frame() is second
    assert link.odometry() is None
    with pytest.raises(RobotFault, match="a bare camera can't drive"):
        link.send(Velocity(forward=0.1))
    link.close()
    assert camera.closed


def test_a_camera_that_shows_nothing_is_a_fault_within_the_time_given() -> None:
    began = time.monotonic()
    with pytest.raises(RobotFault, match="no picture within"):
        CameraLink(Still(), None).connect(0.1)
    assert time.monotonic() - began < 2.0


def test_a_link_of_kind_camera_needs_one() -> None:
    with pytest.raises(UsageError, match="needs a camera"):
        open_link(LinkSettings(kind="camera"))
