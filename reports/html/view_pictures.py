"""A scenario's views as three small pictures: start view, goal view, and the mask to be laid over the goal view."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.errors import UsageError
from evalsuite.extras import install_command
from evalsuite.reports.view_capture import CapturedView
from evalsuite.reports.views import MASK_COLOUR, MASK_OPACITY, zoom_on

PICTURE_WIDTH = 512
"""Pixels: sharp enough at half the width of a screen, and the views of 480 scenarios still fit into one file."""

PICTURE_QUALITY = 60
"""WebP's, of 100: about 18 kB a picture of the Doom world."""

PICTURE_EFFORT = 2
"""WebP's, of 6: a third faster than its default, and a twentieth larger."""

OUTLINE_PIXELS = 2


@dataclass(frozen=True)
class Zoom:
    """The part of the goal view around a small target, as shares of the picture.

    Args:
        x, y: its middle.
        half_width: half its width; its shape is the picture's.
        left, top: the corner in which it is shown enlarged, away from the target.
    """

    x: float
    y: float
    half_width: float
    left: float
    top: float


@dataclass(frozen=True)
class ViewPictures:
    """Encoded: `start` and `goal` as WebP; `mask` as PNG that is transparent where the target is not."""

    start: bytes
    goal: bytes
    mask: bytes


def encode(view: CapturedView) -> ViewPictures:
    """Scale down to `PICTURE_WIDTH` where wider, and encode. Raises `UsageError` when Pillow is missing."""
    return ViewPictures(_webp(view.start), _webp(view.goal), _overlay(view.mask))


def zoom_of(mask: bytes) -> Zoom | None:
    """Where to enlarge the target of an encoded mask; None when it is large enough to be seen."""
    image = _pillow().open(io.BytesIO(mask))
    pixels = (np.asarray(image.convert("RGBA"))[..., 3] > 0).astype(np.uint8)
    height, width = pixels.shape
    zoom = zoom_on(pixels)
    if zoom is None:
        return None
    return Zoom(zoom.x / width, zoom.y / height, zoom.half_width / width, zoom.left, zoom.top)


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise UsageError(f"pictures need Pillow ({error}): {install_command('reports')}") from error
    return Image


def _webp(pixels: NDArray[np.uint8]) -> bytes:
    pillow = _pillow()
    picture = pillow.fromarray(pixels)
    if picture.width > PICTURE_WIDTH:
        height = max(1, round(picture.height * PICTURE_WIDTH / picture.width))
        picture = picture.resize((PICTURE_WIDTH, height), pillow.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=PICTURE_QUALITY, method=PICTURE_EFFORT)
    return file.getvalue()


def _overlay(mask: NDArray[np.uint8]) -> bytes:
    """The mask, see-through, in a white line and one of its own colour, so that it is found on any ground."""
    pillow = _pillow()
    colour = [int(MASK_COLOUR[at : at + 2], 16) for at in (1, 3, 5)]
    inner, outer = grown(mask, OUTLINE_PIXELS // 2), grown(mask, OUTLINE_PIXELS)
    picture = np.zeros((*mask.shape, 4), np.uint8)
    picture[outer] = (255, 255, 255, 255)
    picture[inner] = (*colour, 255)
    picture[mask > 0] = (*colour, round(255 * MASK_OPACITY))
    file = io.BytesIO()
    pillow.fromarray(picture).quantize(8, method=pillow.Quantize.FASTOCTREE).save(file, "PNG", optimize=True)
    return file.getvalue()


def grown(mask: NDArray[np.uint8], pixels: int) -> NDArray[np.bool_]:
    """The mask and everything within `pixels` of it, along rows and columns at once."""
    padded = np.pad(mask > 0, pixels)
    height, width = mask.shape
    reach = range(2 * pixels + 1)
    within: NDArray[np.bool_] = np.logical_or.reduce(
        [padded[y : y + height, x : x + width] for y in reach for x in reach]
    )
    return within
