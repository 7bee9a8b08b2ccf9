"""The simulated car on real DDS, driven by the robot link as any ROS 2 robot is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("cv2", reason="the simulated car needs OpenCV: pip install opencv-python-headless")
pytest.importorskip("cyclonedds", reason="DDS needs Cyclone DDS: pip install cyclonedds")

from evalsuite.adapters.robot.link import Odometry, RobotLink, Velocity, open_link
from evalsuite.adapters.robot.standin import SimulatedCar, StandInSettings, Start, View, rehearsal_link

PATIENCE = 30.0
SETTINGS = rehearsal_link(domain=101 + os.getpid() % 100)
CAMERA = View(width=320, height=180, horizontal_fov=110.0, rate=15.0)


@pytest.fixture(scope="module")
def car() -> Iterator[SimulatedCar]:
    with SimulatedCar.start(StandInSettings(link=SETTINGS, camera=CAMERA)) as car:
        yield car


@pytest.fixture(scope="module")
def link(car: SimulatedCar) -> Iterator[RobotLink]:
    link = open_link(SETTINGS)
    link.connect(PATIENCE)
    yield link
    link.close()


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.01)
    return False


def test_its_pictures_arrive_fresh_and_each_with_the_next_number(link: RobotLink) -> None:
    assert until(lambda: link.newest_frame() is not None)
    first = link.newest_frame()
    assert first is not None
    assert first.image.shape == (180, 320, 3)

    def later() -> bool:
        frame = link.newest_frame()
        return frame is not None and frame.sequence >= first.sequence + 5

    assert until(later)
    assert link.abilities == {"sideways", "camera pitch", "beeper", "odometry"}


def test_it_drives_as_told_and_its_odometry_says_so_within_its_error(car: SimulatedCar, link: RobotLink) -> None:
    car.place_car(Start(x=0.0, y=-1.0, yaw=0.0))
    assert until(lambda: link.odometry() is not None)
    before, there = link.odometry(), car.truth()
    assert before is not None

    def driven() -> bool:
        link.send(Velocity(forward=0.3))
        return car.truth().car.y > -0.6

    assert until(driven)
    link.send(Velocity())
    assert until(lambda: not car.truth().moving)
    gone = car.truth().car.y - there.car.y
    assert car.truth().commands > 1

    def agrees() -> bool:
        now = link.odometry()
        return isinstance(now, Odometry) and abs(now.y - before.y - gone) < 0.03 * gone + 0.005

    assert until(agrees)


def test_it_stops_by_itself_when_commands_cease(car: SimulatedCar, link: RobotLink) -> None:
    car.place_car(Start(x=0.0, y=-1.0, yaw=0.0))

    def moves() -> bool:
        link.send(Velocity(turn=40.0))
        return car.truth().moving

    assert until(moves)
    assert until(lambda: not car.truth().moving)
    found = car.truth()
    assert found.stopped_at is not None
    assert found.commanded_at is not None
    assert 0.4 < found.stopped_at - found.commanded_at < 2.0


def test_its_camera_pitches_its_beeper_sounds_and_its_stop_button_is_heard(car: SimulatedCar, link: RobotLink) -> None:
    link.pitch_camera(20.0)
    assert until(lambda: abs(car.truth().eye.pitch - 20.0) < 0.1)
    link.beep()
    assert until(lambda: car.truth().beeps >= 1)
    car.press_stop()
    assert until(link.stop_requested)


def test_a_frozen_camera_makes_no_new_frames(car: SimulatedCar, link: RobotLink) -> None:
    car.set_faults(frozen=True)
    time.sleep(0.5)
    frame = link.newest_frame()
    time.sleep(0.5)
    assert link.newest_frame() is frame
    car.set_faults(frozen=False)
    assert until(lambda: link.newest_frame() is not frame)


def test_as_a_robot_with_compressed_pictures_and_stamped_commands_it_is_driven_all_the_same() -> None:
    other = {"domain": SETTINGS.domain + 1, "image_type": "CompressedImage", "command_type": "TwistStamped"}
    with SimulatedCar.start(StandInSettings(link=SETTINGS.model_copy(update=other), camera=CAMERA)) as car:
        link = open_link(SETTINGS.model_copy(update={"domain": SETTINGS.domain + 1}))
        link.connect(PATIENCE)
        try:
            assert until(lambda: link.newest_frame() is not None)

            def moves() -> bool:
                link.send(Velocity(turn=40.0))
                return car.truth().moving

            assert until(moves)
            car.kill()
            time.sleep(0.3)
            frame = link.newest_frame()
            time.sleep(0.3)
            assert link.newest_frame() is frame
            link.send(Velocity())
        finally:
            link.close()
