"""The target's mask in the goal view: by exchanging the target, by projecting its body, or by SAM2."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.errors import MissingHere

CHANGE = 12
"""Least difference of a colour channel, of 255, that counts: a cloud's edge and a torch's light change less."""

HULL_MARGIN_PIXELS = 8
SAM2_CHECKPOINT = "facebook/sam2-hiera-large"


def difference_mask(
    shown: NDArray[np.uint8], exchanged: NDArray[np.uint8], restored: NDArray[np.uint8], hull: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Pixels that changed when the target was exchanged and changed back with it, near its projected hull.

    Args:
        shown, exchanged, restored: RGB uint8 (H, W, 3) from the same camera.
        hull: uint8 0/1 (H, W).
    """
    changed = _differs(shown, exchanged) & _differs(exchanged, restored) & ~_differs(shown, restored)
    return (changed & (_grown(hull, HULL_MARGIN_PIXELS) > 0)).astype(np.uint8)


def sam2_mask(
    image: NDArray[np.uint8], hull: NDArray[np.uint8], checkpoint: str = SAM2_CHECKPOINT
) -> NDArray[np.uint8]:
    """SAM2's mask, prompted with the hull's centre and box, as the paper's appendix A has it.

    Raises `MissingHere` when SAM2 is not installed: it is the user's own.
    """
    require_sam2()
    predictor_module: Any = importlib.import_module("sam2.sam2_image_predictor")
    rows, columns = np.nonzero(hull)
    if not len(rows):
        return np.zeros(hull.shape, np.uint8)
    predictor = predictor_module.SAM2ImagePredictor.from_pretrained(checkpoint)
    predictor.set_image(image)
    masks, _, _ = predictor.predict(
        point_coords=np.array([[columns.mean(), rows.mean()]]),
        point_labels=np.array([1]),
        box=np.array([columns.min(), rows.min(), columns.max(), rows.max()]),
        multimask_output=False,
    )
    return (np.asarray(masks[0]) > 0).astype(np.uint8)


def require_sam2() -> None:
    """Raise `MissingHere` when SAM2 is not installed."""
    if importlib.util.find_spec("sam2") is None:
        raise MissingHere(
            "the level asks for SAM2 masks, but sam2 is not installed; install it, or say mask: difference"
        )


def _differs(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray(np.abs(a.astype(np.int16) - b.astype(np.int16)).max(axis=2) >= CHANGE)


def _grown(mask: NDArray[np.uint8], by: int) -> NDArray[np.uint8]:
    """The mask with everything within `by` pixels, in a square."""
    for axis in (0, 1):
        padded = np.pad(mask, [(by, by) if a == axis else (0, 0) for a in (0, 1)])
        length = mask.shape[axis]
        shifted = [np.take(padded, np.arange(length) + start, axis=axis) for start in range(2 * by + 1)]
        mask = np.max(np.stack(shifted), axis=0)
    return mask
