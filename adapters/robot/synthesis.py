"""Making `robot-ball`: a ball that a turn to the right brings into view, or one that stands behind a box.

The published trials are described in a sentence (ROCKET-3, arXiv 2507.23698): easy, a turn to the right suffices; hard,
the ball is behind a box; the goal photo is taken from above. Every measure here is ours.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from evalsuite.adapters.robot.level import CLEARANCE_METRES, TARGET, Crate, RoomLevel, floor_plan
from evalsuite.adapters.robot.sight import ball_in_view
from evalsuite.crossview.difficulty import Difficulty, measure_view_difficulty
from evalsuite.crossview.geometry import Point, Pose, pitch_towards, wrap_degrees, yaw_towards
from evalsuite.crossview.goal import Goal, Target
from evalsuite.errors import UsageError
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario

AREA = (-2.0, -2.0, 2.0, 2.0)
BALL_RADIUS = 0.1
EYE_HEIGHT = 0.15
MAX_STEPS = 240
"""Two minutes at 2 Hz; no source gives the published limit."""

MIN_GOAL_PIXELS = 120
PICTURE = (640, 360)
HORIZONTAL_FOV = 110.0
"""Of the published camera; the picture's size is the published one too."""

GRADES: tuple[Difficulty, ...] = ("easy", "hard")
_MOST_TRIES = 500


def synthesize_ball(count: int, seed: int) -> Iterator[Scenario]:
    """`count` scenarios, easy and hard in turn, the same for the same seed."""
    for index in range(count):
        grade = GRADES[index % len(GRADES)]
        yield _accepted(grade, index // len(GRADES), seed)


def _accepted(grade: Difficulty, number: int, seed: int) -> Scenario:
    for attempt in range(_MOST_TRIES):
        dice = Dice("robot-ball", seed, grade, number, attempt)
        scenario = _easy(dice, number) if grade == "easy" else _hard(dice, number)
        if scenario is not None:
            return scenario
    raise UsageError(f"no {grade} scenario was found in {_MOST_TRIES} tries; take another seed")


def _easy(dice: Dice, number: int) -> Scenario | None:
    """The ball lies to the right, outside the picture; nothing stands in the way."""
    start = _eye(dice.uniform(-1.0, 1.0), dice.uniform(-1.0, 1.0), dice.uniform(-180.0, 180.0))
    bearing, away = math.radians(start.yaw + dice.uniform(70.0, 150.0)), dice.uniform(1.1, 1.9)
    ball = (start.x + away * math.sin(bearing), start.y + away * math.cos(bearing), BALL_RADIUS)
    return _checked("easy", number, RoomLevel(kind="turn", area=AREA, radius=BALL_RADIUS), start, ball, dice)


def _hard(dice: Dice, number: int) -> Scenario | None:
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
    level = RoomLevel(kind="behind a box", area=AREA, boxes=(box,), radius=BALL_RADIUS)
    return _checked("hard", number, level, start, ball, dice)


def _checked(grade: Difficulty, number: int, level: RoomLevel, start: Pose, ball: Point, dice: Dice) -> Scenario | None:
    """The scenario, if it is fair: the ball out of sight, a way to it, and a camera over the room that sees it."""
    ball = (round(ball[0], 2), round(ball[1], 2), ball[2])
    plan = floor_plan(level, CLEARANCE_METRES)
    if not (plan.is_walkable((start.x, start.y)) and plan.is_walkable((ball[0], ball[1]))):
        return None
    path = plan.path_length((start.x, start.y), (ball[0], ball[1]))
    camera = _from_above(ball, dice)
    if path is None or _pixels(start, ball, level) or _pixels(camera, ball, level) < MIN_GOAL_PIXELS:
        return None
    goal = Goal(interaction="approach", target=Target(name=TARGET, kind=TARGET, position=ball), camera=camera)
    return Scenario(
        id=f"robot-ball/{grade}-{number:02d}",
        world="robot",
        level=level.model_dump(mode="json"),
        seed=0,
        start=start,
        max_steps=MAX_STEPS,
        goals=(goal,),
        difficulty=grade,
        view=measure_view_difficulty(start, goal, path_m=path, start_target_pixels=0),
    )


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
