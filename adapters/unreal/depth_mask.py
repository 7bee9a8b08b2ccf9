"""Which pixels show a box of known place and size, told by their depth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.unreal.backend import Depth, Mask, Prop
from evalsuite.crossview.geometry import Pose, angle_between

TOLERANCE = 1e-3
"""Share of the distance by which a depth picture's value may be off. AirSim reads half floats: 2**-11 is 0.0005."""

_Floats = NDArray[np.float64]


def mask_by_depth(depth: Depth, camera: Pose, box: Prop, horizontal_fov: float, others: Sequence[Prop] = ()) -> Mask:
    """uint8 0/1 (height, width): where the depth seen is that of the box's own surface.

    Args:
        depth: metres along the optical axis (height, width).
        horizontal_fov: in degrees.
        others: boxes that may stand in front of it, and so near to it that depth alone can't tell the two.
    """
    height, width = depth.shape
    shown = np.zeros(depth.shape, np.uint8)
    focal = width / 2 / math.tan(math.radians(horizontal_fov / 2))
    rows, columns = _window(camera, box, width, height, focal)
    x = (np.arange(columns.start, columns.stop) + 0.5 - width / 2) / focal
    y = (np.arange(rows.start, rows.stop) + 0.5 - height / 2) / focal
    rays = np.stack([*np.broadcast_arrays(x[None, :], y[:, None]), np.ones((len(y), len(x)))], axis=2)
    seen, expected = depth[rows, columns], _box_depth(rays, camera, box)
    with np.errstate(invalid="ignore"):
        near = np.isfinite(expected) & (np.abs(seen - expected) <= TOLERANCE * expected)
    where = np.nonzero(near)
    along, own = rays[where], expected[where]
    for other in others:
        if _may_stand_before(camera, other, box):
            own = np.where(_box_depth(along, camera, other) < own, np.inf, own)
    shown[rows, columns][where] = np.isfinite(own)
    return shown


def may_show(camera: Pose, box: Prop, horizontal_fov: float, width: int, height: int) -> bool:
    """Whether the box may reach into the picture; False is certain."""
    to_middle = np.subtract(box.middle, camera.position)
    away, radius = float(np.linalg.norm(to_middle)), float(np.linalg.norm(box.size)) / 2
    if away <= radius:
        return True
    half_width = math.tan(math.radians(horizontal_fov / 2))
    corner = math.degrees(math.atan(half_width * math.hypot(1.0, height / width)))
    ahead = angle_between(camera.direction, (float(to_middle[0]), float(to_middle[1]), float(to_middle[2])))
    return ahead <= corner + math.degrees(math.asin(radius / away))


def _may_stand_before(camera: Pose, other: Prop, box: Prop) -> bool:
    """Whether `other` may hide some of `box`; False is certain. By the balls around both."""
    to_other, to_box = (np.subtract(each.middle, camera.position) for each in (other, box))
    away, far = float(np.linalg.norm(to_other)), float(np.linalg.norm(to_box))
    radius, own = float(np.linalg.norm(other.size)) / 2, float(np.linalg.norm(box.size)) / 2
    if away <= radius or far <= own:
        return True
    if away - radius > far + own:
        return False
    apart = math.acos(max(-1.0, min(1.0, float(to_other @ to_box) / (away * far))))
    return apart <= math.asin(radius / away) + math.asin(own / far)


def _in_the_boxs_frame(camera: Pose, box: Prop) -> tuple[_Floats, _Floats]:
    """The camera's right, down and ahead as columns, and its eye in metres, along the box's own axes."""
    yaw, pitch, turned = (math.radians(angle) for angle in (camera.yaw, camera.pitch, box.yaw))
    right = np.array([math.cos(yaw), -math.sin(yaw), 0.0])
    down = np.array([-math.sin(yaw) * math.sin(pitch), -math.cos(yaw) * math.sin(pitch), -math.cos(pitch)])
    to_box = np.array(
        [[math.cos(turned), -math.sin(turned), 0.0], [math.sin(turned), math.cos(turned), 0.0], [0.0, 0.0, 1.0]]
    )
    axes = to_box @ np.stack([right, down, np.array(camera.direction)], axis=1)
    return axes, to_box @ (np.array(camera.position) - np.array(box.middle))


def _window(camera: Pose, box: Prop, width: int, height: int, focal: float) -> tuple[slice, slice]:
    """Rows and columns of pixels outside which the box is not: those of its corners, or all if one is behind."""
    axes, eye = _in_the_boxs_frame(camera, box)
    signs = np.array([(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)])
    corners = (signs * np.array(box.size) / 2 - eye) @ axes
    if corners[:, 2].min() <= 1e-3:
        return slice(0, height), slice(0, width)
    bounds = []
    for axis, size in ((1, height), (0, width)):
        places = corners[:, axis] / corners[:, 2] * focal + size / 2
        first = min(size, max(0, math.floor(places.min()) - 1))
        bounds.append(slice(first, max(first, min(size, math.ceil(places.max()) + 1))))
    return bounds[0], bounds[1]


def _box_depth(rays: _Floats, camera: Pose, box: Prop) -> _Floats:
    """Metres along the optical axis to the box's nearest surface on each ray (right, down, 1); inf where it is not.

    The slab test of ray and box (Kay and Kajiya 1986); from inside the box, its far side.
    """
    axes, eye = _in_the_boxs_frame(camera, box)
    half, along = np.array(box.size) / 2, rays @ axes.T
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = (-half - eye) / along, (half - eye) / along
    near, far = np.fmin(a, b).max(axis=-1), np.fmax(a, b).min(axis=-1)
    met = (far >= near) & (far > 0.0)
    return np.where(met, np.where(near <= 0.0, far, near), np.inf)
