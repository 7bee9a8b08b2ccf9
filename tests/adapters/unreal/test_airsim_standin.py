"""The stand-in is as strict, as slow and as odd as the servers that it stands in for; the real clients say so."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from evalsuite.adapters.unreal.airsim_client import MICROSOFT, Address, Client, Dialect
from evalsuite.adapters.unreal.standin_process import StandIn
from evalsuite.errors import SimulatorFault

Serve = Callable[..., tuple[StandIn, Address]]
LIMIT = 30.0


class Call:
    """A client of one kind on a stand-in of one mode: `call("simPause", True)`."""

    def __init__(self, dialect: Dialect, kind: str, address: Address) -> None:
        self.dialect = dialect
        self.client = Client(dialect, kind, address)
        self.module = self.client.module

    def __call__(self, method: str, *arguments: Any) -> Any:
        return self.client.ask(method, LIMIT, *arguments)

    def pose(self, north: float = 0.0, east: float = 0.0, down: float = 0.0) -> Any:
        return self.module.Pose(self.module.Vector3r(north, east, down))

    def spawn(self, name: str, north: float, east: float, down: float = -0.5) -> str:
        scale = self.module.Vector3r(1.0, 1.0, 1.0)
        named: str = self("simSpawnObject", name, "1M_Cube", self.pose(north, east, down), scale, False, False)
        return named


@pytest.fixture
def call(serve: Serve, shared: Callable[[Dialect], Address]) -> Iterator[Callable[..., Call]]:
    made: list[Call] = []

    def start(dialect: Dialect, mode: str = "ComputerVision", *arguments: str) -> Call:
        alone = mode != "ComputerVision" or arguments
        address = serve(dialect, "--mode", mode, *arguments)[1] if alone else shared(dialect)
        kind = {"Multirotor": "MultirotorClient", "Car": "CarClient"}.get(mode, "VehicleClient")
        made.append(Call(dialect, kind, address))
        return made[-1]

    yield start
    for each in made:
        each.client.close()


def test_things_are_as_the_servers_have_them(dialect: Dialect, call: Callable[..., Call]) -> None:
    ask = call(dialect)
    assert ask("getServerVersion") == dialect.version
    name = ask.spawn("thing", 5.0, 0.0)
    assert ask.spawn("thing", 9.0, 0.0) == f"{name}1", "a name like one that is there gets a number"
    lost = ask("simGetObjectPose", "nothing-of-that-name")
    assert math.isnan(lost.position.x_val)
    assert math.isnan(lost.orientation.w_val)
    assert ask("simDestroyObject", "nothing-of-that-name") is False
    assert ask("simDestroyObject", name) is True
    assert name not in ask("simListSceneObjects", ".*")
    segmented = ask("simSetSegmentationObjectID", "thing1", 42, False)
    assert segmented is (dialect is MICROSOFT), "Cosys's server segments only what the map was loaded with"
    assert ask("simSetSegmentationObjectID", "TemplateCube.*", 42, True) is True


def test_another_number_or_type_of_arguments_is_refused(dialect: Dialect, call: Callable[..., Call]) -> None:
    ask = call(dialect)
    other = ask.module.VehicleClient
    raw = f"raw_{dialect.name}"
    setattr(other, raw, lambda self, method, *arguments: self.client.call(method, *arguments))
    try:
        with pytest.raises(SimulatorFault, match=r"invalid number of arguments\. Expected: 1, got: 0"):
            ask(raw, "simPause")
        with pytest.raises(SimulatorFault, match="bad_cast"):
            ask(raw, "simPause", "yes")
        wrong: tuple[Any, ...] = ([], "", False) if not dialect.external else ([], "")
        with pytest.raises(SimulatorFault, match=f"Expected: {3 if dialect.external else 2}, got: {len(wrong)}"):
            ask(raw, "simGetImages", *wrong)
        with pytest.raises(SimulatorFault, match="could not find function 'simMakeTea'"):
            ask(raw, "simMakeTea")
    finally:
        delattr(other, raw)


def test_segmentation_shows_the_palettes_colour_and_depth_the_distance(
    dialect: Dialect, call: Callable[..., Call]
) -> None:
    ask = call(dialect)
    ask("simSetVehiclePose", ask.pose(down=-100.0), True, "")
    ask("simSetSegmentationObjectID", ".*", 0, True)
    name = ask.spawn("cube", 4.5, 0.0, -100.0)
    ask("simSetSegmentationObjectID", name, 42, False)
    ask("simSetCameraFov", "0", 110.0)
    requests = [ask.module.ImageRequest("0", kind, kind in (1, 2), False) for kind in (0, 5, 1, 2)]
    _, colours, planar, perspective = ask("simGetImages", requests)
    ask("simDestroyObject", name)
    seen = np.frombuffer(colours.image_data_uint8, np.uint8).reshape(480, 640, 3)[240, 320]
    if dialect is MICROSOFT:
        assert tuple(seen) == (106, 31, 92), "Microsoft's uncompressed pictures are BGR"
    else:
        assert tuple(seen) == (0, 0, 0), "what was spawned is in no segmentation"
    depth = np.array(planar.image_data_float, np.float32).reshape(480, 640)
    assert depth[240, 320] == pytest.approx(4.0, abs=0.01)
    assert depth[0, 0] == pytest.approx(65504.0)
    away = np.array(perspective.image_data_float, np.float32).reshape(120, 160)
    assert away[60, 80] == pytest.approx(4.0, abs=0.01)
    assert (planar.width, planar.height) == (640, 480)
    assert colours.camera_position.z_val == pytest.approx(-100.0)


def test_detections_box_what_the_filter_names_within_the_radius(dialect: Dialect, call: Callable[..., Call]) -> None:
    ask = call(dialect)
    ask("simSetVehiclePose", ask.pose(down=-100.0), True, "")
    ask.spawn("near", 4.5, 0.0, -100.0)
    ask.spawn("far", 40.0, 8.0, -100.0)
    ask("simSetDetectionFilterRadius", "0", 0, 2000.0)
    ask("simAddDetectionFilterMeshName", "0", 0, "*")
    (found,) = ask("simGetDetections", "0", 0)
    assert found.name == "near"
    assert found.box2D.min.x_val < 320.0 < found.box2D.max.x_val
    ask("simClearDetectionMeshNames", "0", 0)
    assert not ask("simGetDetections", "0", 0)


def test_time_in_computer_vision_mode_throws_or_does_not_block(dialect: Dialect, call: Callable[..., Call]) -> None:
    ask = call(dialect)
    ask("simPause", True)
    assert ask("simIsPause") is True
    if dialect is MICROSOFT:
        with pytest.raises(SimulatorFault, match="not implemented by SimMode"):
            ask("simContinueForTime", 0.05)
    else:
        begun = time.monotonic()
        ask("simContinueForTime", 100.0)
        assert time.monotonic() - begun < 50.0


def test_a_multirotor_has_moved_when_continue_answers_and_then_stands_still(
    dialect: Dialect, call: Callable[..., Call]
) -> None:
    ask = call(dialect, "Multirotor")
    refused = ask("moveByVelocityBodyFrameAsync", 2.0, 0.0, 0.0, 1.0)
    ask("ping")
    assert "API control is not enabled" in refused.error
    ask("enableApiControl", True)
    ask("armDisarm", True)
    ask("simPause", True)
    ask("simSetVehiclePose", ask.pose(down=-100.0), True, "")
    ask("moveByVelocityBodyFrameAsync", 2.0, 0.0, 0.0, 5.0)
    places = []
    for _ in range(3):
        ask("simContinueForTime", 0.5)
        places.append(ask("simGetVehiclePose", "").position.x_val)
        assert ask("simIsPause") is True
    assert 0.0 < places[0] < places[1] < places[2] < 3.0
    assert ask("simGetVehiclePose", "").position.x_val == places[2]


def test_a_car_goes_on_after_continue_answered_and_is_to_be_asked(dialect: Dialect, call: Callable[..., Call]) -> None:
    ask = call(dialect, "Car")
    ask("enableApiControl", True)
    ask("simPause", True)
    ask("simSetVehiclePose", ask.pose(down=-0.4), True, "")
    controls = ask.module.CarControls(throttle=1.0)
    ask("setCarControls", controls)
    ask("simContinueForTime", 2.0)
    assert ask("simIsPause") is False
    deadline = time.monotonic() + LIMIT
    while not ask("simIsPause") and time.monotonic() < deadline:
        time.sleep(0.02)
    gone = ask("simGetVehiclePose", "").position.x_val
    assert gone > 1.0
    assert ask("simGetVehiclePose", "").position.x_val == gone


def test_answers_can_be_delayed(dialect: Dialect, call: Callable[..., Call]) -> None:
    ask = call(dialect, "ComputerVision", "--delay", "0.3")
    begun = time.monotonic()
    assert ask("ping") is True
    assert time.monotonic() - begun >= 0.3
