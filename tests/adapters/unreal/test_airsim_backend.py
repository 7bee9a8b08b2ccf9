"""AirSim's real clients against the stand-in server: poses, pictures, masks, things, and what is refused."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from evalsuite.adapters.unreal.airsim_backend import AirSimBackend, AirSimOptions
from evalsuite.adapters.unreal.airsim_client import COSYS, MICROSOFT, Address, Client, Dialect
from evalsuite.adapters.unreal.airsim_settings import wanted_settings
from evalsuite.adapters.unreal.backend import Prop
from evalsuite.adapters.unreal.blocks_level import level_of
from evalsuite.adapters.unreal.standin.scene import Scene
from evalsuite.adapters.unreal.standin_process import StandIn
from evalsuite.crossview.geometry import Pose, pitch_towards, yaw_towards
from evalsuite.errors import SimulatorFault
from evalsuite.seeding import Dice
from tests.adapters.unreal.airsim_shared import needs, needs_a_client, shipped

Connect = Callable[..., AirSimBackend]
Serve = Callable[..., tuple[StandIn, Address]]

ORIGIN_UP = 200.0
PROPS = (
    Prop("floor", "floor", (0.0, 0.0, -0.5), (40.0, 40.0, 1.0)),
    Prop("wall-1", "wall", (2.0, 6.0, 1.5), (5.0, 1.0, 3.0)),
    Prop("crate-1", "crate", (0.0, 5.0, 0.5), (1.0, 1.0, 1.0)),
    Prop("bench-1", "bench", (-2.0, 8.0, 0.3), (2.0, 0.6, 0.6), 90.0),
)


def cameras(count: int) -> list[Pose]:
    """Poses round the bench, each looking about at it; the first ones are half hidden from it."""
    dice = Dice("unreal cameras")
    found = []
    for _ in range(count):
        eye = (dice.uniform(-9.0, 9.0), dice.uniform(-4.0, 14.0), dice.uniform(0.4, 5.0))
        yaw = yaw_towards(eye, PROPS[3].middle) + dice.uniform(-40.0, 40.0)
        pitch = pitch_towards(eye, PROPS[3].middle) + dice.uniform(-15.0, 15.0)
        found.append(Pose(x=eye[0], y=eye[1], z=eye[2], yaw=yaw, pitch=max(-85.0, min(85.0, pitch))))
    return found


def own_scene(dialect: Dialect) -> Scene:
    """The stand-in's scene with the props in it, here and without any wire."""
    scene = Scene(dialect.name)
    for prop in PROPS:
        middle = (prop.middle[0], prop.middle[1], prop.middle[2] + ORIGIN_UP)
        scene.spawn(prop.name, middle, prop.size, prop.yaw)
    return scene


def truth(scene: Scene, name: str, camera: Pose) -> NDArray[np.bool_]:
    """The pixels of a thing, as the renderer knows them."""
    picture = scene.picture(camera.model_copy(update={"z": camera.z + ORIGIN_UP}), 640, 480, 110.0)
    shown: NDArray[np.bool_] = picture.ids == scene.actors[name].identity
    return shown


def test_the_mask_equals_the_stand_ins_truth_exactly(dialect: Dialect, connect: Connect) -> None:
    backend = connect(dialect)
    backend.spawn(PROPS)
    scene = own_scene(dialect)
    shown = 0
    for asked in cameras(12):
        backend.place_agent(asked)
        # What the engine keeps of a pose has 32 bits.
        kept = backend.agent_pose()
        for name in ("bench-1", "wall-1", "crate-1"):
            mask = backend.view(name).mask
            np.testing.assert_array_equal(mask.astype(bool), truth(scene, name, kept))
            shown += bool(mask.any())
    assert shown > 12


