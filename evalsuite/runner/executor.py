"""What plays the episodes of a run: processes of this machine, or those of a cluster."""

from __future__ import annotations

import selectors
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from evalsuite.runner.attempt import Attempt
from evalsuite.runner.plan import EpisodeQueue
from evalsuite.runner.status import Activity


class Companion(Protocol):
    """Something that goes on beside the episodes, in the same loop."""

    @property
    def left(self) -> int:
        """How much it still has to do: play goes on until that is nothing."""

    def join(self, selector: selectors.BaseSelector) -> None:
        """Be heard through `selector` from now on; the data of what is registered there are callables."""

    def turn(self, *, stepping: bool) -> None:
        """Called often; `stepping` tells whether episodes are played or wait."""


class Executor(Protocol):
    """Plays the episodes of a queue."""

    interrupted: bool

    def start(self) -> None:
        """Start what is needed and wait until the policies are loaded, or the person interrupts.

        Raises `UsageError` when a policy can't be loaded.
        """

    def play(
        self,
        queue: EpisodeQueue,
        *,
        on_attempt: Callable[[Attempt], None],
        on_engine: Callable[[str, Mapping[str, str]], None],
        on_turn: Callable[[], None],
        crew: Companion | None = None,
    ) -> None:
        """Play until the queue is empty, every episode settled and `crew` done, or the person interrupts.

        Args:
            on_attempt: called with each attempt; an episode whose attempt is not final is tried again.
            on_engine: called with world and engine whenever a simulator has come up.
            on_turn: called often.
        """

    @property
    def given_up(self) -> Mapping[str, str]:
        """World -> why nothing more of it is played: too many attempts in a row failed, the last for this reason."""

    def steps_in_progress(self) -> int:
        """Steps made so far in the attempts that are going on."""

    @property
    def workers(self) -> int:
        """How many there are."""

    @property
    def queued_seconds(self) -> float:
        """That workers have waited, all together, for policies that were answering others; 0 where it is not known."""

    def activities(self) -> Sequence[Activity]:
        """What each worker does now, as far as that is known; every episode that was taken and is not over is there."""

    def close(self) -> None:
        """End every process; those in the middle of an episode are interrupted."""

    def interruptible(self) -> AbstractContextManager[None]:
        """Within the block, SIGINT, SIGTERM and SIGHUP end the run in good order instead of ending Python."""
