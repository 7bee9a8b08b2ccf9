from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.adapters.unreal.airsim_axes import Quaternion, core_from_ned, heading_of, ned_from_core, quaternion_of
from evalsuite.adapters.unreal.unrealcv_axes import UnrealAxes
from evalsuite.crossview.geometry import Point, Pose, wrap_degrees

metres = st.floats(-500.0, 500.0)
yaws = st.floats(-180.0, 179.99)
pitches = st.floats(-89.9, 89.9)


def rotated(rotation: Quaternion, along: Point) -> Point:
    """q v q* written out."""
    w, x, y, z = rotation
    a, b, c = along
    matrix = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    north, east, down = matrix @ np.array([a, b, c])
    return (float(north), float(east), float(down))


@given(metres, metres, metres)
def test_a_point_comes_back_from_ned_as_it_went(x: float, y: float, z: float) -> None:
    assert core_from_ned(ned_from_core((x, y, z))) == (x, y, z)


@given(yaws, pitches)
def test_a_bodys_x_axis_points_in_ned_where_the_pose_looks_in_the_core(yaw: float, pitch: float) -> None:
    looks = Pose(x=0, y=0, z=0, yaw=yaw, pitch=pitch).direction
    assert core_from_ned(rotated(quaternion_of(yaw, pitch), (1.0, 0.0, 0.0))) == pytest.approx(looks, abs=1e-9)


@given(yaws)
def test_a_level_bodys_right_hand_is_the_cores(yaw: float) -> None:
    right = Pose(x=0, y=0, z=0, yaw=yaw + 90.0).direction
    assert core_from_ned(rotated(quaternion_of(yaw), (0.0, 1.0, 0.0))) == pytest.approx(right, abs=1e-9)


@given(yaws, pitches)
def test_heading_of_undoes_quaternion_of(yaw: float, pitch: float) -> None:
    back_yaw, back_pitch = heading_of(quaternion_of(yaw, pitch))
    assert abs(wrap_degrees(back_yaw - yaw)) < 1e-6
    assert back_pitch == pytest.approx(pitch, abs=1e-6)


@given(yaws, st.sampled_from([-90.0, 90.0]))
def test_straight_up_and_down_keep_their_yaw(yaw: float, pitch: float) -> None:
    back_yaw, back_pitch = heading_of(quaternion_of(yaw, pitch))
    assert abs(wrap_degrees(back_yaw - yaw)) < 1e-4
    assert back_pitch == pytest.approx(pitch, abs=1e-4)


@given(metres, metres, metres, yaws, pitches)
@settings(max_examples=50)
def test_ned_and_unreal_axes_agree_on_every_pose(x: float, y: float, z: float, yaw: float, pitch: float) -> None:
    pose = Pose(x=x, y=y, z=z, yaw=yaw, pitch=pitch)
    (ux, uy, uz), (unreal_pitch, unreal_yaw, roll) = UnrealAxes().pose_to_unreal(pose)
    north, east, down = ned_from_core(pose.position)
    assert (ux / 100.0, uy / 100.0, -uz / 100.0) == pytest.approx((north, east, down), abs=1e-4)
    ahead = rotated(quaternion_of(yaw, pitch), (1.0, 0.0, 0.0))
    level = math.cos(math.radians(unreal_pitch))
    unreal_ahead = (
        level * math.cos(math.radians(unreal_yaw)),
        level * math.sin(math.radians(unreal_yaw)),
        -math.sin(math.radians(unreal_pitch)),
    )
    assert roll == 0.0
    assert ahead == pytest.approx(unreal_ahead, abs=1e-4)
