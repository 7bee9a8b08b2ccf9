"""Where a camera above the floor stands, from tags at measured places, and where others are, by their heights.

A tag's pixels are cast on the level at which the tag lies. That is a tenth as sensitive to the corners' noise as a
tag's own full pose, and as sensitive to a wrong height as the camera stands aside: hence the heights in robot.yaml.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.robot.lens import Lens
from evalsuite.adapters.robot.tag_detector import SeenTag

Floats = NDArray[np.float64]

_TWO_SIGMA = 2.0
_NUDGE = 1e-4


class FlatTag(Protocol):
    """A tag that lies flat: edge of its black square and height of its face, in metres."""

    @property
    def id(self) -> int: ...
    @property
    def size(self) -> float: ...
    @property
    def height(self) -> float: ...


class PlacedTag(FlatTag, Protocol):
    """A tag at a measured place, its upper edge towards `yaw`."""

    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...
    @property
    def yaw(self) -> float: ...


@dataclass(frozen=True, eq=False)
class OverheadView:
    """The camera's pose as OpenCV has it, and how sure it is.

    Args:
        lens: without distortion, of the picture's size.
        pose: float64 (6,), rotation vector and translation of world to camera.
        covariance: float64 (6, 6) of `pose`.
        residual: root mean square of what the corners of the floor's tags are off, in pixels.
        noise: standard deviation of a corner's column and row in pixels, at least.
    """

    lens: Lens
    pose: Floats
    covariance: Floats
    residual: float
    noise: float


@dataclass(frozen=True, eq=False)
class Lying:
    """A tag as it was measured: metres, degrees.

    Args:
        x, y: its middle.
        yaw: where its upper edge points, clockwise from north.
        edge: mean length of its four edges.
        edge_error: of `edge`, two standard deviations.
        error: of its middle, two standard deviations, with what its own size says against its height.
    """

    x: float
    y: float
    yaw: float
    edge: float
    edge_error: float
    error: float


def corners_of(tag: PlacedTag) -> Floats:
    """Corners of the black square in the world, float64 (4, 3): the tag's own upper left first, then clockwise."""
    half, yaw = tag.size / 2, math.radians(tag.yaw)
    right, up = np.array([math.cos(yaw), -math.sin(yaw)]), np.array([math.sin(yaw), math.cos(yaw)])
    flat = np.array([-half * right + half * up, half * right + half * up, half * right - half * up])
    flat = np.vstack([flat, -half * right - half * up]) + np.array([tag.x, tag.y])
    return np.column_stack([flat, np.full(4, tag.height)])


def find_view(
    lens: Lens, seen: Iterable[SeenTag], floor: Iterable[PlacedTag], corner_noise: float
) -> OverheadView | None:
    """The camera's pose from the tags of the floor that are in the picture; None when it can't be had.

    Args:
        corner_noise: the detector's, as `tag_detector.TagDetector` has it.
    """
    places = {tag.id: tag for tag in floor}
    used = [tag for tag in seen if tag.id in places]
    if not used:
        return None
    world = np.vstack([corners_of(places[tag.id]) for tag in used])
    pixels = np.vstack([tag.corners for tag in used])
    best = _solve(lens, world, pixels)
    if best is None:
        return None
    off, jacobian = _residuals(lens, best, world, pixels)
    residual = float(np.sqrt(np.mean(np.sum(off**2, axis=1))))
    sigma = max(corner_noise, residual / math.sqrt(2.0))
    covariance = sigma**2 * np.linalg.pinv(jacobian.T @ jacobian)
    return OverheadView(lens, best, covariance, residual, corner_noise)


