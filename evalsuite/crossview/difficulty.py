"""View difficulty: how far the start view is from the goal view, measured, and its published bin."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, NonNegativeFloat, NonNegativeInt, model_serializer
from pydantic_core.core_schema import SerializerFunctionWrapHandler

from evalsuite.crossview.geometry import Pose, angle_between, ground_distance, manhattan_distance
from evalsuite.crossview.goal import Goal

Difficulty = Literal["easy", "medium", "hard"]

DIFFICULTY_NAME = "published-distance.1"
"""Of these bins; `evalsuite.crossview.view_gap` has others."""

DIFFICULTY_METRES: dict[Difficulty, float] = {"easy": 20.0, "medium": 40.0, "hard": 60.0}
"""Manhattan distance from start to target: ROCKET-3 (arXiv 2507.23698), figure 3 and appendix A."""

DIFFICULTIES: tuple[Difficulty, ...] = tuple(DIFFICULTY_METRES)


class ViewDifficulty(BaseModel):
    """The quantities behind the bin, kept in every scenario and every record.

    Distances are in metres from the start eye to the target: `manhattan_m`, `straight_m` along the ground,
    `path_m` the shortest way on foot (None where no floor plan is known). `view_angle_deg` in [0, 180] lies
    between the two optical axes, start and goal camera. `goal_camera_height_m` is above the target's middle,
    `goal_camera_pitch_deg` is + down, `goal_camera_distance_m` runs to the target along the ground.
    `goal_target_pixels` is the mask's area, `start_target_pixels` what the agent's first picture shows of the
    target (None where a world can't know), `target_visible_at_start` says whether that is any at all.
    `covisibility` in [0, 1] is the share of the surface in the start view that the goal view shows too.

    What is not known is written as null; a quantity that came after suites had been locked is left out instead, so
    that their content, and with it their hash, stays what it was.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    manhattan_m: NonNegativeFloat
    straight_m: NonNegativeFloat
    path_m: NonNegativeFloat | None = None
    view_angle_deg: NonNegativeFloat
    goal_camera_height_m: FiniteFloat
    goal_camera_pitch_deg: FiniteFloat
    goal_camera_distance_m: NonNegativeFloat
    goal_target_pixels: NonNegativeInt | None = None
    start_target_pixels: NonNegativeInt | None = None
    target_visible_at_start: bool | None = None
    covisibility: Annotated[float, Field(ge=0.0, le=1.0)] | None = None

    @model_serializer(mode="wrap")
    def _without_later_unknowns(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = serialize(self)
        return {name: value for name, value in content.items() if value is not None or name not in _LATER}


_LATER = frozenset({"covisibility"})


def measure_view_difficulty(
    start: Pose,
    goal: Goal,
    *,
    path_m: float | None = None,
    goal_target_pixels: int | None = None,
    start_target_pixels: int | None = None,
    covisibility: float | None = None,
) -> ViewDifficulty:
    """Measure `goal` as seen from the start eye `start`; what only pixels can tell is handed in."""
    target, camera = goal.target.position, goal.camera
    level = (start.x, start.y, target[2])
    return ViewDifficulty(
        manhattan_m=round(manhattan_distance(level, target), 3),
        straight_m=round(ground_distance(start.position, target), 3),
        path_m=None if path_m is None else round(path_m, 3),
        view_angle_deg=round(angle_between(start.direction, camera.direction), 3),
        goal_camera_height_m=round(camera.z - target[2], 3),
        goal_camera_pitch_deg=round(camera.pitch, 3),
        goal_camera_distance_m=round(ground_distance(camera.position, target), 3),
        goal_target_pixels=goal_target_pixels,
        start_target_pixels=start_target_pixels,
        target_visible_at_start=None if start_target_pixels is None else start_target_pixels > 0,
        covisibility=None if covisibility is None else round(covisibility, 3),
    )
