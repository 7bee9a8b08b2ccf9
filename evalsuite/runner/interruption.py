"""SIGINT, SIGTERM and SIGHUP as something that a loop over a selector notices at once."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import threading
from collections.abc import Callable, Iterator

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def interruptible(selector: selectors.BaseSelector, interrupt: Callable[[], None]) -> Iterator[None]:
    """Within the block a signal that ends Python calls `interrupt` instead, and wakes whoever waits on `selector`.

    The data of what is registered there are callables. Outside the main thread, which alone gets signals, nothing
    is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    woken = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    selector.register(reading, selectors.EVENT_READ, lambda: os.read(reading, 512))
    try:
        with on_ending_signals(interrupt):
            yield
    finally:
        signal.set_wakeup_fd(woken)
        os.close(reading)
        os.close(writing)


@contextlib.contextmanager
def on_ending_signals(do: Callable[[], None]) -> Iterator[None]:
    """Within the block a signal that ends Python calls `do` instead; one that is ignored stays so.

    In the main thread, which alone gets signals.
    """
    heeded = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, lambda *_: do()) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
