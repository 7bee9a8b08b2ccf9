"""What may be sent at all, and where the robot may be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.adapters.robot.commands import towards, within
from evalsuite.adapters.robot.geofence import inside
from evalsuite.adapters.robot.limits import Limits
from evalsuite.adapters.robot.link import STANDSTILL, Velocity

LIMITS = Limits()
NUMBERS = st.floats(-1000.0, 1000.0)
VELOCITIES = st.builds(Velocity, NUMBERS, NUMBERS, NUMBERS)
FLOOR = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 1.0), (0.0, 4.0))


@given(VELOCITIES)
def test_nothing_is_faster_than_the_limits_and_the_direction_stays(asked: Velocity) -> None:
    sent = within(asked, LIMITS)
    assert math.hypot(sent.forward, sent.right) <= LIMITS.speed * (1 + 1e-9)
    assert abs(sent.turn) <= LIMITS.turn
    assert sent.forward * asked.right == pytest.approx(sent.right * asked.forward)
    assert sent.forward * asked.forward >= 0.0


@given(VELOCITIES, VELOCITIES, st.floats(0.0, 0.1))
def test_no_change_is_quicker_than_the_accelerations(current: Velocity, wanted: Velocity, seconds: float) -> None:
    following = towards(current, wanted, LIMITS, seconds)
    change = math.hypot(following.forward - current.forward, following.right - current.right)
    assert change <= LIMITS.acceleration * seconds + 1e-6
    assert abs(following.turn - current.turn) <= LIMITS.turn_acceleration * seconds + 1e-6


@given(VELOCITIES)
def test_what_is_asked_for_is_reached_exactly(asked: Velocity) -> None:
    wanted, velocity = within(asked, LIMITS), STANDSTILL
    for _ in range(40):
        velocity = towards(velocity, wanted, LIMITS, 0.05)
    assert velocity == wanted


@pytest.mark.parametrize(
    ("place", "expected"),
    [((1.0, 1.0), True), ((2.0, 0.5), True), ((2.0, 3.0), False), ((-0.1, 1.0), False), ((5.0, 1.0), False)],
)
def test_a_geofence_may_have_a_bay(place: tuple[float, float], expected: bool) -> None:
    assert inside(FLOOR, *place) is expected


def test_a_fence_of_two_corners_encloses_nothing() -> None:
    with pytest.raises(ValueError, match="three corners"):
        Limits(geofence=((0.0, 0.0), (1.0, 1.0)))
