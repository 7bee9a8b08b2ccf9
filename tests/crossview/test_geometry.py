"""Angles and distances in the one world frame."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.crossview.geometry import (
    Pose,
    angle_between,
    ground_distance,
    manhattan_distance,
    pitch_towards,
    wrap_degrees,
    yaw_towards,
)

METRES = st.floats(-500.0, 500.0)
POINTS = st.tuples(METRES, METRES, METRES)
ANGLES = st.floats(-1e4, 1e4)


@pytest.mark.parametrize(
    ("point", "yaw"),
    [((0, 5, 0), 0.0), ((5, 0, 0), 90.0), ((-5, 0, 0), -90.0), ((5, 5, 0), 45.0), ((0, -5, 0), -180.0)],
)
def test_yaw_is_clockwise_from_north(point: tuple[float, float, float], yaw: float) -> None:
    assert yaw_towards((0.0, 0.0, 0.0), point) == pytest.approx(yaw)


@pytest.mark.parametrize(
    ("point", "pitch"), [((0, 5, -5), 45.0), ((0, 5, 5), -45.0), ((5, 0, 0), 0.0), ((0, 0, -1), 90)]
)
def test_pitch_is_positive_downwards(point: tuple[float, float, float], pitch: float) -> None:
    assert pitch_towards((0.0, 0.0, 0.0), point) == pytest.approx(pitch)


def test_distances_by_worked_examples() -> None:
    assert manhattan_distance((0, 0, 0), (3, -4, 1)) == 8
    assert ground_distance((0, 0, 0), (3, -4, 100)) == 5


@given(ANGLES)
def test_a_wrapped_angle_points_the_same_way(angle: float) -> None:
    wrapped = wrap_degrees(angle)
    assert -180.0 <= wrapped < 180.0
    assert math.cos(math.radians(wrapped)) == pytest.approx(math.cos(math.radians(angle)), abs=1e-6)
    assert math.sin(math.radians(wrapped)) == pytest.approx(math.sin(math.radians(angle)), abs=1e-6)


@given(POINTS, POINTS)
def test_a_pose_that_is_turned_towards_a_point_looks_at_it(eye: tuple[float, ...], point: tuple[float, ...]) -> None:
    a, b = (eye[0], eye[1], eye[2]), (point[0], point[1], point[2])
    away = math.dist(a, b)
    if away < 1e-3:
        return
    pose = Pose(x=a[0], y=a[1], z=a[2], yaw=yaw_towards(a, b), pitch=pitch_towards(a, b))
    reached = tuple(p + d * away for p, d in zip(pose.position, pose.direction, strict=True))
    assert math.dist(reached, b) < 1e-6 * max(1.0, away)


@given(ANGLES, st.floats(-90.0, 90.0))
def test_a_direction_has_length_one(yaw: float, pitch: float) -> None:
    assert math.hypot(*Pose(x=0, y=0, z=0, yaw=yaw, pitch=pitch).direction) == pytest.approx(1.0)


@given(st.floats(-170.0, 170.0), st.floats(0.0, 180.0))
def test_the_angle_between_two_level_directions_is_the_difference_of_their_yaws(yaw: float, turn: float) -> None:
    a, b = Pose(x=0, y=0, z=0, yaw=yaw).direction, Pose(x=0, y=0, z=0, yaw=yaw + turn).direction
    assert angle_between(a, b) == pytest.approx(turn, abs=1e-4)


def test_a_direction_of_length_zero_has_no_angle() -> None:
    with pytest.raises(ValueError, match="length 0"):
        angle_between((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
