"""Unreal's axes and the core's agree, there and back, on any pose."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.adapters.unreal.unrealcv_axes import UnrealAxes, written
from evalsuite.crossview.geometry import Point, Pose, angle_between, ground_distance, wrap_degrees
from evalsuite.errors import SimulatorFault

metres = st.floats(-500.0, 500.0)
centimetres = st.floats(-50_000.0, 50_000.0).map(lambda value: round(value, 3))
origins = st.tuples(centimetres, centimetres, centimetres)
poses = st.builds(Pose, x=metres, y=metres, z=metres, yaw=st.floats(-720.0, 720.0), pitch=st.floats(-90.0, 90.0))


@given(poses, origins)
def test_a_pose_comes_back_from_unreal_as_it_went(pose: Pose, origin: Point) -> None:
    axes = UnrealAxes(origin)
    back = axes.pose_from_unreal(*axes.pose_to_unreal(pose))
    assert math.dist(back.position, pose.position) < 2e-5
    assert abs(wrap_degrees(back.yaw - pose.yaw)) <= 0.0006
    assert abs(back.pitch - pose.pitch) <= 0.0006


@given(poses, origins)
def test_what_unreal_prints_is_what_it_is_set_to_again(pose: Pose, origin: Point) -> None:
    axes = UnrealAxes(origin)
    once = axes.pose_to_unreal(pose)
    kept = axes.pose_from_unreal(*once)
    again = axes.pose_to_unreal(kept)
    assert written(*again[0]) == written(*once[0])
    assert [wrap_degrees(angle) for angle in again[1]] == [wrap_degrees(angle) for angle in once[1]]
    assert axes.pose_from_unreal(*again) == kept


@given(poses, st.floats(0.1, 50.0), origins)
def test_a_step_ahead_is_a_step_ahead_in_unreal_too(pose: Pose, length: float, origin: Point) -> None:
    """Unreal's forward vector, from its own yaw and pitch: (cos p cos y, cos p sin y, sin p)."""
    axes = UnrealAxes(origin)
    ahead = tuple(a + length * d for a, d in zip(pose.position, pose.direction, strict=True))
    here, (pitch, yaw, roll) = axes.pose_to_unreal(pose)
    there = axes.to_unreal((ahead[0], ahead[1], ahead[2]))
    p, y = math.radians(pitch), math.radians(yaw)
    forward = (math.cos(p) * math.cos(y), math.cos(p) * math.sin(y), math.sin(p))
    moved = tuple((b - a) / 100.0 for a, b in zip(here, there, strict=True))
    assert math.dist(moved, tuple(length * each for each in forward)) < 1e-4 * max(1.0, length)
    assert roll == 0.0


@given(poses, poses)
def test_distances_and_handedness_are_kept(a: Pose, b: Pose) -> None:
    axes = UnrealAxes((10.0, -20.0, 30.0))
    p, q = axes.to_unreal(a.position), axes.to_unreal(b.position)
    assert math.dist(p, q) / 100.0 == pytest.approx(math.dist(a.position, b.position), abs=1e-4)
    assert math.dist(p[:2], q[:2]) / 100.0 == pytest.approx(ground_distance(a.position, b.position), abs=1e-4)


@pytest.mark.parametrize(
    ("yaw", "unreal"), [(0.0, (1.0, 0.0)), (90.0, (0.0, 1.0)), (180.0, (-1.0, 0.0)), (-90.0, (0.0, -1.0))]
)
def test_north_is_unreals_x_and_east_its_y(yaw: float, unreal: tuple[float, float]) -> None:
    x, y, _ = UnrealAxes().to_unreal(Pose(x=0.0, y=0.0, z=0.0, yaw=yaw).direction)
    assert angle_between((x, y, 0.0), (*unreal, 0.0)) < 1e-6


def test_numbers_are_written_as_the_servers_parser_takes_them() -> None:
    assert written(1e-9, -0.00049, np.float64(123456.789), np.int32(1)) == "0.000 -0.000 123456.789 1.000"
    for bad in (math.nan, math.inf):
        with pytest.raises(SimulatorFault, match="not all finite"):
            written(0.0, bad)
