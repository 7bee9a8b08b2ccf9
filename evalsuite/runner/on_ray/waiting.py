"""How long a run waits while a cluster has no room for it: the person is told why soon, and does not wait for ever."""

from __future__ import annotations

import sys
import time

from evalsuite.errors import UsageError

TELL_SECONDS = 30.0
LIMIT_SECONDS = 1800.0
"""Long enough for a cluster that starts machines when they are asked for."""


class WaitForRoom:
    """Waits while nothing of a run has a place."""

    def __init__(self) -> None:
        self._since = 0.0
        self._told = False

    def note(self, lacking: str) -> None:
        """Say what is waited for, once a wait.

        Args:
            lacking: what has no place, such as "a simulator (CPU 1)"; empty when there is nothing to wait for.

        Raises `UsageError` when it has been waited for too long.
        """
        if not lacking:
            self._since, self._told = 0.0, False
            return
        self._since = self._since or time.monotonic()
        seconds = time.monotonic() - self._since
        if seconds > LIMIT_SECONDS:
            raise UsageError(
                f"the cluster had no room for {lacking} within {LIMIT_SECONDS / 60:g} min: see `ray status` for who "
                "has it, and run the same command to go on"
            )
        if seconds > TELL_SECONDS and not self._told:
            self._told = True
            print(f"waiting until the cluster has room for {lacking}", file=sys.stderr, flush=True)