def test_a_goal_capture_leaves_the_pose_bit_equal(dialect: Dialect, connect: Connect) -> None:
    for mode in ("ComputerVision", "Multirotor", "Car"):
        backend = connect(dialect, *(() if mode == "ComputerVision" else ("--mode", mode)))
        backend.spawn(PROPS)
        backend.place_agent(Pose(x=0.1, y=-3.3, z=1.62, yaw=17.3, pitch=4.1))
        before, picture = backend.agent_pose(), backend.view("crate-1").image
        goal = backend.view("crate-1", Pose(x=3.0, y=1.0, z=2.5, yaw=-40.0, pitch=22.0))
        assert goal.mask.any()
        assert not np.array_equal(goal.image, picture)
        assert backend.agent_pose() == before
        np.testing.assert_array_equal(backend.view("crate-1").image, picture)


def test_a_goal_camera_sees_the_same_from_a_vehicle_as_from_a_placed_camera(dialect: Dialect, connect: Connect) -> None:
    camera = Pose(x=3.0, y=1.0, z=2.5, yaw=-40.0, pitch=22.0)
    seen = {}
    for mode in ("ComputerVision", "Multirotor"):
        backend = connect(dialect, *(() if mode == "ComputerVision" else ("--mode", mode)))
        backend.spawn(PROPS)
        backend.place_agent(Pose(x=0.0, y=-3.0, z=1.62, yaw=30.0))
        seen[mode] = backend.view("crate-1", camera).mask
    differ = int((seen["ComputerVision"] != seen["Multirotor"]).sum())
    assert differ <= 0.01 * seen["ComputerVision"].sum(), f"{differ} pixels"


def test_things_are_listed_under_their_own_names_found_moved_and_destroyed(dialect: Dialect, connect: Connect) -> None:
    backend = connect(dialect)
    backend.spawn(PROPS)
    assert {"floor", "wall-1", "crate-1", "bench-1"} <= set(backend.objects())
    assert backend.middle("bench-1") == pytest.approx(PROPS[3].middle, abs=1e-4)
    backend.place("crate-1", (4.0, 4.0, 0.5))
    assert backend.middle("crate-1") == pytest.approx((4.0, 4.0, 0.5), abs=1e-4)
    backend.destroy("crate-1")
    assert backend.middle("crate-1") is None
    assert not backend.view("crate-1").mask.any()
    backend.clear()
    assert not {"floor", "wall-1", "bench-1"} & set(backend.objects())
    backend.spawn(PROPS)
    assert backend.middle("crate-1") == pytest.approx(PROPS[2].middle, abs=1e-4)


def test_a_thing_that_is_not_in_the_scene_is_a_fault_and_not_a_place_of_nan(dialect: Dialect, connect: Connect) -> None:
    backend = connect(dialect)
    with pytest.raises(SimulatorFault, match="knows no pose of unicorn"):
        backend.middle("unicorn")
    with pytest.raises(SimulatorFault, match="segments no object unicorn"):
        backend.view("unicorn")


def test_the_engine_is_told_with_client_dialect_mode_and_version(dialect: Dialect, connect: Connect) -> None:
    engine = connect(dialect, "--mode", "Car").engine
    assert engine == {
        "client": dialect.module,
        "dialect": dialect.name,
        "mode": "Car",
        "server_version": str(dialect.version),
    }


def test_an_asset_that_the_server_has_not_is_never_asked_for(
    dialect: Dialect, shared: Callable[[Dialect], Address]
) -> None:
    address = shared(dialect)
    backend = AirSimBackend(AirSimOptions(address=address, assets=("Teapot",)))
    with pytest.raises(SimulatorFault, match="no asset Teapot: run the Blocks environment"):
        backend.spawn(PROPS)
    assert address.answers(1.0), "the server, which would have crashed, is alive"
    backend.close()


def test_pictures_of_another_size_are_a_fault_that_names_the_remedy(
    dialect: Dialect, connect: Connect, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"SimMode": "ComputerVision"}))
    backend = connect(dialect, "--settings", str(settings))
    backend.spawn(PROPS)
    backend.place_agent(Pose(x=0, y=0, z=1.62))
    with pytest.raises(SimulatorFault, match=r"256 x 144, not 640 x 480.*settings\.json"):
        backend.view("crate-1")


