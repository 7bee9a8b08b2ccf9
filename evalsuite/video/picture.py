"""One picture of a video: the agent's view, the goal view with its mask in a corner, a caption below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

WIDTH = 480
"""A smaller view is enlarged by a whole number so that the caption can be read, a larger one reduced to save space."""

INSET_SHARE = 0.3
INSET_MARGIN = 8
CAPTION_HEIGHT = 42
CAPTION_LINE = 19
FONT_SIZE = 13
INK, QUIET, PAPER = (240, 240, 240), (165, 165, 165), (22, 22, 24)
MASK_COLOUR = (255, 0, 168)
MASK_OPACITY = 0.35
FRAME_COLOUR = (255, 255, 255)


@dataclass(frozen=True)
class Caption:
    """What is written below a picture: a line of the step, a line of the facts; each with a left and a right end."""

    step: str
    action: str
    facts: str
    goal: str


class Layout:
    """Puts pictures together; all those of one video have the same `width` and `height` in pixels, both even.

    Args:
        width, height: of the agent's view.
    """

    def __init__(self, width: int, height: int) -> None:
        if width < WIDTH:
            self._view = (width * -(-WIDTH // width), height * -(-WIDTH // width))
        else:
            self._view = (WIDTH, round(height * WIDTH / width))
        self._native = (width, height)
        self.width = self._view[0] + self._view[0] % 2
        self._view_height = self._view[1] + self._view[1] % 2
        self.height = self._view_height + CAPTION_HEIGHT
        self._font = ImageFont.load_default(FONT_SIZE)
        self._goal: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None
        self._inset = Image.new("RGB", (1, 1))

    def compose(
        self, view: NDArray[np.uint8], goal: NDArray[np.uint8], mask: NDArray[np.uint8], caption: Caption
    ) -> NDArray[np.uint8]:
        """The picture, RGB uint8 (self.height, self.width, 3).

        Args:
            view, goal: RGB uint8 (height, width, 3).
            mask: 0/1 uint8 (height, width): the target in the goal view.
        """
        canvas = Image.new("RGB", (self.width, self.height), PAPER)
        canvas.paste(self._fitted(view), (0, 0))
        if self._goal is None or self._goal[0] is not goal or self._goal[1] is not mask:
            self._goal, self._inset = (goal, mask), inset(goal, mask, round(INSET_SHARE * self._view[0]))
        canvas.paste(self._inset, (self._view[0] - self._inset.width - INSET_MARGIN, INSET_MARGIN))
        self._write(ImageDraw.Draw(canvas), caption)
        return np.asarray(canvas)

    def _fitted(self, view: NDArray[np.uint8]) -> Image.Image:
        picture = Image.fromarray(view)
        if self._view == self._native:
            return picture
        enlarged = self._view[0] > self._native[0]
        return picture.resize(self._view, Image.Resampling.NEAREST if enlarged else Image.Resampling.BOX)

    def _write(self, draw: ImageDraw.ImageDraw, caption: Caption) -> None:
        first = self._view_height + 4
        second = first + CAPTION_LINE
        right = self.width - INSET_MARGIN
        draw.text((INSET_MARGIN, first), caption.step, INK, self._font)
        draw.text((right, first), caption.action, INK, self._font, anchor="ra")
        draw.text((INSET_MARGIN, second), caption.goal, QUIET, self._font)
        draw.text((right, second), caption.facts, QUIET, self._font, anchor="ra")


def inset(goal: NDArray[np.uint8], mask: NDArray[np.uint8], width: int) -> Image.Image:
    """The goal view, `width` pixels wide, its target tinted and outlined, in a thin white frame."""
    height = max(1, round(width * goal.shape[0] / goal.shape[1]))
    small = np.asarray(Image.fromarray(goal).resize((width, height), Image.Resampling.BOX)).astype(np.float32)
    share = Image.fromarray(mask * np.uint8(255)).resize((width, height), Image.Resampling.BOX)
    inside = np.asarray(share) >= 96
    if mask.any() and not inside.any():
        inside = np.asarray(share) > 0
    colour = np.array(MASK_COLOUR, np.float32)
    small[inside] = (1 - MASK_OPACITY) * small[inside] + MASK_OPACITY * colour
    small[outline(inside)] = colour
    framed = Image.new("RGB", (width + 2, height + 2), FRAME_COLOUR)
    framed.paste(Image.fromarray(small.round().astype(np.uint8)), (1, 1))
    return framed


def outline(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels just outside of `inside`, (height, width), at its four sides."""
    grown: NDArray[np.bool_] = inside.copy()
    grown[1:] |= inside[:-1]
    grown[:-1] |= inside[1:]
    grown[:, 1:] |= inside[:, :-1]
    grown[:, :-1] |= inside[:, 1:]
    grown &= ~inside
    return grown
