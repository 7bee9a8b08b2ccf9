"""When an agent is near enough to a thing, and turned to it, to do something with it."""

from __future__ import annotations

from evalsuite.crossview.geometry import Point, Pose, ground_distance, wrap_degrees, yaw_towards

REACH_METRES = 2.0
REACH_DEGREES = 45.0
"""UnrealZoo's own reach: less than 200 Unreal units and a bearing of 45 degrees at most."""


def in_reach(agent: Pose, thing: Point, metres: float = REACH_METRES, degrees: float = REACH_DEGREES) -> bool:
    """Whether `thing` is less than `metres` away along the ground and at most `degrees` off the agent's heading."""
    return ground_distance(agent.position, thing) < metres and off_heading(agent, thing) <= degrees


def off_heading(agent: Pose, thing: Point) -> float:
    """Angle in degrees, in [0, 180], between the agent's heading and where the thing is, seen from above."""
    return abs(wrap_degrees(yaw_towards(agent.position, thing) - agent.yaw))
