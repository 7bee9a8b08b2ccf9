"""Draws that several worlds make alike: a start at the published distance, a camera round the target."""

from __future__ import annotations

import math

from evalsuite.crossview.difficulty import DIFFICULTY_METRES
from evalsuite.crossview.geometry import Point, Pose, wrap_degrees, yaw_towards
from evalsuite.crossview.goal import Target
from evalsuite.seeding import Dice
from evalsuite.synthesis.source import Ask

TOWARDS_DEGREES = 45.0


def published_place(target: Target, ask: Ask, dice: Dice, *, grain: int) -> tuple[float, float]:
    """(x, y) exactly as far from the target (Manhattan) as the difficulty says, on a grid of `grain` to the metre."""
    distance = DIFFICULTY_METRES[ask.difficulty]
    share = math.floor(dice.uniform(0.0, distance) * grain) / grain
    east, north = dice.pick((-1, 1)), dice.pick((-1, 1))
    return target.position[0] + east * share, target.position[1] + north * (distance - share)


def must_see(ask: Ask) -> bool:
    """Whether the start has to show the target."""
    return ask.gap is not None and ask.gap.in_view is True


def start_yaw(eye: Point, target: Target, ask: Ask, dice: Dice) -> float:
    """A yaw in whole degrees: about towards the target where it has to be seen and half the time elsewhere."""
    towards = yaw_towards(eye, target.position) + dice.uniform(-TOWARDS_DEGREES, TOWARDS_DEGREES)
    anywhere = dice.uniform(-180.0, 180.0)
    return float(round(wrap_degrees(towards if dice.chance(0.5) or must_see(ask) else anywhere)))


def camera_yaw(start: Pose, ask: Ask, dice: Dice) -> float:
    """The yaw of a goal camera whose angle to the start view is about what the view gap asks; anywhere without one."""
    low, high = ask.gap.angle_deg if ask.gap else (0.0, 180.0)
    return wrap_degrees(start.yaw + dice.pick((-1, 1)) * dice.uniform(low, min(high, 180.0)))


def opposite(point: Point, yaw: float, away: float) -> tuple[float, float]:
    """(x, y), to the centimetre, of a camera that is `away` metres from `point` along the ground and looks at it."""
    ahead = Pose(x=0.0, y=0.0, z=0.0, yaw=yaw).direction
    return round(point[0] - ahead[0] * away, 2), round(point[1] - ahead[1] * away, 2)
