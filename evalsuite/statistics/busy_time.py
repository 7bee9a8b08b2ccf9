"""How long anything was under way: overlaps count once, gaps not at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def busy_seconds(started: NDArray[np.float64], finished: NDArray[np.float64]) -> float:
    """The length of the union of the spans [started, finished], in seconds; spans with a NaN end are left out.

    A run that was interrupted for a night is not a night longer for it, and workers side by side are not added up.

    Args:
        started, finished: seconds on one clock, shape (n,).
    """
    known = np.isfinite(started) & np.isfinite(finished) & (finished >= started)
    order = np.argsort(started[known], kind="stable")
    begins, ends = started[known][order], finished[known][order]
    if not len(begins):
        return 0.0
    reached = np.maximum.accumulate(ends)
    before = np.concatenate([[-np.inf], reached[:-1]])
    return float(np.maximum(0.0, ends - np.maximum(begins, before)).sum())
