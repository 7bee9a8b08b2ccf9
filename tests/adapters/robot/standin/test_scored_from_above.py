"""The whole way: rendered tags, HTTP video, the grabber, and the score."""

from __future__ import annotations

import math
import time

import pytest

pytest.importorskip("cv2", reason="the simulated car needs OpenCV: pip install opencv-python-headless")

from evalsuite.adapters.robot.cameras import open_camera
from evalsuite.adapters.robot.standin import Faults, Scene, SimulatedCar, StandInSettings, Start
from evalsuite.adapters.robot.tags import TagScorer
from tests.adapters.robot.tags.rendered import RenderedRoom

PATIENCE = 40.0


def test_the_overhead_camera_tells_where_the_car_really_is() -> None:
    room = RenderedRoom(Scene())
    with (
        SimulatedCar.start(StandInSettings(scene=room.scene, faults=Faults(camera_off=True))) as car,
        open_camera(car.overhead_url) as camera,
    ):
        camera.wait(PATIENCE)
        scorer = TagScorer(camera, room.layout())
        assert scorer.check_tag_size() == []
        for x, y, yaw in ((0.7, 0.4, 30.0), (-1.1, -0.3, -100.0)):
            car.place_car(Start(x=x, y=y, yaw=yaw))
            placed = time.monotonic()
            while True:
                found = scorer.measure()
                # A picture that was on its way may show the car where it was.
                taken = time.monotonic() - found.age_s
                if taken > placed + 1.5 or time.monotonic() > placed + PATIENCE:
                    break
                time.sleep(0.05)
            assert found.robot is not None
            assert math.hypot(found.robot.x - x, found.robot.y - y) < 0.02
            assert found.robot.yaw == pytest.approx(yaw, abs=3.0)
