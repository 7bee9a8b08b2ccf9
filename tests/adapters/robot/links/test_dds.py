"""The DDS link and a robot in another process, over the loopback interface."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("cyclonedds", reason="needs cyclonedds: pip install evalsuite[robot]")

from evalsuite.adapters.robot.link import RobotFault, RobotLink, Velocity, open_link
from tests.adapters.robot.car_process import DOMAIN, CarProcess, link_settings, seconds_until

SECONDS = 6.0
RATE = 30.0


@pytest.fixture(scope="module")
def car() -> Iterator[CarProcess]:
    with CarProcess() as car:
        yield car


@pytest.fixture(scope="module")
def link(car: CarProcess) -> Iterator[RobotLink]:
    link = open_link(link_settings())
    link.connect(10.0)
    yield link
    link.close()


def test_vga_at_30_hz_comes_whole_and_in_time(link: RobotLink, car: CarProcess) -> None:
    """The 60 s version is tests/benchmarks/robot_picture_latency.py."""
    first, offset = link.newest_frame(), time.time() - time.monotonic()
    assert first is not None
    sent, stamps, latencies, newest = car.truth()["pictures"], [], [], first.sequence
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        frame = link.newest_frame()
        assert frame is not None
        assert frame.image.shape == (480, 640, 3)
        if frame.sequence != newest:
            newest = frame.sequence
            assert frame.stamp is not None
            stamps.append(frame.stamp)
            latencies.append(frame.received + offset - frame.stamp)
        link.send(Velocity(turn=10.0))
        time.sleep(0.002)
    sent = car.truth()["pictures"] - sent
    print(f"\n{len(stamps)} of {sent} pictures, latency p50 {_ms(latencies, 50)} ms, p95 {_ms(latencies, 95)} ms")
    assert sent > 0.5 * SECONDS * RATE
    assert abs(newest - first.sequence - sent) <= 2
    assert len(stamps) > 0.9 * sent
    assert np.median(latencies) < 0.1


def _ms(seconds: list[float], percentile: float) -> str:
    return f"{1000 * float(np.percentile(seconds, percentile)):.1f}"


def test_what_was_found_is_told_for_the_record(link: RobotLink) -> None:
    assert link.identity["images"] == "/camera/image_raw sensor_msgs/msg/Image"
    assert link.identity["commands"] == "/cmd_vel geometry_msgs/msg/Twist"
    assert link.identity["library"].startswith("cyclonedds ")
    assert link.abilities == {"odometry"}


def test_it_turns_clockwise_and_its_odometry_says_so(link: RobotLink, car: CarProcess) -> None:
    car.tell(do="put", x=0.0, y=0.0, yaw=0.0)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        link.send(Velocity(turn=40.0))
        time.sleep(0.05)
    link.send(Velocity())
    seconds_until(lambda: not car.moves)
    truth = car.truth()["yaw"]
    assert truth > 10.0
    seconds_until(lambda: abs((place.yaw if (place := link.odometry()) else 0.0) - truth) < 0.1)


def test_a_picture_sent_again_is_no_new_one_and_one_stamped_anew_has_old_pixels(
    link: RobotLink, car: CarProcess
) -> None:
    car.tell(do="repeat")
    time.sleep(0.3)
    before = link.newest_frame()
    time.sleep(0.3)
    after = link.newest_frame()
    assert before is not None
    assert after is not None
    assert after.sequence == before.sequence
    car.tell(do="restamp")
    time.sleep(0.3)
    stamped = link.newest_frame()
    assert stamped is not None
    assert stamped.sequence > after.sequence
    assert stamped.changed == before.changed
    car.tell(do="resume")


def test_stamped_commands_and_compressed_pictures_are_found_out_by_themselves() -> None:
    pytest.importorskip("cv2", reason="needs OpenCV: pip install evalsuite[robot]")
    domain = DOMAIN + 1
    arguments = ("--command-type", "TwistStamped", "--image-type", "CompressedImage", "--width", "320")
    with CarProcess(*arguments, domain=domain) as car:
        link = open_link(link_settings(domain=domain))
        link.connect(10.0)
        assert link.identity["images"].endswith("sensor_msgs/msg/CompressedImage")
        assert link.identity["commands"].endswith("geometry_msgs/msg/TwistStamped")
        frame = link.newest_frame()
        assert frame is not None
        assert frame.image.shape == (480, 320, 3)
        end = time.monotonic() + 5.0
        while not car.moves:
            link.send(Velocity(forward=0.1))
            assert time.monotonic() < end
        link.close()
        link.close()
        seconds_until(lambda: not car.moves, timeout=0.4)


def test_a_robot_that_is_not_there_is_a_fault_that_says_what_is(link: RobotLink) -> None:
    elsewhere = open_link(link_settings(domain=DOMAIN + 2))
    with pytest.raises(RobotFault, match=r"publishes no /camera/image_raw \(looked for 0\.[3-9] s\); is its driver"):
        elsewhere.connect(0.3)
    elsewhere.close()


def test_another_topic_that_would_do_is_named(link: RobotLink) -> None:
    misnamed = open_link(link_settings(image_topic="/image"))
    with pytest.raises(RobotFault, match=r"it publishes /camera/image_raw: set link\.image_topic"):
        misnamed.connect(2.0)
    misnamed.close()
