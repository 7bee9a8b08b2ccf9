"""Random numbers that depend on a name only, so that a picture is the same on every machine and day."""

from __future__ import annotations

import hashlib

import numpy as np


def random_for(name: str) -> np.random.RandomState:
    """A fresh generator seeded by `name`; RandomState because numpy keeps its streams frozen for ever."""
    digest = hashlib.sha256(name.encode("utf-8")).digest()
    return np.random.RandomState(int.from_bytes(digest[:4], "big"))
