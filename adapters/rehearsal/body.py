"""A body that walks, jumps and falls, and how anything upright slides along what is solid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalsuite.crossview.geometry import Point, Pose, wrap_degrees

if TYPE_CHECKING:
    from evalsuite.adapters.rehearsal.world import World

WALK_SPEED = 4.317
SPRINT_SPEED = 5.612
SNEAK_SPEED = 1.31
"""Metres a second, as the Minecraft Wiki has them ("Walking", "Sprinting", "Sneaking")."""

_GRAVITY = 28.0
_JUMP_SPEED = 8.4
_LONGEST_STEP = 0.025
_SKIN = 1e-6


@dataclass(frozen=True)
class Stride:
    """What a body wants in one step.

    Args:
        forward, right: speed in metres a second along its own yaw and to its right; negative for back and left.
        up: vertical speed for a body that flies; without effect otherwise.
        jump: leave the ground when standing on it.
        sneak: eye 0.27 m lower.
    """

    forward: float = 0.0
    right: float = 0.0
    up: float = 0.0
    jump: bool = False
    sneak: bool = False


@dataclass
class Body:
    """An upright box with an eye.

    Args:
        position: middle of its feet, in metres.
        yaw, pitch: where it looks, in degrees; pitch in [-90, 90], + down.
        step_height: how high a ledge it walks up without jumping, in metres.
        flies: no gravity; `Stride.up` moves it.
    """

    position: Point
    yaw: float = 0.0
    pitch: float = 0.0
    width: float = 0.6
    height: float = 1.8
    eye_height: float = 1.62
    step_height: float = 0.0
    flies: bool = False
    vertical_speed: float = 0.0
    on_ground: bool = True
    sneaking: bool = False

    @property
    def eye(self) -> Point:
        x, y, z = self.position
        return (x, y, z + self.eye_height - (0.27 if self.sneaking else 0.0))

    @property
    def pose(self) -> Pose:
        """The eye's pose."""
        x, y, z = self.eye
        return Pose(x=x, y=y, z=z, yaw=self.yaw, pitch=self.pitch)

    @property
    def direction(self) -> Point:
        """Unit vector of the viewing direction."""
        return self.pose.direction

    @property
    def bounds(self) -> tuple[Point, Point]:
        (x, y, z), half = self.position, self.width / 2
        return ((x - half, y - half, z), (x + half, y + half, z + self.height))

    def turn(self, pitch: float, yaw: float) -> None:
        """Add degrees to where it looks; pitch stops at straight up and straight down."""
        self.yaw = wrap_degrees(self.yaw + yaw)
        self.pitch = max(-90.0, min(90.0, self.pitch + pitch))

    def step(self, world: World, seconds: float, stride: Stride | None = None) -> bool:
        """Move on by `seconds`; whether something solid stood in the way sideways."""
        stride = stride or Stride()
        self.sneaking = stride.sneak
        sine, cosine = math.sin(math.radians(self.yaw)), math.cos(math.radians(self.yaw))
        east = stride.forward * sine + stride.right * cosine
        north = stride.forward * cosine - stride.right * sine
        parts = max(1, math.ceil(seconds / _LONGEST_STEP - 1e-9))
        part, blocked = seconds / parts, False
        gravity = 0.0 if self.flies else _GRAVITY
        for _ in range(parts):
            if self.flies:
                self.vertical_speed = stride.up
            elif stride.jump and self.on_ground:
                self.vertical_speed = _JUMP_SPEED
            rise = self.vertical_speed * part - gravity * part * part / 2
            slid = slide(
                world,
                self.position,
                (self.width, self.height),
                (east * part, north * part, rise),
                self.step_height if self.on_ground else 0.0,
            )
            self.position = slid.position
            blocked = blocked or slid.blocked
            self.on_ground = slid.landed
            stopped = slid.landed or slid.bumped
            self.vertical_speed = 0.0 if stopped else self.vertical_speed - gravity * part
        return blocked


@dataclass(frozen=True)
class Slid:
    """Where a move ended: `blocked` sideways, `landed` on something, `bumped` its head."""

    position: Point
    blocked: bool
    landed: bool
    bumped: bool


def slide(world: World, position: Point, size: tuple[float, float], by: Point, step_height: float = 0.0) -> Slid:
    """Move an upright box of `size` (width, height) metres, one axis after the other, up to what is solid.

    A box that overlaps something solid already (it was put there) is not held by it.
    """
    up = _along(world, position, size, 2, by[2])
    here = (position[0], position[1], position[2] + up)
    landed, bumped = by[2] < 0.0 and up > by[2], by[2] > 0.0 and up < by[2]
    there, blocked = _sideways(world, here, size, by)
    if blocked and step_height > 0.0 and landed:
        raised = (here[0], here[1], here[2] + _along(world, here, size, 2, step_height))
        over, still_blocked = _sideways(world, raised, size, by)
        if math.dist(over[:2], here[:2]) > math.dist(there[:2], here[:2]) + _SKIN:
            down = _along(world, over, size, 2, here[2] - over[2])
            there, blocked = (over[0], over[1], over[2] + down), still_blocked
    return Slid(there, blocked, landed, bumped)


def _sideways(world: World, position: Point, size: tuple[float, float], by: Point) -> tuple[Point, bool]:
    x, y, z = position
    east = _along(world, (x, y, z), size, 0, by[0])
    north = _along(world, (x + east, y, z), size, 1, by[1])
    return (x + east, y + north, z), (east, north) != (by[0], by[1])


def _along(world: World, position: Point, size: tuple[float, float], axis: int, by: float) -> float:
    """How far of `by` metres the box gets along one axis."""
    if by == 0.0:
        return 0.0
    half = size[0] / 2
    low = [position[0] - half, position[1] - half, position[2]]
    high = [position[0] + half, position[1] + half, position[2] + size[1]]
    swept_low, swept_high = [a + _SKIN for a in low], [a - _SKIN for a in high]
    swept_low[axis] = low[axis] + min(by, 0.0)
    swept_high[axis] = high[axis] + max(by, 0.0)
    far = by
    for a, b in world.solids((swept_low[0], swept_low[1], swept_low[2]), (swept_high[0], swept_high[1], swept_high[2])):
        if by > 0.0 and a[axis] >= high[axis] - _SKIN:
            far = min(far, max(0.0, a[axis] - high[axis]))
        elif by < 0.0 and b[axis] <= low[axis] + _SKIN:
            far = max(far, min(0.0, b[axis] - low[axis]))
    if axis == 2 and by < 0.0 and world.ground is not None and low[2] >= world.ground_z - _SKIN:
        far = max(far, min(0.0, world.ground_z - low[2]))
    return far
