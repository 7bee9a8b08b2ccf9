from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.adapters.rehearsal import (
    GROUND_ID,
    SKY_ID,
    Box,
    Look,
    Picture,
    Renderer,
    World,
    cast,
    look_named,
    picture_paint,
)
from evalsuite.adapters.rehearsal.looks import painted, uniform
from evalsuite.crossview.geometry import Pose
from tests.adapters.rehearsal.scenes import meadow, room
from tests.adapters.rehearsal.slow_caster import cast_picture

WIDTH, HEIGHT, FOV = 96, 54, 70.0
LEVEL = Pose(x=0.0, y=0.0, z=1.6)

unchanged_meadow = cache(meadow)


def assert_agrees(world: World, camera: Pose, roll: float = 0.0, fov: float = FOV) -> Picture:
    picture = Renderer(world).render(camera, WIDTH, HEIGHT, vertical_fov=fov, roll=roll)
    ids, depth = cast_picture(world, camera, WIDTH, HEIGHT, fov, roll)
    same = picture.ids == ids
    assert (~same).mean() < 0.005, f"{(~same).sum()} pixels show something else from {camera}, roll {roll}"
    finite = same & np.isfinite(depth)
    assert np.array_equal(np.isinf(picture.depth), picture.ids == SKY_ID)
    near = finite & (depth < 20.0)
    assert np.allclose(picture.depth[near], depth[near], rtol=1e-5, atol=1e-3)
    assert np.allclose(picture.depth[finite], depth[finite], rtol=1e-3)
    return picture


poses = st.builds(
    Pose,
    x=st.floats(-1.9, 1.9),
    y=st.floats(-1.9, 1.9),
    z=st.floats(0.05, 9.0),
    yaw=st.floats(-180.0, 180.0),
    pitch=st.floats(-90.0, 90.0),
)


@given(camera=poses, roll=st.floats(-180.0, 180.0), seed=st.integers(0, 5), fov=st.floats(30.0, 120.0))
@settings(max_examples=25, deadline=None)
def test_ids_and_depth_are_those_of_a_slow_ray_caster_from_anywhere(
    camera: Pose, roll: float, seed: int, fov: float
) -> None:
    assert_agrees(unchanged_meadow(seed), camera, roll, fov)


@given(
    camera=st.builds(
        Pose,
        x=st.floats(-3.99, 3.99),
        y=st.floats(-2.99, 2.99),
        z=st.floats(0.01, 2.99),
        yaw=st.floats(-180.0, 180.0),
        pitch=st.floats(-90.0, 90.0),
    )
)
@settings(max_examples=20, deadline=None)
def test_a_closed_room_is_closed_from_wherever_one_looks(camera: Pose) -> None:
    picture = assert_agrees(room(), camera)
    assert (picture.ids != SKY_ID).all()


@pytest.mark.parametrize("pitch", [90.0, -90.0, 0.0])
@pytest.mark.parametrize("yaw", [0.0, 90.0, 180.0, -90.0, 45.0])
def test_straight_views_agree_too(yaw: float, pitch: float) -> None:
    assert_agrees(unchanged_meadow(0), Pose(x=0.0, y=0.0, z=3.0, yaw=yaw, pitch=pitch))
    assert_agrees(room(), Pose(x=0.0, y=0.0, z=1.5, yaw=yaw, pitch=pitch))


