"""A camera on the network that fails stops the car, whatever way it fails."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

pytest.importorskip("cv2", reason="the simulated car needs OpenCV: pip install opencv-python-headless")
pytest.importorskip("cyclonedds", reason="DDS needs Cyclone DDS: pip install cyclonedds")

from evalsuite.adapters.robot.cameras import open_camera
from evalsuite.adapters.robot.commands import CommandThread
from evalsuite.adapters.robot.grabber import GrabbedCamera
from evalsuite.adapters.robot.limits import Limits
from evalsuite.adapters.robot.link import Frame, RobotFault, Velocity, open_link
from evalsuite.adapters.robot.standin import Faults, SimulatedCar, StandInSettings, View, rehearsal_link

PATIENCE = 30.0
LIMIT = 0.3
MOST_AFTER_LIMIT = 0.35
SETTINGS = rehearsal_link(domain=103 + os.getpid() % 100).model_copy(update={"image_topic": None})
CAMERA = View(width=320, height=180, horizontal_fov=110.0, rate=20.0)


@dataclass(frozen=True)
class Driven:
    """A simulated car whose pictures come by HTTP video, and the thread that drives it."""

    car: SimulatedCar
    camera: GrabbedCamera
    commands: CommandThread

    def newest(self) -> Frame:
        frame = self.camera.newest()
        assert frame is not None
        return frame

    def drive(self) -> None:
        """Turn on the spot until something stops it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.commands.arm()
                break
            except RobotFault:
                # On a busy machine a picture may be late by itself.
                assert time.monotonic() < deadline
        self.commands.reset_trips()
        self.commands.drive(Velocity(turn=40.0), 10.0)
        while not self.car.truth().moving:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.fixture(scope="module")
def driven() -> Iterator[Driven]:
    settings = StandInSettings(link=SETTINGS, camera=CAMERA)
    with SimulatedCar.start(settings) as car, open_camera(car.camera_url) as camera:
        camera.wait(PATIENCE)
        link = open_link(SETTINGS, camera)
        link.connect(PATIENCE)
        commands = CommandThread(link, Limits(frame_age=LIMIT))
        yield Driven(car, camera, commands)
        commands.close()
        link.close()


@pytest.fixture(autouse=True)
def _mended(driven: Driven) -> Iterator[None]:
    yield
    driven.commands.disarm()
    driven.car.set_faults(**Faults().model_dump())
    before, deadline = driven.newest().sequence, time.monotonic() + PATIENCE
    while driven.newest().sequence < before + 5:
        assert time.monotonic() < deadline, "the fault is over and no pictures come"
        time.sleep(0.01)


@pytest.mark.parametrize("fault", ["frozen", "repeating", "hanging", "camera_off"])
def test_a_camera_that_fails_stops_the_car(driven: Driven, fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    driven.drive()
    driven.car.set_faults(**{fault: True})
    deadline = time.monotonic() + PATIENCE
    while (stopped := driven.car.truth().stopped_at) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    late = stopped - driven.newest().received - LIMIT
    with capsys.disabled():
        print(f"\n{fault}: the wheels stood {late:.3f} s after the limit on the frame's age ({LIMIT} s)")
    assert late < MOST_AFTER_LIMIT
    assert driven.commands.trips[-1].kind == "frame age"
