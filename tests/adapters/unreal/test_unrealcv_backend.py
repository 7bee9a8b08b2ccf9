"""The UnrealCV backend against the stand-in, whose scene these tests look into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from evalsuite.adapters.unreal.backend import Motion, Prop
from evalsuite.adapters.unreal.specification import HORIZONTAL_FOV
from evalsuite.adapters.unreal.standin_unrealcv_scene import CASUALTY, PLAYER, STRETCHER, Scene
from evalsuite.adapters.unreal.unrealcv_backend import UnrealCvBackend
from evalsuite.adapters.unreal.unrealcv_client import UnrealCvConnection
from evalsuite.adapters.unreal.unrealcv_map import load_map
from evalsuite.crossview.geometry import Pose
from evalsuite.errors import SimulatorFault
from tests.adapters.unreal.unrealcv_rescues import MIDDLES, look_at, needs_unrealcv
from tests.adapters.unreal.unrealcv_servers import serving

pytestmark = needs_unrealcv

YARD = load_map("rescue-yard")
EYE = Pose(x=4.0, y=-3.0, z=1.62, yaw=3.0, pitch=12.0)
CRATE = Prop("crate-1", "crate", (4.0, 0.2, 0.45), (0.9, 0.9, 0.9))
"""Between the eye and the casualty."""


@dataclass
class Binary:
    """A backend, the scene behind it, and the numbers of the cameras that the map had."""

    scene: Scene
    backend: UnrealCvBackend
    port: int

    def truth(self, actor: str, camera: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        """Which pixels show an actor, by the renderer's own account."""
        shown = self.scene.ids(self.scene.cameras[camera]) == self.scene.actors[actor].thing
        return np.asarray(shown, np.uint8)


@pytest.fixture
def binary() -> Iterator[Binary]:
    scene = Scene()
    with serving(scene) as port:
        backend = UnrealCvBackend(UnrealCvConnection(port=port), YARD)
        backend.stand("casualty", *MIDDLES["casualty"][:2])
        backend.stand("stretcher", *MIDDLES["stretcher"][:2])
        backend.place_agent(EYE)
        yield Binary(scene, backend, port)
        backend.close()


AGENT, GOAL = 2, 3
"""The map has two cameras, 0 and 1; the backend's own come after them."""


def test_the_mask_is_the_truth_of_the_agents_view_and_of_a_goal_view(binary: Binary) -> None:
    binary.backend.spawn([CRATE])
    for target, actor in (("casualty", CASUALTY), ("stretcher", STRETCHER)):
        camera = look_at(MIDDLES[target][0] + 1.0, MIDDLES[target][1] - 3.0, 2.0, MIDDLES[target])
        seen, goal = binary.backend.view(target), binary.backend.view(target, camera)
        assert goal.mask.any()
        assert (goal.mask == binary.truth(actor, GOAL)).all()
        assert (seen.mask == binary.truth(actor, AGENT)).all()
        assert (goal.image == binary.scene.lit(binary.scene.cameras[GOAL])).all()


def test_a_mask_does_not_hold_what_has_the_targets_colour_by_chance(binary: Binary) -> None:
    camera = look_at(4.5, -1.0, 1.7, MIDDLES["casualty"])
    for wall in ("SM_Wall_11", "SM_Wall_16", "SM_Wall_17"):
        binary.scene.actors[wall].colour = (5, 249, 71)
    assert (binary.backend.view("casualty", camera).mask == binary.truth(CASUALTY, GOAL)).all()


def test_a_spawned_thing_hides_what_is_behind_it(binary: Binary) -> None:
    """UnrealCV shows nothing in object_mask and depth that has no colour: a spawned thing has to be given one."""
    low = look_at(4.0, -1.5, 0.4, MIDDLES["casualty"])
    before = int(binary.backend.view("casualty", low).mask.sum())
    binary.backend.spawn([CRATE])
    assert int(binary.backend.view("casualty", low).mask.sum()) < before / 4
    shown = binary.backend.depth(low)
    assert shown is not None
    assert shown[0][60, 80] == pytest.approx(1.25, abs=0.01)


def test_a_goal_view_leaves_the_agents_pose_as_it_was_to_the_bit(binary: Binary) -> None:
    for pose in (EYE, Pose(x=1 / 3, y=-np.pi, z=1.62, yaw=179.9996, pitch=-33.3333)):
        binary.backend.place_agent(pose)
        before, image = binary.backend.agent_pose(), binary.backend.view("casualty").image
        binary.backend.view("stretcher", look_at(-2.0, -7.0, 3.0, MIDDLES["stretcher"]))
        binary.backend.depth(pose)
        assert binary.backend.agent_pose() == before
        assert (binary.backend.view("casualty").image == image).all()


def test_a_pose_is_read_back_as_it_was_set(binary: Binary) -> None:
    back = binary.backend.agent_pose()
    assert back.position == pytest.approx(EYE.position, abs=1e-5)
    assert (back.yaw, back.pitch) == pytest.approx((EYE.yaw, EYE.pitch), abs=1e-3)


def test_depth_is_in_metres_along_the_axis_and_ends_in_the_sky(binary: Binary) -> None:
    shown = binary.backend.depth(Pose(x=4.0, y=-3.0, z=1.62, pitch=45.0))
    assert shown is not None
    depth, fov = shown
    assert fov == HORIZONTAL_FOV
    assert depth[60, 80] == pytest.approx(1.62 * 2**0.5, rel=0.02)
    up = binary.backend.depth(Pose(x=4.0, y=-3.0, z=1.62, pitch=-80.0))
    assert up is not None
    assert np.isinf(up[0][60, 80])


