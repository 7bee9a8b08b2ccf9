"""Pictures of the world: RGB, exact object ids and exact depth, from one pass over spans of pixels.

Every surface but a ball's is a rectangle. In a pinhole picture the inverse depth w of a rectangle's plane is linear
in the pixel's place, and so are s*w and t*w for its own two coordinates s and t. A rectangle covers the pixels where
0 <= s*w <= w and 0 <= t*w <= w; that holds behind and beside the camera too, so nothing is ever clipped. Each row of
each rectangle is one span of pixels. All spans of a picture are worked on together, and a pixel keeps the span with
the largest w.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal.balls import draw_ball
from evalsuite.adapters.rehearsal.faces import Faces, block_faces, ground_faces, reach_of, thing_faces
from evalsuite.adapters.rehearsal.lens import Lens, camera_axes
from evalsuite.adapters.rehearsal.projection import Projected, project, spans_of
from evalsuite.adapters.rehearsal.shading import blur_levels, surfaces_of
from evalsuite.adapters.rehearsal.shapes import SKY_ID, Ball
from evalsuite.adapters.rehearsal.sky import SKIES, sky_faces
from evalsuite.adapters.rehearsal.textures import TextureStore
from evalsuite.adapters.rehearsal.visibility import visible_runs
from evalsuite.adapters.rehearsal.world import World
from evalsuite.crossview.geometry import Pose

Floats = NDArray[np.float64]

_TEXTURES = TextureStore()
"""Shared by all renderers of a process, as the paints are."""


@dataclass(frozen=True, eq=False)
class Picture:
    """What a camera sees.

    Args:
        rgb: uint8 (height, width, 3).
        ids: int32 (height, width): the id of what each pixel's middle shows; SKY_ID and GROUND_ID beside objects.
        depth: float32 (height, width): metres along the optical axis; inf for the sky.
    """

    rgb: NDArray[np.uint8]
    ids: NDArray[np.int32]
    depth: NDArray[np.float32]


class Renderer:
    """Renders one world; keeps the faces of its blocks from picture to picture."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._blocks: tuple[int, Faces] | None = None

    def render(
        self,
        camera: Pose,
        width: int,
        height: int,
        *,
        horizontal_fov: float | None = None,
        vertical_fov: float | None = None,
        roll: float = 0.0,
        hide: Collection[int] = (),
    ) -> Picture:
        """The picture from `camera`.

        Args:
            camera: pose of the eye.
            width, height: in pixels.
            horizontal_fov, vertical_fov: in degrees, one of the two; pixels are square.
            roll: of the camera about its axis, clockwise in degrees.
            hide: ids of blocks and things that are left out, such as the camera's own carrier.
        """
        lens = Lens.of(width, height, horizontal_fov, vertical_fov)
        axes = camera_axes(camera, roll)
        things = [
            thing
            for thing in self._world.things.values()
            if thing.id not in hide and lens.may_see(axes, camera.position, thing.position, reach_of(thing))
        ]
        faces = Faces.joined(
            [
                sky_faces(self._world.sky, camera.position),
                ground_faces(self._world),
                self._block_faces(hide),
                *(thing_faces(thing) for thing in things if not isinstance(thing.shape, Ball)),
            ]
        )
        eye = np.array(camera.position)
        daylight = SKIES[self._world.sky].daylight
        picture = _drawn(project(faces, eye, axes, lens, daylight), lens)
        for thing in things:
            if isinstance(thing.shape, Ball):
                away = np.array(thing.centre) - eye
                draw_ball(picture.rgb, picture.ids, picture.depth, thing.id, thing.shape, away, axes, lens, daylight)
        return picture

    def _block_faces(self, hide: Collection[int]) -> Faces:
        if any(self._world.has_block(identity) for identity in hide):
            return block_faces(self._world, hide)
        if self._blocks is None or self._blocks[0] != self._world.blocks_version:
            self._blocks = (self._world.blocks_version, block_faces(self._world))
        return self._blocks[1]


def _drawn(projected: Projected, lens: Lens) -> Picture:
    runs = visible_runs(projected, spans_of(projected, lens), lens)
    length, face = runs.length, runs.face
    begin = np.cumsum(length) - length
    along_run = (np.arange(lens.width * lens.height) - np.repeat(begin, length)).astype(np.float32)

    def at_pixels(function: Floats) -> NDArray[np.float32]:
        start, slope = runs.start_and_slope(function)
        return along_run * np.repeat(slope.astype(np.float32), length) + np.repeat(start.astype(np.float32), length)

    surfaces = surfaces_of(projected, _TEXTURES)
    inverse = at_pixels(projected.inverse)
    depth = np.reciprocal(inverse)
    u, v = ((at_pixels(function) * depth).astype(np.int32) for function in surfaces.texels)
    bits = np.repeat(surfaces.size_bits[face], length)
    mask = np.repeat((1 << surfaces.size_bits[face]) - 1, length)
    blur = blur_levels(inverse * inverse * np.repeat(surfaces.sharp[face], length))
    texel = np.repeat(surfaces.start[face], length) + ((((blur << bits) + (v & mask)) << bits) + (u & mask))
    colours = _TEXTURES.texels[texel].view(np.uint8).reshape(-1, 4)
    rgb = np.empty((len(colours), 3), np.uint8)
    for channel in range(3):
        rgb[:, channel] = colours[:, channel]
    ids = np.repeat(projected.ids[face], length)
    depth[ids == SKY_ID] = np.inf
    size = lens.height, lens.width
    return Picture(rgb.reshape(*size, 3), ids.reshape(size), depth.reshape(size))
