"""The simulated car drives, stops by itself, is seen, and misbehaves as it is told."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("cv2", reason="the simulated car needs OpenCV: pip install opencv-python-headless")

from evalsuite.adapters.robot.link import RobotFault, Velocity
from evalsuite.adapters.robot.standin import (
    Address,
    Crate,
    Faults,
    Scene,
    SimulatedCar,
    StandInSettings,
    Start,
    Truth,
    View,
)
from evalsuite.crossview.geometry import Pose
from tests.adapters.robot.standin.wires import ReceivedPart, parts_of

PATIENCE = 30.0
SMALL = StandInSettings(
    camera=View(width=160, height=90, horizontal_fov=110.0, rate=20.0),
    overhead=View(width=160, height=120, horizontal_fov=90.0, rate=5.0),
)


@pytest.fixture(scope="module")
def started() -> Iterator[SimulatedCar]:
    with SimulatedCar.start(SMALL) as car:
        yield car


@pytest.fixture
def car(started: SimulatedCar) -> Iterator[SimulatedCar]:
    yield started
    started.set_lockstep(False)
    started.set_faults(**Faults().model_dump())
    started.set_scene(Scene())


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.01)
    return true()


def pictures(url: str, count: int) -> list[ReceivedPart]:
    found: list[ReceivedPart] = []
    for part in parts_of(url, PATIENCE):
        found.append(part)
        if len(found) == count:
            break
    return found


def driven(car: SimulatedCar, velocity: Velocity, seconds: float) -> Truth:
    """Where the car is after simulated seconds of commands at 10 Hz."""
    car.set_lockstep(True)
    for _ in range(round(seconds / 0.1)):
        car.drive(velocity)
        car.advance(0.1)
    return car.truth()


def test_it_drives_forward_sideways_and_round(car: SimulatedCar) -> None:
    car.place_car(Start(x=0.0, y=0.0, yaw=90.0))
    assert driven(car, Velocity(forward=0.3), 2.0).car.position == pytest.approx((0.6, 0.0, 0.0), abs=0.03)
    car.place_car(Start(x=0.0, y=0.0, yaw=90.0))
    assert driven(car, Velocity(right=0.3), 2.0).car.position == pytest.approx((0.0, -0.6, 0.0), abs=0.03)
    car.place_car(Start(x=0.0, y=0.0, yaw=90.0))
    turned = driven(car, Velocity(turn=45.0), 2.0)
    assert turned.car.yaw == pytest.approx(180.0, abs=3.0) or turned.car.yaw == pytest.approx(-180.0, abs=3.0)
    assert turned.travelled == pytest.approx(1.2, abs=0.06)


def test_it_stops_by_itself_half_a_second_after_the_last_command(car: SimulatedCar) -> None:
    car.drive(Velocity(forward=0.3))
    assert until(lambda: car.truth().moving)
    assert until(lambda: not car.truth().moving)
    found = car.truth()
    assert found.stopped_at is not None
    assert found.commanded_at is not None
    assert 0.4 < found.stopped_at - found.commanded_at < 2.0


def test_without_its_time_out_it_drives_on(car: SimulatedCar) -> None:
    car.set_faults(time_out=None)
    car.set_lockstep(True)
    car.drive(Velocity(turn=30.0))
    car.advance(2.0)
    assert car.truth().moving
    car.drive(Velocity())
    car.advance(0.3)
    assert not car.truth().moving


def test_walls_boxes_and_the_ball_stand_in_its_way(car: SimulatedCar) -> None:
    box = Crate(low=(-0.3, 0.0, 0.0), high=(0.3, 0.2, 0.4))
    for scene, north in (
        (Scene(boxes=(box,)), -0.13),
        (Scene(ball=(0.0, 0.5)), 0.27),
        (Scene(ball=None), 1.87),
    ):
        car.set_scene(scene)
        found = driven(car, Velocity(forward=0.6), 7.0)
        assert found.car.y == pytest.approx(north, abs=0.01)
        assert found.bumped


def test_what_it_sees_follows_where_it_is_put(car: SimulatedCar) -> None:
    car.place_car(Start(x=0.0, y=0.0, yaw=0.0))
    ahead = car.truth(look=True)
    assert ahead.ball_pixels is not None
    assert ahead.ball_pixels > 20
    assert ahead.distance == pytest.approx(1.2)
    car.place_car(Start(x=0.0, y=0.0, yaw=180.0))
    assert car.truth(look=True).ball_pixels == 0
    car.place_ball(0.0, -1.0)
    assert car.truth(look=True).ball_pixels != 0
    car.tilt(60.0)
    assert car.truth(look=True).eye.pitch == 60.0


def test_a_photograph_has_the_balls_exact_mask(car: SimulatedCar) -> None:
    above = Pose(x=0.0, y=0.4, z=1.6, yaw=0.0, pitch=60.0)
    image, mask = car.photograph(above, 320, 180, 80.0)
    assert image.shape == (180, 320, 3)
    red = (image[..., 0] > 120) & (image[..., 1] < 90) & (image[..., 2] < 90)
    assert mask.sum() > 50
    assert (red & (mask == 1)).sum() > 0.6 * mask.sum()


def test_the_same_commands_in_lockstep_lead_to_the_same_place_and_the_same_pictures(car: SimulatedCar) -> None:
    runs = []
    car.set_lockstep(True)
    for _ in range(2):
        car.set_scene(Scene(seed=("lockstep", 3), boxes=(Crate(low=(0.2, 0.0, 0.0), high=(0.6, 0.3, 0.3)),)))
        found = driven(car, Velocity(forward=0.4, right=0.1, turn=15.0), 3.0)
        image, _ = car.photograph(found.eye, 160, 90, 110.0)
        runs.append((found.car, found.eye, found.seconds, image.tobytes()))
    assert runs[0] == runs[1]


def test_lockstep_stands_still_between_steps(car: SimulatedCar) -> None:
    car.set_lockstep(True)
    car.drive(Velocity(forward=0.3))
    before = car.truth()
    time.sleep(0.3)
    assert car.truth().seconds == before.seconds
    car.advance(0.2)
    assert car.truth().seconds == pytest.approx(before.seconds + 0.2)


def test_two_pictures_of_a_room_where_nothing_moves_differ(car: SimulatedCar) -> None:
    one, other = pictures(car.camera_url, 2)
    assert other.sequence > one.sequence
    assert other.jpeg != one.jpeg


def test_repeated_pictures_have_fresh_stamps_and_the_same_pixels(car: SimulatedCar) -> None:
    pictures(car.camera_url, 1)
    car.set_faults(repeating=True)
    *_, one, other = pictures(car.camera_url, 4)
    assert other.jpeg == one.jpeg
    assert other.stamp > one.stamp


def test_pictures_drop_out(car: SimulatedCar) -> None:
    car.set_faults(dropout=0.7)
    parts = pictures(car.camera_url, 6)
    missing = parts[-1].sequence - parts[0].sequence + 1 - len(parts)
    assert missing > 3


def test_latency_jitter_and_skew_show_in_the_stamps(car: SimulatedCar) -> None:
    car.set_faults(latency=0.5, jitter=0.3, clock_skew=-5.0)
    late = [part.arrived - (part.stamp + 5.0) for part in pictures(car.camera_url, 12)[2:]]
    assert min(late) >= 0.5
    assert max(late) - min(late) > 0.05


@pytest.mark.parametrize("fault", ["truncated", "camera_off"])
def test_the_video_breaks_off_and_comes_back(car: SimulatedCar, fault: str) -> None:
    viewer = parts_of(car.camera_url, PATIENCE)
    next(viewer)
    car.set_faults(**{fault: True})
    before = time.monotonic()
    assert len(list(viewer)) < 20
    assert time.monotonic() - before < PATIENCE / 2
    if fault == "camera_off":
        with pytest.raises(OSError, match="HTTP 503"):
            next(parts_of(car.camera_url, PATIENCE))
    car.set_faults(**{fault: False})
    assert len(pictures(car.camera_url, 2)) == 2


def test_a_deaf_car_stands_still(car: SimulatedCar) -> None:
    car.set_faults(deaf=True)
    car.set_lockstep(True)
    car.drive(Velocity(forward=0.3))
    car.advance(0.3)
    assert not car.truth().moving
    assert car.truth().commands == 0


def test_the_overhead_camera_sends_its_own_pictures(car: SimulatedCar) -> None:
    car.set_faults(camera_off=True)
    assert len(pictures(car.overhead_url, 2)) == 2


def test_a_request_that_makes_no_sense_is_refused_and_the_car_goes_on(car: SimulatedCar) -> None:
    for do, arguments, said in (
        ("fly", {}, "nothing is called 'fly'"),
        ("faults", {"change": {"latency": -1.0}}, "latency"),
        ("place_car", {}, "KeyError"),
        ("scene", {"scene": {"balls": 2}}, "balls"),
    ):
        with pytest.raises(RobotFault, match=said):
            car.ask(do, **arguments)
    assert car.truth().seconds >= 0.0


def test_somebody_else_with_the_address_can_ask_and_without_the_token_nobody(car: SimulatedCar) -> None:
    other = SimulatedCar(car.address)
    assert other.truth().ball == car.truth().ball
    other.close()
    with socket.create_connection(("127.0.0.1", car.address.control), timeout=PATIENCE) as line:
        line.sendall(json.dumps({"token": "guessed", "do": "truth"}).encode() + b"\n")
        assert line.recv(100) == b""
    assert car.truth().seconds >= 0.0


def test_it_ends_with_its_starter_and_whoever_asks_it_then_is_told_in_one_line() -> None:
    program = (
        "import dataclasses, json, sys, time\n"
        "from evalsuite.adapters.robot.standin import SimulatedCar, StandInSettings\n"
        "car = SimulatedCar.start(StandInSettings.model_validate_json(sys.argv[1]))\n"
        "print(json.dumps([car.process_id, dataclasses.asdict(car.address)]), flush=True); time.sleep(60)\n"
    )
    starter = subprocess.Popen([sys.executable, "-c", program, SMALL.model_dump_json()], stdout=subprocess.PIPE)
    assert starter.stdout is not None
    number, address = json.loads(starter.stdout.readline())
    starter.stdout.close()
    guest = SimulatedCar(Address(**address))
    assert guest.truth().moving is False
    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()
    assert until(lambda: not Path(f"/proc/{number}").exists())
    with pytest.raises(RobotFault, match=r"the simulated car is gone .*: start it again"):
        guest.truth()