def test_things_stand_on_the_floor_where_they_are_put(binary: Binary) -> None:
    assert binary.backend.middle("casualty") == pytest.approx(MIDDLES["casualty"], abs=0.01)
    assert binary.backend.stand("stretcher", 5.5, -6.25, 200.0)[:2] == pytest.approx((5.5, -6.25), abs=0.01)
    binary.backend.spawn([CRATE])
    assert binary.backend.middle("crate-1") == pytest.approx(CRATE.middle, abs=0.01)
    binary.backend.destroy("crate-1")
    assert binary.backend.middle("crate-1") is None
    assert not binary.backend.view("crate-1").mask.any()


def test_where_a_thing_comes_to_stand_does_not_hang_on_where_it_was(binary: Binary) -> None:
    found = set()
    for number in range(20):
        binary.backend.stand("casualty", number / 7, -number / 11, 17.0 * number)
        binary.backend.stand("casualty", 1 / 3, -2 / 3, 12.34)
        found.add((binary.scene.actors[CASUALTY].location, binary.scene.actors[CASUALTY].rotation))
    assert len(found) == 1


def test_a_thing_that_the_binary_does_not_move_is_an_error(binary: Binary) -> None:
    binary.scene.actors[STRETCHER].movable = False
    with pytest.raises(
        SimulatorFault, match=r"did not move StaticMeshActor_1, whose mobility is Static: name a movable"
    ):
        binary.backend.stand("stretcher", 0.0, 5.0)


def test_a_thing_that_is_not_there_is_an_error_with_a_remedy(binary: Binary) -> None:
    binary.scene.destroy(CASUALTY)
    with pytest.raises(SimulatorFault, match="write the map's file anew with scene_list"):
        binary.backend.hide("casualty")


def test_a_number_that_is_none_is_an_error(binary: Binary) -> None:
    binary.scene.actors[CASUALTY].pivot = np.nan
    with pytest.raises(SimulatorFault, match="where 6 numbers belong"):
        binary.backend.stand("casualty", 0.0, 5.0)


def test_a_class_that_no_file_names_can_not_be_spawned(binary: Binary) -> None:
    with pytest.raises(SimulatorFault, match="names no class for a tank"):
        binary.backend.spawn([Prop("tank-1", "tank", (0.0, 5.0, 1.0), (1.0, 1.0, 1.0))])


def test_another_map_than_the_files_is_an_error() -> None:
    with serving(Scene()) as port:
        connection = UnrealCvConnection(port=port)
        with pytest.raises(
            SimulatorFault, match="shows the map 'RescueYard', and the file of 'rescue-yard' is for 'Tokyo'"
        ):
            UnrealCvBackend(connection, YARD.model_copy(update={"level": "Tokyo"}))
        connection.close()


def test_the_binary_is_left_as_it_was_found(binary: Binary) -> None:
    fresh = Scene()
    binary.backend.spawn([CRATE])
    binary.backend.hide("casualty")
    assert [binary.scene.paused, binary.scene.actors[PLAYER].hidden] == [True, True]
    binary.backend.close()
    assert [binary.scene.paused, binary.scene.actors[PLAYER].hidden] == [False, False]
    assert [camera.actor for camera in binary.scene.cameras] == ["", ""]
    assert set(binary.scene.actors) == set(fresh.actors)
    for name, actor in binary.scene.actors.items():
        assert not actor.hidden
        assert (actor.location, actor.rotation) == (fresh.actors[name].location, fresh.actors[name].rotation)


def test_unrealzoos_human_walks_and_carries_by_its_own_verbs() -> None:
    scene = Scene()
    with serving(scene) as port:
        backend = UnrealCvBackend(UnrealCvConnection(port=port), YARD, as_human=True)
        assert backend.verbs == ("set_move", "set_jump", "set_open_door", "carry_body", "drop_body")
        backend.stand("casualty", *MIDDLES["casualty"][:2])
        backend.place_agent(Pose(x=4.0, y=-0.5, z=1.62, yaw=0.0, pitch=20.0))
        start = backend.agent_pose()
        assert start.position == pytest.approx((4.0, -0.5, 1.62), abs=0.01)
        assert start.pitch == pytest.approx(20.0, abs=0.01)
        while backend.agent_pose().y < 0.2:
            backend.drive(Motion(forward=4.0), 0.1)
        backend.verb("carry_body")
        assert backend.is_carried("casualty")
        backend.drive(Motion(turn=180.0), 0.1)
        assert backend.agent_pose().yaw == pytest.approx(18.0, abs=0.01)
        backend.verb("drop_body")
        assert not backend.is_carried("casualty")
        backend.close()


def test_a_binary_without_unrealzoos_verbs_says_so() -> None:
    with serving(Scene()) as port:
        without = YARD.model_copy(update={"player": None, "player_camera": None})
        backend = UnrealCvBackend(UnrealCvConnection(port=port), without)
        assert backend.verbs == ()
        assert backend.engine["verbs"] == "none"
        with pytest.raises(SimulatorFault, match="no human that knows 'carry_body'"):
            backend.verb("carry_body")
        backend.close()
