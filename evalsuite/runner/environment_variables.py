"""What the processes of a run find in their environment, unless the person has set it otherwise."""

from __future__ import annotations

import os

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""For numerical libraries: more threads would fight with the simulators for the cores, and their number changes the
last bits of results."""

KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 * 2**20), "MALLOC_TRIM_THRESHOLD_": str(64 * 2**20)}
"""For glibc (man 3 mallopt), which reads it when a process starts: pictures come and go at every step, and by default
each one's pages are given back to the system and fetched anew."""


def drop_kept_memory() -> None:
    """Start what is started from now on without it: an engine knows best how it deals with its memory."""
    for variable, value in KEPT_MEMORY.items():
        if os.environ.get(variable) == value:
            del os.environ[variable]
