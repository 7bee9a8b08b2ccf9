from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.adapters.rehearsal import Body, Stride, World
from evalsuite.adapters.rehearsal.body import SPRINT_SPEED, WALK_SPEED
from tests.adapters.rehearsal.scenes import meadow


def walked(world: World, body: Body, seconds: float, stride: Stride, step: float = 0.05) -> Body:
    for _ in range(round(seconds / step)):
        body.step(world, step, stride)
    return body


def test_a_body_walks_where_it_looks_at_the_speed_it_is_given() -> None:
    world = World("walk")
    for yaw, (x, y) in {0.0: (0, 1), 90.0: (1, 0), 180.0: (0, -1), -90.0: (-1, 0)}.items():
        for speed in (WALK_SPEED, SPRINT_SPEED):
            there = walked(world, Body((0.0, 0.0, 0.0), yaw), 2.0, Stride(forward=speed)).position
            assert there == pytest.approx((x * speed * 2, y * speed * 2, 0.0), abs=1e-9)


def test_right_is_clockwise_of_ahead() -> None:
    there = walked(World("right"), Body((0.0, 0.0, 0.0), 0.0), 1.0, Stride(right=1.0)).position
    assert there == pytest.approx((1.0, 0.0, 0.0), abs=1e-9)


def test_turning_adds_up_and_stops_at_straight_down() -> None:
    body = Body((0.0, 0.0, 0.0))
    body.turn(200.0, 190.0)
    assert (body.pitch, body.yaw) == (90.0, -170.0)
    assert body.direction[2] == pytest.approx(-1.0)


@pytest.mark.parametrize("step", [0.02, 0.05, 0.1])
def test_a_jump_clears_one_block_but_not_two(step: float) -> None:
    world = World("jump")
    world.fill((-2, 2, 0), (2, 3, 0), "stone")
    world.fill((-2, 4, 0), (2, 8, 2), "stone")
    body = walked(world, Body((0.0, 0.0, 0.0)), 3.0, Stride(forward=WALK_SPEED, jump=True), step)
    body = walked(world, body, 1.0, Stride(forward=WALK_SPEED), step)
    assert body.position == pytest.approx((0.0, 3.7, 1.0), abs=1e-5)


@pytest.mark.parametrize("step", [0.02, 0.05, 0.1])
def test_a_jump_reaches_a_block_and_a_quarter_and_comes_down_again(step: float) -> None:
    world, body, highest = World("height"), Body((0.0, 0.0, 0.0)), 0.0
    body.step(world, step, Stride(jump=True))
    while not body.on_ground:
        highest = max(highest, body.position[2])
        body.step(world, step)
    assert 1.1 < highest < 1.3
    assert body.position == (0.0, 0.0, 0.0)


def test_a_body_slides_along_a_wall_and_says_that_it_touches() -> None:
    world = World("slide")
    world.add_box("stone", (-10.0, 2.0, 0.0), (40.0, 3.0, 3.0))
    body = Body((0.0, 0.0, 0.0), yaw=45.0)
    assert not body.step(world, 0.05, Stride(forward=4.0))
    walked(world, body, 3.0, Stride(forward=4.0))
    assert body.position[1] == pytest.approx(1.7)
    assert body.position[0] == pytest.approx(3.05 * 4.0 * math.sqrt(0.5))
    assert body.step(world, 0.05, Stride(forward=4.0))


def test_a_body_falls_off_an_edge_on_to_the_ground_and_for_ever_where_there_is_none() -> None:
    for ground, lands in (("grass", True), (None, False)):
        world = World("edge", ground=ground)
        world.fill((-1, -1, 2), (1, 1, 2), "stone")
        body = walked(world, Body((0.0, 0.0, 3.0)), 3.0, Stride(forward=2.0))
        assert (body.position[2] == 0.0) == lands
        assert body.on_ground == lands


def test_a_low_ledge_is_walked_up_only_with_a_step_height() -> None:
    for step_height, top in ((0.0, 0.0), (0.6, 0.5)):
        world = World("ledge")
        world.add_box("stone", (-5.0, 2.0, 0.0), (5.0, 9.0, 0.5))
        body = walked(world, Body((0.0, 0.0, 0.0), step_height=step_height), 1.5, Stride(forward=3.0))
        assert body.position[2] == pytest.approx(top, abs=1e-6)


def test_a_flying_body_keeps_its_height_and_stops_at_a_ceiling() -> None:
    world = World("fly")
    world.add_box("stone", (-9.0, -9.0, 6.0), (9.0, 9.0, 7.0))
    body = walked(world, Body((0.0, 0.0, 3.0), flies=True), 1.0, Stride(forward=1.0))
    assert body.position == pytest.approx((0.0, 1.0, 3.0))
    assert walked(world, body, 3.0, Stride(up=2.0)).position[2] == pytest.approx(6.0 - body.height)


@given(
    strides=st.lists(
        st.tuples(st.floats(-180.0, 180.0), st.floats(-5.6, 5.6), st.floats(-4.3, 4.3), st.booleans()), max_size=40
    ),
    seed=st.integers(0, 3),
    step=st.sampled_from([0.02, 0.05, 0.1]),
)
@settings(max_examples=40, deadline=None)
def test_no_walk_ends_inside_anything_solid(
    strides: list[tuple[float, float, float, bool]], seed: int, step: float
) -> None:
    world, body = meadow(seed, mobs=0), Body((0.0, 0.0, 0.0))
    for yaw, forward, right, jump in strides:
        body.yaw = yaw
        for _ in range(3):
            body.step(world, step, Stride(forward, right, jump=jump))
        (x, y, z), (east, north, up) = body.bounds
        shrunk = (x + 1e-5, y + 1e-5, z + 1e-5), (east - 1e-5, north - 1e-5, up - 1e-5)
        assert not list(world.solids(*shrunk))
        assert z >= 0.0