def test_settings_without_a_mode_are_a_fault_that_names_the_key(
    dialect: Dialect, connect: Connect, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({**wanted_settings(), "SimMode": ""}))
    with pytest.raises(SimulatorFault, match=r"SimMode ''.*ComputerVision"):
        connect(dialect, "--settings", str(settings))


def test_an_unknown_api_version_is_a_fault_that_says_which_are_known(dialect: Dialect, connect: Connect) -> None:
    with pytest.raises(SimulatorFault, match=r"API version 3; supported: 4 \(cosys\) or 1 \(microsoft\)"):
        connect(dialect, "--version", "3")


def test_what_a_connection_left_behind_is_taken_away_by_the_next(dialect: Dialect, serve: Serve) -> None:
    _, address = serve(dialect)
    first = AirSimBackend(AirSimOptions(address=address))
    first.spawn(PROPS)
    first._client.close()
    second = AirSimBackend(AirSimOptions(address=address))
    assert not [name for name in second.objects() if name.startswith("evalsuite_")]
    second.spawn(PROPS)
    assert second.middle("crate-1") == pytest.approx(PROPS[2].middle, abs=1e-4)
    second.close()


@needs(COSYS)
def test_a_server_whose_client_is_not_installed_is_a_fault_with_the_command(serve: Serve) -> None:
    _, address = serve(MICROSOFT)
    hidden = (
        "import importlib.util as u; real = u.find_spec; "
        "u.find_spec = lambda name, *rest: None if name == 'airsim' else real(name, *rest)\n"
        "from evalsuite.adapters.unreal.airsim_backend import AirSimBackend, AirSimOptions\n"
        "from evalsuite.adapters.unreal.airsim_client import Address\n"
        "from evalsuite.errors import SimulatorFault\n"
        f"try:\n    AirSimBackend(AirSimOptions(address=Address(port={address.port})))\n"
        "except SimulatorFault as fault:\n    print(fault)\n"
    )
    said = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, timeout=60, check=True).stdout
    assert "speaks microsoft's AirSim (version 1)" in said
    assert "airsim is not installed: pip install" in said


def test_a_numpy_number_as_argument_does_not_hang_the_client(
    dialect: Dialect, shared: Callable[[Dialect], Address]
) -> None:
    address = shared(dialect)
    client = Client(dialect, "VehicleClient", address)
    client.ask("simPause", 5.0, np.bool_(True))
    assert client.ask("simIsPause", 5.0) is True
    client.close()


def test_the_client_works_inside_a_running_asyncio_loop(dialect: Dialect, shared: Callable[[Dialect], Address]) -> None:
    address = shared(dialect)

    async def inside() -> int:
        client = Client(dialect, "VehicleClient", address)
        version: int = client.ask("getServerVersion", 5.0)
        client.close()
        return version

    assert asyncio.run(inside()) == dialect.version


@needs_a_client
def test_a_stand_in_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    starts = (
        "import os, sys; from pathlib import Path\n"
        "from evalsuite.adapters.unreal.standin_process import StandIn\n"
        f"standin = StandIn('evalsuite.adapters.unreal.standin', Path({str(tmp_path)!r}))\n"
        "print(standin.pid, standin.port, flush=True); os.kill(os.getpid(), 9)\n"
    )
    said = subprocess.run([sys.executable, "-c", starts], capture_output=True, text=True, timeout=60).stdout.split()
    pid, address = int(said[0]), Address(port=int(said[1]))
    for _ in range(100):
        if not os.path.exists(f"/proc/{pid}") and not address.answers(0.2):
            return
        time.sleep(0.1)
    raise AssertionError("the stand-in outlived its owner")


def test_level_and_scene_hold_the_same_things(dialect: Dialect, connect: Connect) -> None:
    _, arena = level_of(shipped("/approach-easy-0000"))
    backend = connect(dialect)
    backend.spawn(arena.props)
    for prop in arena.things:
        assert backend.middle(prop.name) == pytest.approx(prop.middle, abs=1e-4)
