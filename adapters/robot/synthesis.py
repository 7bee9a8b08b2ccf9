"""The part of robot-ball in making scenarios: a ball that a turn to the right brings into view, or one behind a box.

The published trials are described in a sentence (ROCKET-3, arXiv 2507.23698): easy, a turn to the right suffices; hard,
the ball is behind a box; the goal photo is taken from above. Every measure here is ours, and nothing is started.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from evalsuite.adapters.robot.level import CLEARANCE_METRES, TARGET, Crate, RoomLevel, floor_plan
from evalsuite.adapters.robot.sight import ball_in_view
from evalsuite.crossview.covisibility import Pinhole, covisibility
from evalsuite.crossview.difficulty import Difficulty
from evalsuite.crossview.geometry import Point, Pose, pitch_towards, wrap_degrees, yaw_towards
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.solids import Solids
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.source import Ask, Cell, Measured, Refused, Rules

AREA = (-2.0, -2.0, 2.0, 2.0)
BALL_RADIUS = 0.1
EYE_HEIGHT = 0.15
MIN_GOAL_PIXELS = 120
PICTURE = (640, 360)
HORIZONTAL_FOV = 110.0
"""Of the published camera; the picture's size is the published one too."""

GRADES: tuple[Difficulty, ...] = ("easy", "hard")

RULES = Rules(
    world="robot",
    dice="robot-ball",
    # The goal photo looks down from above: it differs from the car's own view by much the same angle everywhere.
    cells=tuple(Cell(grade, "approach", grade, gaps=()) for grade in GRADES),
    # Two minutes at 2 Hz; no source gives the published limit.
    max_steps=240,
    min_goal_pixels=MIN_GOAL_PIXELS,
    longest_path_m=dict.fromkeys(GRADES, 10.0),
    nearest_start_m=1.0,
    tries_per_place=1,
    most_places=500,
)


class BallSource:
    """Draws rooms."""

    rules = RULES

    def open(self, ask: Ask, dice: Dice, seed: int) -> Room:
        return _turn(dice) if ask.difficulty == "easy" else _behind_a_box(dice)

    def close(self) -> None:
        pass


class Room:
    """A room with a ball and the car's start in it."""

    def __init__(self, level: RoomLevel, start: Pose, ball: Point) -> None:
        self._room = level
        self._start = start
        self._ball = (round(ball[0], 2), round(ball[1], 2), ball[2])
        self._solids = Solids((each.low, each.high) for each in level.boxes)
        self.level: Mapping[str, Any] = level.model_dump(mode="json")
        self.plan = floor_plan(level, CLEARANCE_METRES)

    def targets(self, ask: Ask) -> Sequence[Target]:
        return [Target(name=TARGET, kind=TARGET, position=self._ball)]

    def start(self, target: Target, ask: Ask, dice: Dice) -> Pose:
        """Where there is room, with the ball out of sight."""
        if not self.plan.is_walkable((self._start.x, self._start.y)) or not self.plan.is_walkable(self._ball[:2]):
            raise Refused("the start is not free")
        if _pixels(self._start, self._ball, self._room):
            raise Refused("the start is not as its difficulty says")
        return self._start

    def goals(self, target: Target, start: Pose, ask: Ask, dice: Dice) -> tuple[Goal, ...]:
        return (Goal(interaction="approach", target=target, camera=_from_above(self._ball, dice)),)

    def measure(self, scenario: Scenario) -> Measured:
        start, camera = scenario.start, scenario.goals[0].camera
        lens = Pinhole.of(*PICTURE, horizontal_fov=HORIZONTAL_FOV)
        return Measured(
            goal_pixels=(_pixels(camera, self._ball, self._room),),
            start_pixels=_pixels(start, self._ball, self._room),
            solved=False,
            covisibility=covisibility(start, camera, lens, self._solids.ranges),
        )


def _turn(dice: Dice) -> Room:
    """The ball lies to the right, outside the picture; nothing stands in the way."""
    start = _eye(dice.uniform(-1.0, 1.0), dice.uniform(-1.0, 1.0), dice.uniform(-180.0, 180.0))
    bearing, away = math.radians(start.yaw + dice.uniform(70.0, 150.0)), dice.uniform(1.1, 1.9)
    ball = (start.x + away * math.sin(bearing), start.y + away * math.cos(bearing), BALL_RADIUS)
    return Room(RoomLevel(kind="turn", area=AREA, radius=BALL_RADIUS), start, ball)


def _behind_a_box(dice: Dice) -> Room:
    """A box stands between robot and ball; the whole is turned by a multiple of 90 degrees."""
    quarter = dice.below(4)
    width, depth, height = dice.uniform(0.7, 1.0), dice.uniform(0.2, 0.3), dice.uniform(0.3, 0.4)
    middle, near = dice.uniform(-0.15, 0.15), dice.uniform(-0.55, -0.35)
    low, high = _turned(middle - width / 2, near, quarter), _turned(middle + width / 2, near + depth, quarter)
    box = Crate(
        low=(min(low[0], high[0]), min(low[1], high[1]), 0.0),
        high=(max(low[0], high[0]), max(low[1], high[1]), round(height, 3)),
    )
    x, y = _turned(dice.uniform(-0.3, 0.3), dice.uniform(-1.5, -1.35), quarter)
    ball = (*_turned(middle + dice.uniform(-0.2, 0.2), near + depth + dice.uniform(0.8, 1.1), quarter), BALL_RADIUS)
    start = _eye(x, y, yaw_towards((x, y, 0.0), ball) + dice.uniform(-15.0, 15.0))
    return Room(RoomLevel(kind="behind a box", area=AREA, boxes=(box,), radius=BALL_RADIUS), start, ball)


def _from_above(ball: Point, dice: Dice) -> Pose:
    """A hand-held camera: over head height's half, a step away, looking at the ball."""
    bearing, away, height = math.radians(dice.uniform(-180.0, 180.0)), dice.uniform(0.5, 1.0), dice.uniform(1.3, 1.8)
    eye = (round(ball[0] - away * math.sin(bearing), 2), round(ball[1] - away * math.cos(bearing), 2), round(height, 2))
    return Pose(
        x=eye[0], y=eye[1], z=eye[2], yaw=round(yaw_towards(eye, ball), 1), pitch=round(pitch_towards(eye, ball), 1)
    )


def _pixels(camera: Pose, ball: Point, level: RoomLevel) -> int:
    width, height = PICTURE
    seen, _ = ball_in_view(
        camera, ball, level.radius, level.boxes, width=width, height=height, horizontal_fov=HORIZONTAL_FOV
    )
    return seen


def _eye(x: float, y: float, yaw: float) -> Pose:
    return Pose(x=round(x, 2), y=round(y, 2), z=EYE_HEIGHT, yaw=round(wrap_degrees(yaw)))


def _turned(x: float, y: float, quarter: int) -> tuple[float, float]:
    """(x, y) turned clockwise by `quarter` right angles, to the centimetre."""
    for _ in range(quarter):
        x, y = y, -x
    return (round(x, 2), round(y, 2))
