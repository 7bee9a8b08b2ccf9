"""The world as rectangles in space, in numpy arrays that the renderer takes whole."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal.looks import Look, Paint
from evalsuite.adapters.rehearsal.shapes import GROUND_ID, Ball, Box, Figure, Part
from evalsuite.adapters.rehearsal.world import Cell, Thing, World
from evalsuite.crossview.geometry import Point

_GROUND_REACH = 4096.0
_STRIDE_PHASES = 16
_SWING = 0.6

_NEIGHBOURS: tuple[Cell, ...] = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))

# The six faces of the unit cube, as (corner, across, down) seen from outside with u to the right and v down:
# east, west, north, south, top, bottom.
_CUBE = np.array(
    [
        [[1, 0, 1], [0, 1, 0], [0, 0, -1]],
        [[0, 1, 1], [0, -1, 0], [0, 0, -1]],
        [[1, 1, 1], [-1, 0, 0], [0, 0, -1]],
        [[0, 0, 1], [1, 0, 0], [0, 0, -1]],
        [[0, 1, 1], [1, 0, 0], [0, -1, 0]],
        [[0, 0, 0], [1, 0, 0], [0, 1, 0]],
    ],
    np.float64,
)


@dataclass(frozen=True, eq=False)
class Faces:
    """n rectangles.

    Args:
        planes: float64 (n, 3, 3): corner, edge across (u), edge down (v), in metres; across x down points inwards.
        ids: int32 (n,): whose they are.
        paints: int32 (n,): numbers of their paints.
    """

    planes: NDArray[np.float64]
    ids: NDArray[np.int32]
    paints: NDArray[np.int32]

    @staticmethod
    def joined(several: Iterable[Faces]) -> Faces:
        parts = list(several)
        if not parts:
            return Faces(np.zeros((0, 3, 3)), np.zeros(0, np.int32), np.zeros(0, np.int32))
        return Faces(
            np.concatenate([part.planes for part in parts]),
            np.concatenate([part.ids for part in parts]),
            np.concatenate([part.paints for part in parts]),
        )


def numbers(paints: Iterable[Paint]) -> NDArray[np.int32]:
    """The paints' numbers."""
    return np.array([paint.number for paint in paints], np.int32)


def ground_faces(world: World) -> Faces:
    """The ground plane: a square of 8 km."""
    if world.ground is None:
        return Faces.joined(())
    reach = _GROUND_REACH
    plane = [[-reach, reach, world.ground_z], [2 * reach, 0.0, 0.0], [0.0, -2 * reach, 0.0]]
    return Faces(np.array([plane]), np.array([GROUND_ID], np.int32), numbers([world.ground.top]))


def block_faces(world: World, hide: Collection[int] = ()) -> Faces:
    """Every face of a block that no neighbour and not the ground covers."""
    blocks = {cell: block for cell, block in world.blocks.items() if block.id not in hide}
    cells, sides, ids, paints = [], [], [], []
    for cell, block in blocks.items():
        i, j, k = cell
        for side, (di, dj, dk) in enumerate(_NEIGHBOURS):
            if (i + di, j + dj, k + dk) not in blocks:
                cells.append(cell)
                sides.append(side)
                ids.append(block.id)
                paints.append(block.look.faces[side])
    planes = _CUBE[sides] if sides else np.zeros((0, 3, 3))
    planes[:, 0] += np.array(cells, np.float64).reshape(-1, 3)
    return Faces(planes, np.array(ids, np.int32), numbers(paints))


def thing_faces(thing: Thing) -> Faces:
    """The faces of a box or figure where it stands; a ball has none."""
    shape = thing.shape
    if isinstance(shape, Ball):
        return Faces.joined(())
    if isinstance(shape, Box):
        local, paints = _box_planes(shape)
    else:
        phase = round(thing.stride / (2 * math.pi) * _STRIDE_PHASES) % _STRIDE_PHASES
        local, paints = _figure_planes(shape, phase)
    planes = local @ _turn(thing.yaw) if thing.yaw % 360.0 else local.copy()
    planes[:, 0] += thing.position
    return Faces(planes, np.full(len(planes), thing.id, np.int32), paints)


def reach_of(thing: Thing) -> float:
    """How far from its position, in metres, any of its surface can lie."""
    shape = thing.shape
    if isinstance(shape, Ball):
        return 2 * shape.radius
    return math.hypot(*shape.size) if isinstance(shape, Box) else _figure_reach(shape)


@lru_cache(maxsize=1024)
def _figure_reach(figure: Figure) -> float:
    """The furthest corner at rest, and what a swing can add: a corner moves by no more than twice the part's extent."""
    return max(
        math.hypot(*map(max, map(abs, part.low), map(abs, part.high))) + 2 * math.dist(part.low, part.high)
        for part in figure.parts
    )


def _turn(yaw: float) -> NDArray[np.float64]:
    """Rotation of row vectors by a yaw clockwise from north; quarter turns are exact."""
    quarter = {0.0: (0.0, 1.0), 90.0: (1.0, 0.0), 180.0: (0.0, -1.0), 270.0: (-1.0, 0.0)}.get(yaw % 360.0)
    sine, cosine = quarter or (math.sin(math.radians(yaw)), math.cos(math.radians(yaw)))
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def _planes_between(low: Point, high: Point) -> NDArray[np.float64]:
    size = np.subtract(high, low)
    planes: NDArray[np.float64] = _CUBE * size
    planes[:, 0] += low
    return planes


@lru_cache(maxsize=4096)
def _cached_box(size: Point) -> NDArray[np.float64]:
    east, north, up = size
    return _planes_between((-east / 2, -north / 2, 0.0), (east / 2, north / 2, up))


def _box_planes(box: Box) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    return _cached_box(box.size), _numbers_of((box.look,))


@lru_cache(maxsize=4096)
def _numbers_of(looks: tuple[Look, ...]) -> NDArray[np.int32]:
    return numbers(paint for look in looks for paint in look.faces)


@lru_cache(maxsize=1024)
def _figure_planes(figure: Figure, phase: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    angle = math.sin(phase / _STRIDE_PHASES * 2 * math.pi) * _SWING
    planes = np.concatenate([_swung(part, angle * part.swing) for part in figure.parts])
    return planes, _numbers_of(tuple(part.look for part in figure.parts))


def _swung(part: Part, angle: float) -> NDArray[np.float64]:
    """A part's faces, turned by `angle` radians about the level line through the middle of its upper edge."""
    planes = _planes_between(part.low, part.high)
    if angle == 0.0:
        return planes
    hinge = np.array([0.0, (part.low[1] + part.high[1]) / 2, part.high[2]])
    sine, cosine = math.sin(angle), math.cos(angle)
    rotation = np.array([[1.0, 0.0, 0.0], [0.0, cosine, sine], [0.0, -sine, cosine]])
    planes[:, 0] -= hinge
    swung: NDArray[np.float64] = planes @ rotation
    swung[:, 0] += hinge
    return swung