def lying(view: OverheadView, seen: SeenTag, tag: FlatTag) -> Lying:
    """Where a flat tag lies, from its pixels and its height."""
    corners = _on_level(view.lens, view.pose, seen.corners, tag.height)
    x, y = corners.mean(axis=0)
    up = (corners[0] + corners[1] - corners[2] - corners[3]) / 2
    edge = _edge(corners)
    slopes = np.empty((3, 6))
    for part in range(6):
        nudge = np.zeros(6)
        nudge[part] = _NUDGE
        there, here = (_on_level(view.lens, view.pose + way * nudge, seen.corners, tag.height) for way in (1, -1))
        slopes[:2, part] = (there - here).mean(axis=0) / (2 * _NUDGE)
        slopes[2, part] = (_edge(there) - _edge(here)) / (2 * _NUDGE)
    by_pose = np.diag(slopes @ view.covariance @ slopes.T)
    corner_metres = edge / _edge(seen.corners) * view.noise
    # Each of the two coordinates of the middle is a mean of four corners, and so is the edge's length.
    place_error = _TWO_SIGMA * math.sqrt(float(by_pose[:2].sum()) + corner_metres**2 / 2)
    edge_error = _TWO_SIGMA * math.sqrt(float(by_pose[2]) + corner_metres**2 / 2)
    # A tag that looks too large is nearer to the camera than its height says, and so nearer to below it.
    eye = camera_place(view)
    too_large = max(0.0, abs(edge - tag.size) - edge_error) / tag.size
    error = math.hypot(place_error, too_large * math.hypot(x - eye[0], y - eye[1]))
    return Lying(float(x), float(y), math.degrees(math.atan2(up[0], up[1])), edge, edge_error, error)


def _edge(corners: Floats) -> float:
    """Mean length of the edges of a quadrangle (4, 2)."""
    return float(np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1).mean())


def camera_place(view: OverheadView) -> Floats:
    """Where the camera is, float64 (3,) in metres."""
    rotation = np.asarray(cv2.Rodrigues(view.pose[:3])[0], np.float64)
    place: Floats = -rotation.T @ view.pose[3:]
    return place


def _solve(lens: Lens, world: Floats, pixels: Floats) -> Floats | None:
    """The pose with the smallest residual that has the camera above the floor."""
    nothing: Any = None
    count, turns, shifts, _ = cv2.solvePnPGeneric(world, pixels, lens.matrix, nothing, flags=cv2.SOLVEPNP_SQPNP)
    solved: list[tuple[float, Floats]] = []
    for turn, shift in zip(turns[:count], shifts[:count], strict=True):
        turned, shifted = cv2.solvePnPRefineLM(world, pixels, lens.matrix, nothing, turn.copy(), shift.copy())
        pose = np.concatenate([np.ravel(turned), np.ravel(shifted)]).astype(np.float64)
        rotation = np.asarray(cv2.Rodrigues(pose[:3])[0], np.float64)
        if np.isfinite(pose).all() and float((-rotation.T @ pose[3:])[2]) > float(world[:, 2].max()):
            off, _ = _residuals(lens, pose, world, pixels)
            solved.append((float(np.mean(off**2)), pose))
    return min(solved, key=lambda each: each[0])[1] if solved else None


def _residuals(lens: Lens, pose: Floats, world: Floats, pixels: Floats) -> tuple[Floats, Floats]:
    """What each corner is off, (n, 2), and how its place depends on the pose, (2 n, 6)."""
    nothing: Any = None
    seen, slopes = cv2.projectPoints(world, pose[:3], pose[3:], lens.matrix, nothing)
    return np.asarray(seen, np.float64).reshape(-1, 2) - pixels, np.asarray(slopes, np.float64)[:, :6]


def _on_level(lens: Lens, pose: Floats, pixels: Floats, height: float) -> Floats:
    """Where the rays of pixels (n, 2) meet the level at `height`: (n, 2) in metres."""
    rotation = np.asarray(cv2.Rodrigues(pose[:3])[0], np.float64)
    eye = -rotation.T @ pose[3:]
    (fx, fy), (cx, cy) = lens.focal, lens.centre
    rays = np.column_stack([(pixels[:, 0] - cx) / fx, (pixels[:, 1] - cy) / fy, np.ones(len(pixels))]) @ rotation
    places: Floats = eye[:2] + rays[:, :2] * ((height - eye[2]) / rays[:, 2])[:, None]
    return places
