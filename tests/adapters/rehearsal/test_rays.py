from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.adapters.rehearsal import GROUND_ID, World, cast, line_of_sight, overlapping
from evalsuite.crossview.geometry import Pose
from tests.adapters.rehearsal.scenes import meadow
from tests.adapters.rehearsal.slow_caster import cast_picture


@given(
    yaw=st.floats(-180.0, 180.0),
    pitch=st.floats(-89.0, 89.0),
    place=st.tuples(st.floats(-1.9, 1.9), st.floats(-1.9, 1.9), st.floats(0.1, 6.0)),
    seed=st.integers(0, 3),
)
@settings(max_examples=60, deadline=None)
def test_a_ray_meets_what_the_slow_ray_caster_meets(
    yaw: float, pitch: float, place: tuple[float, float, float], seed: int
) -> None:
    world = meadow(seed, mobs=0)
    camera = Pose(x=place[0], y=place[1], z=place[2], yaw=yaw, pitch=pitch)
    ids, depth = cast_picture(world, camera, 1, 1, 10.0)
    hit = cast(world, camera.position, camera.direction, 200.0)
    if hit is None:
        assert depth[0, 0] > 199.9
    else:
        assert hit.distance == pytest.approx(float(depth[0, 0]), abs=1e-6)
        assert hit.id == ids[0, 0] or math.isclose(hit.distance, float(depth[0, 0]), abs_tol=1e-9)
        assert math.dist(hit.point, camera.position) == pytest.approx(hit.distance)
        assert np.dot(hit.normal, camera.direction) <= 0.0


def test_a_ray_ends_at_its_reach_and_passes_what_is_ignored() -> None:
    world = World("reach")
    block = world.set_block((0, 5, 1), "stone")
    origin, north = (0.5, 0.0, 1.5), (0.0, 3.0, 0.0)
    hit = cast(world, origin, north, 5.0)
    assert hit is not None
    assert (hit.id, hit.cell, hit.normal, hit.distance) == (block, (0, 5, 1), (0.0, -1.0, 0.0), 5.0)
    assert cast(world, origin, north, 4.99) is None
    assert cast(world, origin, north, 50.0, ignore=[block]) is None


def test_a_mob_is_met_at_its_upright_box_and_the_ground_below() -> None:
    world = World("mob")
    sheep = world.add_mob("sheep", (0.0, 3.0, 0.0))
    low = cast(world, (0.0, 0.0, 0.2), (0.0, 1.0, 0.0), 4.5)
    assert low is not None
    assert (low.id, low.kind) == (sheep, "sheep")
    down = cast(world, (0.0, 0.0, 1.6), (0.0, 1.0, -1.6), 4.5)
    assert down is not None
    assert (down.id, down.kind) == (GROUND_ID, "ground")


def test_sight_is_blocked_by_walls_alone() -> None:
    world = World("sight")
    wall = world.add_box("stone", (-1.0, 2.0, 0.0), (1.0, 2.2, 3.0))
    assert not line_of_sight(world, (0.0, 0.0, 1.0), (0.0, 5.0, 1.0))
    assert line_of_sight(world, (0.0, 0.0, 1.0), (0.0, 5.0, 1.0), ignore=[wall])
    assert line_of_sight(world, (0.0, 0.0, 1.0), (4.0, 5.0, 1.0))


def test_overlap_needs_more_than_a_touch() -> None:
    world = World("overlap")
    block, wall = world.set_block((0, 0, 0), "stone"), world.add_box("red", (1.0, 0.0, 0.0), (2.0, 1.0, 1.0))
    assert overlapping(world, (0.5, 0.2, 0.2), (1.0, 0.8, 0.8)) == [block]
    assert overlapping(world, (0.5, 0.2, 0.2), (1.1, 0.8, 0.8)) == [block, wall]


def test_a_ray_without_a_direction_is_an_error() -> None:
    with pytest.raises(ValueError, match="direction"):
        cast(World("none"), (0.0, 0.0, 1.0), (0.0, 0.0, 0.0), 1.0)
