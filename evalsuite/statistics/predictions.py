"""Auxiliary predictions: does the policy know whether it sees the target, and where?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PredictionSummary:
    """Over the episodes in which a policy gave its belief and the world knew the truth.

    Args:
        episodes: how many those are.
        visibility_accuracy: mean over episodes of the share of steps with the right visibility, in [0, 1].
            A mean of episodes, not of steps: a long failure weighs no more than a quick success.
        centroid_error_px: mean over episodes of the mean distance from the predicted to the true centroid in
            pixels, at steps in which the target was seen and a point given; None without any.
    """

    episodes: int
    visibility_accuracy: float
    centroid_error_px: float | None


def summarise_predictions(prediction: NDArray[np.float32]) -> PredictionSummary | None:
    """Summarise rows of (steps, visible_correct, point_error_px), NaN where there is none; None without any row."""
    right = prediction[:, 1][np.isfinite(prediction[:, 1])].astype(np.float64)
    if not len(right):
        return None
    errors = prediction[:, 2][np.isfinite(prediction[:, 2])].astype(np.float64)
    return PredictionSummary(len(right), float(right.mean()), float(errors.mean()) if len(errors) else None)
