"""From a box around the target to its mask: grabCut, and SAM 2 where it is installed.

A box with a margin gave grabCut an IoU of 0.80 on real photos; a bare point gave nothing, so it isn't offered.
"""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.errors import UsageError

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""

MARGIN = 0.15
ROUNDS = 5
SAM2_VARIABLE = "EVALSUITE_SAM2"
"""Environment variable: CONFIG:CHECKPOINT of a SAM 2 model."""


def checked_box(box: Box, size: tuple[int, int]) -> Box:
    """`box`, cut to a picture of `size` (height, width). Raises `UsageError` when nothing is left of it."""
    x, y, width, height = box
    left, top = max(0, x), max(0, y)
    right, bottom = min(size[1], x + width), min(size[0], y + height)
    if right - left < 2 or bottom - top < 2:
        raise UsageError(f"the box {box} does not lie in the picture of {size[1]} x {size[0]} pixels")
    return (left, top, right - left, bottom - top)


def cut_out(image: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """The mask, 0/1 (height, width), of what is in `box`, by grabCut (Rother et al. 2004) as OpenCV has it.

    Args:
        image: RGB uint8 (height, width, 3).
        box: tight around the target; it is widened by `MARGIN` on each side, for the colours of the background.

    Raises:
        UsageError: when the box is outside the picture or nothing is found in it.
    """
    import cv2

    x, y, width, height = checked_box(box, image.shape[:2])
    across, down = round(width * MARGIN), round(height * MARGIN)
    wide = checked_box((x - across, y - down, width + 2 * across, height + 2 * down), image.shape[:2])
    labels = np.full(image.shape[:2], cv2.GC_BGD, np.uint8)
    # All of the widened box may be target but its rim: grabCut needs pixels that are background for certain.
    labels[wide[1] : wide[1] + wide[3], wide[0] : wide[0] + wide[2]] = cv2.GC_PR_FGD
    if not (labels == cv2.GC_BGD).any():
        labels[:1] = cv2.GC_BGD
    models = np.zeros((2, 1, 65))
    cv2.setRNGSeed(0)
    colours = np.ascontiguousarray(image[..., ::-1])
    cv2.grabCut(colours, labels, (0, 0, 0, 0), models[0], models[1], ROUNDS, cv2.GC_INIT_WITH_MASK)
    mask = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    if not mask.any():
        raise UsageError(f"nothing in the box {box} stands out; draw it tighter, or give a mask with --mask FILE.png")
    return mask


def brushed(mask: NDArray[np.uint8], x: int, y: int, radius: int, *, add: bool) -> NDArray[np.uint8]:
    """`mask` with a round dab of the brush at pixel (x, y) added or taken away."""
    rows, columns = np.ogrid[: mask.shape[0], : mask.shape[1]]
    dab = (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
    return np.where(dab, np.uint8(add), mask).astype(np.uint8)


def has_sam2() -> bool:
    """Whether SAM 2 is installed and a model of it is named."""
    return importlib.util.find_spec("sam2") is not None and bool(os.environ.get(SAM2_VARIABLE))


def cut_out_by_sam2(image: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Like `cut_out`, by SAM 2. Raises `UsageError` when `EVALSUITE_SAM2` does not name a model."""
    from importlib import import_module

    config, _, checkpoint = os.environ.get(SAM2_VARIABLE, "").partition(":")
    if not checkpoint:
        raise UsageError(f"{SAM2_VARIABLE} names no model: write CONFIG:CHECKPOINT")
    build: Any = import_module("sam2.build_sam").build_sam2
    predictor: Any = import_module("sam2.sam2_image_predictor").SAM2ImagePredictor(build(config, checkpoint))
    x, y, width, height = checked_box(box, image.shape[:2])
    predictor.set_image(image)
    found, _, _ = predictor.predict(box=np.array([x, y, x + width, y + height]), multimask_output=False)
    return np.asarray(np.asarray(found)[0] > 0, np.uint8)
