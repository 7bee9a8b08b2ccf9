"""Where processes are started and heard: whoever starts one is called when it has something to say."""

from __future__ import annotations

import contextlib
import selectors
import sys
from collections.abc import Callable, Sequence

from evalsuite.runner.scratch import Child, Scratch

EXIT_GRACE_SECONDS = 1.0
"""Between a process closing its channel and its exit."""


class Switchboard:
    """The processes of one driver.

    Args:
        scratch: where they are started.
    """

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self.selector = selectors.DefaultSelector()

    def start(
        self,
        module: str,
        name: str,
        arguments: Sequence[str],
        *,
        share: Sequence[int],
        hear: Callable[[], None],
        inside: bool = False,
        python: str = sys.executable,
        forked: bool = False,
    ) -> Child:
        """As `Scratch.start`; `hear` is called in `listen` when the process has said something or is gone."""
        child = self._scratch.start(module, name, arguments, share=share, inside=inside, python=python, forked=forked)
        self.selector.register(child.channel, selectors.EVENT_READ, hear)
        return child

    def prepare_forks(self, module: str) -> None:
        """As `Scratch.prepare_forks`."""
        self._scratch.prepare_forks(module)

    def listen(self, seconds: float) -> None:
        """Call whoever has something to hear, after waiting for at most `seconds` until somebody has."""
        for key, _ in self.selector.select(seconds):
            key.data()

    def drop(self, child: Child, grace: float = 0.0) -> str:
        """End a process that has `grace` seconds to end by itself; returns how it ended, in a few words."""
        with contextlib.suppress(KeyError):
            self.selector.unregister(child.channel)
        return child.kill(grace=grace)

    def close(self) -> None:
        self.selector.close()
