"""Co-visibility is the share of what one camera shows that another shows too, with what hides it on either side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.crossview.covisibility import Pinhole, covisibility
from evalsuite.crossview.geometry import Pose
from evalsuite.crossview.solids import Solids

CAMERA = Pinhole.of(640, 360, horizontal_fov=90.0)
ROOM = Solids([((-10.0, 10.0, 0.0), (10.0, 11.0, 6.0))])
START = Pose(x=0.0, y=0.0, z=1.6)
poses = st.builds(
    Pose,
    x=st.floats(-9, 9),
    y=st.floats(-9, 9),
    z=st.floats(0.5, 4),
    yaw=st.floats(-180, 180),
    pitch=st.floats(-30, 50),
)


def test_a_view_shows_all_that_it_shows_itself() -> None:
    assert covisibility(START, START, CAMERA, ROOM.ranges) == 1.0


def test_looking_away_shows_nothing_of_it() -> None:
    assert covisibility(START, START.model_copy(update={"yaw": 180.0}), CAMERA, ROOM.ranges) == 0.0


def test_only_sky_has_no_surface() -> None:
    up = START.model_copy(update={"pitch": -80.0})
    assert covisibility(up, START, CAMERA, ROOM.ranges) is None


def test_turning_by_half_the_field_of_view_leaves_about_half() -> None:
    share = covisibility(START, START.model_copy(update={"yaw": 45.0}), CAMERA, Solids([], floor=0.0).ranges)
    assert share == pytest.approx(0.5, abs=0.08)


def test_what_a_wall_hides_from_the_goal_camera_is_not_shared() -> None:
    behind = Pose(x=0.0, y=14.0, z=1.6, yaw=180.0)
    wall = [((-10.0, 10.0, 0.0), (10.0, 11.0, 6.0))]
    assert covisibility(START, behind, CAMERA, Solids(wall).ranges) == 0.0
    assert (covisibility(START, behind, CAMERA, Solids([]).ranges) or 0.0) > 0.1


def test_what_a_wall_hides_from_the_start_does_not_count() -> None:
    screen = ((-4.0, 2.0, 0.0), (4.0, 2.5, 6.0))
    beyond = Pose(x=0.0, y=3.0, z=1.6)
    assert (covisibility(START, beyond, CAMERA, Solids([screen]).ranges) or 0.0) < 0.1


@given(poses, poses)
def test_it_is_a_share(start: Pose, goal: Pose) -> None:
    share = covisibility(start, goal, CAMERA, ROOM.ranges)
    assert share is None or 0.0 <= share <= 1.0


@given(poses)
def test_every_ray_of_a_picture_falls_into_it(camera: Pose) -> None:
    rays = CAMERA.rays(camera, 9, 5)
    assert np.allclose(np.linalg.norm(rays, axis=1), 1.0)
    assert CAMERA.holds(camera, np.array(camera.position) + 3.0 * rays).all()
    assert not CAMERA.holds(camera, np.array(camera.position) - 3.0 * rays).any()
