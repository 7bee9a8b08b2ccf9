"""An independent renderer: one ray a pixel against every solid, by slabs and spheres, with nothing shared."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal import GROUND_ID, Ball, Box, Figure, Part, Thing, World
from evalsuite.crossview.geometry import Pose

Floats = NDArray[np.float64]
_PHASES = 16
_SWING = 0.6


def cast_picture(
    world: World, camera: Pose, width: int, height: int, vertical_fov: float, roll: float = 0.0
) -> tuple[NDArray[np.int32], Floats]:
    """(ids, depth along the optical axis) as a slow and simple renderer has them."""
    rays = _rays(camera, width, height, vertical_fov, roll)
    eye = np.array(camera.position)
    ids = np.zeros((height, width), np.int32)
    depth = np.full((height, width), np.inf)

    def keep(identity: int, there: Floats) -> None:
        nearer = there < depth
        ids[nearer] = identity
        depth[nearer] = there[nearer]

    if world.ground is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            there = (world.ground_z - eye[2]) / rays[..., 2]
            reach = np.maximum(abs(eye[0] + there * rays[..., 0]), abs(eye[1] + there * rays[..., 1]))
        keep(GROUND_ID, np.where((rays[..., 2] < 0) & (there > 0) & (reach <= 4096.0), there, np.inf))
    for block in world.blocks.values():
        keep(block.id, _slabs(eye, rays, np.array(block.bounds[0]), np.array(block.bounds[1])))
    for thing in world.things.values():
        keep(thing.id, _thing(thing, eye, rays))
    return ids, depth


def _rays(camera: Pose, width: int, height: int, vertical_fov: float, roll: float) -> Floats:
    """Rays (height, width, 3) in the world whose component along the optical axis is 1."""
    half = math.tan(math.radians(vertical_fov) / 2)
    across = ((np.arange(width) + 0.5) / width * 2 - 1) * half * width / height
    down = ((np.arange(height) + 0.5) / height * 2 - 1) * half
    x, y = np.meshgrid(across, down)
    turn = math.radians(roll)
    x, y = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
    pitch, yaw = math.radians(camera.pitch), math.radians(camera.yaw)
    ahead = math.cos(pitch) - y * math.sin(pitch)
    up = -math.sin(pitch) - y * math.cos(pitch)
    east, north = x * math.cos(yaw) + ahead * math.sin(yaw), ahead * math.cos(yaw) - x * math.sin(yaw)
    return np.stack([east, north, up], axis=-1)


def _slabs(eye: Floats, rays: Floats, low: Floats, high: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = (low - eye) / rays, (high - eye) / rays
    enter, leave = np.minimum(a, b).max(axis=-1), np.maximum(a, b).min(axis=-1)
    return np.where((enter <= leave) & (enter > 0), enter, np.inf)


def _thing(thing: Thing, eye: Floats, rays: Floats) -> Floats:
    if isinstance(thing.shape, Ball):
        return _ball(np.array(thing.centre), thing.shape.radius, eye, rays)
    yaw = math.radians(thing.yaw)
    own = np.array([[math.cos(yaw), math.sin(yaw), 0.0], [-math.sin(yaw), math.cos(yaw), 0.0], [0.0, 0.0, 1.0]])
    eye, rays = (eye - thing.position) @ own, rays @ own
    if isinstance(thing.shape, Box):
        east, north, up = thing.shape.size
        return _slabs(eye, rays, np.array([-east / 2, -north / 2, 0.0]), np.array([east / 2, north / 2, up]))
    return _figure(thing.shape, thing.stride, eye, rays)


def _figure(figure: Figure, stride: float, eye: Floats, rays: Floats) -> Floats:
    phase = round(stride / (2 * math.pi) * _PHASES) % _PHASES
    swing = math.sin(phase / _PHASES * 2 * math.pi)
    nearest: Floats = np.min([_part(part, swing, eye, rays) for part in figure.parts], axis=0)
    return nearest


def _part(part: Part, swing: float, eye: Floats, rays: Floats) -> Floats:
    low, high = np.array(part.low), np.array(part.high)
    angle = swing * part.swing * _SWING
    hinge = np.array([0.0, (low[1] + high[1]) / 2, high[2]])
    back = np.array(
        [[1, 0, 0], [0, math.cos(angle), -math.sin(angle)], [0, math.sin(angle), math.cos(angle)]],
    )
    return _slabs((eye - hinge) @ back + hinge, rays @ back, low, high)


def _ball(centre: Floats, radius: float, eye: Floats, rays: Floats) -> Floats:
    away = eye - centre
    a, b, c = (rays**2).sum(axis=-1), rays @ away, away @ away - radius**2
    under = b * b - a * c
    there = (-b - np.sqrt(np.maximum(under, 0.0))) / a
    return np.where((under >= 0) & (there > 0), there, np.inf)
