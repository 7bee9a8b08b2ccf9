"""Statistics of a dataset's features as LeRobot keeps them: of each episode, and of all episodes from those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
Statistics = Mapping[str, NDArray[np.float64]]
"""min, max, mean, std, count and `QUANTILES`."""


def describe(values: NDArray[np.float64], count: int | None = None) -> Statistics:
    """Of `values` (n, d), each of d dimensions for itself; every statistic has the shape (d,), `count` has (1,).

    Args:
        count: how many frames `values` stand for; default: n.
    """
    return {
        "min": values.min(axis=0),
        "max": values.max(axis=0),
        "mean": values.mean(axis=0),
        "std": values.std(axis=0),
        "count": np.array([len(values) if count is None else count], np.float64),
        **dict(zip(QUANTILES, np.quantile(values, list(QUANTILES.values()), axis=0), strict=True)),
    }


def describe_pictures(samples: NDArray[np.uint8]) -> Statistics:
    """Of pictures (k, pixels, 3), a channel for itself, in [0, 1]; statistics have the shape (3, 1, 1)."""
    by_channel = describe(samples.reshape(-1, samples.shape[-1]) / 255.0, count=len(samples))
    return {name: value if name == "count" else value.reshape(-1, 1, 1) for name, value in by_channel.items()}


def aggregate(parts: Sequence[Statistics]) -> Statistics:
    """Of all episodes from those of each: the pooled mean and deviation; quantiles are means weighted by `count`."""
    counts = np.array([part["count"][0] for part in parts])
    weights = (counts / counts.sum()).reshape(-1, *[1] * parts[0]["mean"].ndim)
    means = np.stack([part["mean"] for part in parts])
    mean = (weights * means).sum(axis=0)
    variances = np.stack([part["std"] ** 2 for part in parts]) + (means - mean) ** 2
    return {
        "min": np.min([part["min"] for part in parts], axis=0),
        "max": np.max([part["max"] for part in parts], axis=0),
        "mean": mean,
        "std": np.sqrt((weights * variances).sum(axis=0)),
        "count": np.array([counts.sum()]),
        **{name: (weights * np.stack([part[name] for part in parts])).sum(axis=0) for name in QUANTILES},
    }
