"""What plays the episodes of a run: processes of this machine, or those of a cluster."""

from __future__ import annotations

import selectors
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from evalsuite.runner.attempt import Attempt
from evalsuite.runner.expected_length import ExpectedLength
from evalsuite.runner.interruption import interruptible
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.plan import EpisodeQueue
from evalsuite.runner.retries import Retries
from evalsuite.runner.status import Activity

TAIL_EPISODES_A_WORKER = 2
"""At the end of a run, of which the longest are begun first: enough to fill the gaps, and few beside the others."""


class Companion(Protocol):
    """Something that goes on beside the episodes, in the same loop."""

    @property
    def left(self) -> int:
        """How much it still has to do: play goes on until that is nothing."""

    def join(self, selector: selectors.BaseSelector) -> None:
        """Be heard through `selector` from now on; the data of what is registered there are callables."""

    def turn(self, *, stepping: bool) -> None:
        """Called often; `stepping` tells whether episodes are played or wait."""


class Executor(ABC):
    """Plays the episodes of a queue: the loop, the verdict on each attempt, and the end in good order.

    A subclass has the processes. What is registered at `selector` has callables as data.
    """

    def __init__(self, selector: selectors.BaseSelector, limits: RunLimits) -> None:
        self._selector = selector
        self._limits = limits
        self._lengths = ExpectedLength()
        self._queue = EpisodeQueue(iter(()), ())
        self._retries = Retries(self._queue, limits)
        self._on_attempt: Callable[[Attempt], None] = lambda attempt: None
        self._on_engine: Callable[[str, Mapping[str, str]], None] = lambda world, engine: None
        self.interrupted = False

    @abstractmethod
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
            crew: films what is played, or whatever else goes on beside it.
        """
        self._queue, self._on_attempt, self._on_engine = queue, on_attempt, on_engine
        self._retries = Retries(queue, self._limits)
        queue.longest_first(self._lengths.of, lambda: TAIL_EPISODES_A_WORKER * self.workers)
        if crew is not None:
            crew.join(self._selector)
        while not self.interrupted:
            stepping = len(queue) > 0 or self._playing
            if not stepping and not (crew and crew.left):
                break
            self._hand_out()
            if crew is not None:
                crew.turn(stepping=stepping)
            self._turn()
            on_turn()

    @property
    def given_up(self) -> Mapping[str, str]:
        """World -> why nothing more of it is played: too many attempts in a row failed, the last for this reason."""
        return self._retries.given_up

    @property
    def missing_policies(self) -> Mapping[str, str]:
        """Label -> why that policy is not there now, and is waited for, as far as that is known."""
        return {}

    @abstractmethod
    def steps_in_progress(self) -> int:
        """Steps made so far in the attempts that are going on."""

    @property
    @abstractmethod
    def workers(self) -> int:
        """How many there are."""

    @property
    @abstractmethod
    def queued_seconds(self) -> float:
        """That workers have waited, all together, for policies that were answering others; 0 where it is not known."""

    @abstractmethod
    def activities(self) -> Sequence[Activity]:
        """What each worker does now, as far as that is known; every episode that was taken and is not over is there."""

    @abstractmethod
    def close(self) -> None:
        """End every process; those in the middle of an episode are interrupted."""

    def interruptible(self) -> AbstractContextManager[None]:
        """Within the block, SIGINT, SIGTERM and SIGHUP end the run in good order instead of ending Python."""
        return interruptible(self._selector, self._interrupt)

    def _interrupt(self) -> None:
        self.interrupted = True

    @property
    @abstractmethod
    def _playing(self) -> bool:
        """Whether an episode was taken and is not over."""

    @abstractmethod
    def _hand_out(self) -> None:
        """Give what waits to whoever is free."""

    @abstractmethod
    def _turn(self) -> None:
        """Take in what has arrived, after waiting a moment for it, and look who is overdue."""

    def _judged(self, attempt: Attempt) -> None:
        """Report the attempt, judged: its episode is settled or waits again."""
        if attempt.ended is not None:
            self._lengths.played(attempt.episode, attempt.steps)
        self._on_attempt(self._retries.judge(attempt))
