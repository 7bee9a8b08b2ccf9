"""Whether two values are the same to the last bit, whatever they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def identical(a: Any, b: Any) -> bool:
    """Equality that looks inside arrays, tensors, mappings, sequences and plain objects."""
    if type(a) is not type(b):
        return False
    if hasattr(a, "__array__"):
        left, right = np.asarray(a), np.asarray(b)
        return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(identical(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(identical(x, y) for x, y in zip(a, b, strict=True))
    if hasattr(a, "__dict__") and not isinstance(a, type):
        return identical(vars(a), vars(b))
    return bool(a == b)
