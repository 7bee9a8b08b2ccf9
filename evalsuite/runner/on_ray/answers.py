"""Answers to calls of actors, taken in by a loop over a selector."""

from __future__ import annotations

import contextlib
import selectors
import socket
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Answers:
    """Ray's own thread rings a bell when a call is answered; whoever turns the loop takes the answer in.

    Args:
        selector: of the loop; the data of what is registered there are callables.
    """

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._bell, self._ringer = socket.socketpair()
        self._bell.setblocking(False)
        self._ringer.setblocking(False)
        self._arrived: deque[tuple[Callable[[Future[Any]], None], Future[Any]]] = deque()
        selector.register(self._bell, selectors.EVENT_READ, self._take_in)

    def expect(self, reference: Any, then: Callable[[Future[Any]], None]) -> None:
        """Call `then` in the loop when the call behind Ray's `reference` is answered, or will never be."""

        def ring(answer: Future[Any]) -> None:
            self._arrived.append((then, answer))
            with contextlib.suppress(OSError):
                self._ringer.send(b"!")

        reference.future().add_done_callback(ring)

    def close(self) -> None:
        self._bell.close()
        self._ringer.close()

    def _take_in(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._bell.recv(4096)
        while self._arrived:
            then, answer = self._arrived.popleft()
            then(answer)