def test_a_wall_that_runs_past_the_camera_on_both_sides_is_drawn_to_the_edge() -> None:
    world = World("wall")
    wall = world.add_box("stone", (0.05, -50.0, 0.0), (1.0, 50.0, 4.0))
    picture = assert_agrees(world, LEVEL)
    assert (picture.ids[HEIGHT // 2, WIDTH // 2 + 1 :] == wall).all()
    assert (picture.ids[:, -1] == wall).all()


def test_walking_mobs_are_drawn_where_they_stride() -> None:
    world = meadow(3)
    for _ in range(60):
        world.step(0.05)
    assert any(thing.stride for thing in world.things.values())
    for yaw in (0.0, 90.0, 180.0, 270.0):
        assert_agrees(world, Pose(x=0.0, y=0.0, z=1.6, yaw=yaw, pitch=10.0))


def test_east_is_to_the_right_when_one_looks_north_and_pitch_looks_down() -> None:
    world = World("signs")
    east = world.add_box("red", (2.0, 9.5, 1.0), (3.0, 10.5, 2.0))
    columns = np.nonzero(Renderer(world).render(LEVEL, WIDTH, HEIGHT, vertical_fov=FOV).ids == east)[1]
    assert columns.min() > WIDTH // 2
    down = Renderer(world).render(LEVEL.model_copy(update={"pitch": 30.0}), WIDTH, HEIGHT, vertical_fov=FOV)
    level = Renderer(world).render(LEVEL, WIDTH, HEIGHT, vertical_fov=FOV)
    assert (down.ids == GROUND_ID).sum() > (level.ids == GROUND_ID).sum()


def test_roll_turns_the_camera_clockwise() -> None:
    world = World("roll")
    above = world.add_box("red", (-0.5, 9.5, 5.0), (0.5, 10.5, 6.0))
    rolled = Renderer(world).render(LEVEL, WIDTH, HEIGHT, vertical_fov=FOV, roll=90.0)
    assert np.nonzero(rolled.ids == above)[1].max() < WIDTH // 2


def test_both_fields_of_view_are_exact_angles() -> None:
    world = World("fov")
    edge = world.add_box("red", (10.0, 9.9, -50.0), (60.0, 10.0, 50.0))
    for width, shown in ((200, 0), (202, 1)):
        fov = 2 * float(np.degrees(np.arctan(width / 200.0)))
        picture = Renderer(world).render(LEVEL, width, 20, horizontal_fov=fov)
        assert (picture.ids == edge).any(axis=0).sum() == shown
    with pytest.raises(ValueError, match="either"):
        Renderer(world).render(LEVEL, 20, 20)


def test_a_hidden_object_is_gone_and_what_is_behind_it_shows() -> None:
    world = World("hide")
    block = world.set_block((0, 4, 1), "stone")
    behind = world.add_box("red", (-3.0, 8.0, 0.0), (4.0, 9.0, 5.0))
    camera = Pose(x=0.5, y=0.0, z=1.5)
    renderer = Renderer(world)
    assert (renderer.render(camera, WIDTH, HEIGHT, vertical_fov=FOV).ids == block).any()
    assert (renderer.render(camera, WIDTH, HEIGHT, vertical_fov=FOV, hide=[block]).ids != block).all()
    assert (renderer.render(camera, WIDTH, HEIGHT, vertical_fov=FOV, hide=[block, behind]).ids <= GROUND_ID).all()
    assert (renderer.render(camera, WIDTH, HEIGHT, vertical_fov=FOV).ids == block).any()


def test_a_block_that_is_set_or_removed_changes_the_next_picture() -> None:
    world = World("change")
    renderer, camera = Renderer(world), Pose(x=0.5, y=0.5, z=1.5)
    before = renderer.render(camera, WIDTH, HEIGHT, vertical_fov=FOV)
    block = world.set_block((0, 4, 1), "stone")
    assert (renderer.render(camera, WIDTH, HEIGHT, vertical_fov=FOV).ids == block).sum() > 20
    world.remove_block((0, 4, 1))
    after = renderer.render(camera, WIDTH, HEIGHT, vertical_fov=FOV)
    assert np.array_equal(before.rgb, after.rgb)


def test_the_difference_of_two_pictures_is_the_mask_of_what_was_replaced() -> None:
    world = meadow(1)
    renderer, camera = Renderer(world), Pose(x=0.0, y=0.0, z=1.6, yaw=200.0, pitch=8.0)
    first = renderer.render(camera, 640, 360, vertical_fov=FOV)
    for block in [block for block in world.blocks.values() if (first.ids == block.id).sum() > 50]:
        new = world.set_block(block.cell, "magenta", uniform(painted((255, 0, 255), "plain")))
        second = renderer.render(camera, 640, 360, vertical_fov=FOV)
        assert np.array_equal((first.rgb != second.rgb).any(axis=-1), second.ids == new)
        assert np.array_equal(second.ids == new, first.ids == block.id)
        world.set_block(block.cell, block.kind)
        break
    else:
        pytest.fail("no block in view")


def test_a_poster_is_neither_mirrored_nor_upside_down_on_any_side() -> None:
    tag = np.zeros((8, 8, 3), np.uint8)
    tag[0, 0], tag[0, 7], tag[7, 0], tag[3, 4] = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
    paint = picture_paint(tag)
    world = World("poster", ground=None)
    world.add("poster", Box((2.0, 2.0, 2.0), Look(paint, paint, paint)), (0.0, 0.0, -1.0))
    views = [
        Pose(x=3.0, y=0.0, z=0.0, yaw=-90.0),
        Pose(x=-3.0, y=0.0, z=0.0, yaw=90.0),
        Pose(x=0.0, y=3.0, z=0.0, yaw=180.0),
        Pose(x=0.0, y=-3.0, z=0.0, yaw=0.0),
        Pose(x=0.0, y=0.0, z=3.0, yaw=0.0, pitch=90.0),
        Pose(x=0.0, y=0.0, z=-3.0, yaw=0.0, pitch=-90.0),
    ]
    for camera in views:
        rgb = Renderer(world).render(camera, 64, 64, vertical_fov=2 * float(np.degrees(np.arctan(0.5)))).rgb
        seen = rgb[4::8, 4::8].astype(float)
        assert np.array_equal(seen > 60, tag > 60), camera


def test_colours_are_the_paint_times_the_light_of_each_side() -> None:
    world = World("light")
    world.add_box("cube", (-1.0, 4.0, 0.0), (1.0, 6.0, 2.0), uniform(painted((200, 100, 50), "plain")))
    picture = Renderer(world).render(Pose(x=3.0, y=1.0, z=4.0, yaw=-30.0, pitch=30.0), 320, 180, vertical_fov=FOV)
    colours = np.unique(picture.rgb[picture.ids > GROUND_ID], axis=0)
    assert len(colours) == 3
    assert np.allclose(colours / colours[:, :1], np.array([1.0, 0.5, 0.25]), atol=0.02)


def test_the_sky_tells_directions_apart_and_does_not_move_with_the_eye() -> None:
    renderer = Renderer(World("sky", ground=None))
    north, east, south, west = (
        renderer.render(Pose(x=0.0, y=0.0, z=0.0, yaw=yaw), 64, 36, vertical_fov=FOV).rgb[:18].astype(int)
        for yaw in (0.0, 90.0, 180.0, 270.0)
    )
    for other in (east, south, west):
        assert abs(north - other).mean() > 3.0
    moved = renderer.render(Pose(x=90.0, y=-70.0, z=3.0), 64, 36, vertical_fov=FOV).rgb[:18]
    assert abs(north - moved).mean() < 0.1


def test_what_the_middle_pixel_shows_is_what_a_ray_along_the_view_meets() -> None:
    world = room()
    for yaw in range(-180, 180, 15):
        camera = Pose(x=0.2, y=-0.4, z=1.3, yaw=yaw + 0.5, pitch=12.0)
        picture = Renderer(world).render(camera, 33, 33, vertical_fov=20.0)
        hit = cast(world, camera.position, camera.direction, 20.0)
        assert hit is not None
        if world.kind_of(hit.id) != "person":
            assert picture.ids[16, 16] == hit.id
            assert picture.depth[16, 16] == pytest.approx(hit.distance, rel=1e-5)


def test_pictures_are_the_same_bytes_every_time() -> None:
    first = Renderer(meadow(2)).render(LEVEL, WIDTH, HEIGHT, vertical_fov=FOV)
    again = Renderer(meadow(2)).render(LEVEL, WIDTH, HEIGHT, vertical_fov=FOV)
    assert first.rgb.tobytes() + first.ids.tobytes() == again.rgb.tobytes() + again.ids.tobytes()


def test_every_name_has_a_look_of_its_own() -> None:
    looks = [look_named(name).side.texels.mean(axis=(0, 1)) for name in ("red", "stone", "no such thing", "#20c040")]
    assert len({tuple(np.round(colour)) for colour in looks}) == len(looks)
