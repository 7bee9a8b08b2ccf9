"""Where a worker meets the policy process that plays its episode: a socket in the process's own folder.

The two talk to each other without the driver, which tells the worker whom to ask, and learns from the memory that is
shared with it how far they are. A connection is one episode's: when either end is gone, the other knows at once.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from evalsuite.runner.wire import Channel, Disconnected

BACKLOG = 1024
"""Workers that may call at once while the policy computes."""

CONNECT_SECONDS = 10.0

_NAME = "policy"
_OWN_DESCRIPTORS = "/proc/self/fd"


def listen(folder: Path) -> socket.socket:
    """A socket in `folder` that workers call, and that does not wait. Raises `OSError` where none can be made."""
    listening = socket.socket(socket.AF_UNIX)
    with _reached(folder) as address:
        listening.bind(address)
    listening.listen(BACKLOG)
    listening.setblocking(False)
    return listening


def call(folder: Path) -> Channel:
    """A connection to the process that listens in `folder`. Raises `Disconnected` where nobody does."""
    calling = socket.socket(socket.AF_UNIX)
    calling.settimeout(CONNECT_SECONDS)
    try:
        with _reached(folder) as address:
            calling.connect(address)
    except OSError as error:
        calling.close()
        raise Disconnected(f"can't call the policy's process: {error}") from error
    return Channel(calling)


@contextlib.contextmanager
def _reached(folder: Path) -> Iterator[str]:
    """The socket's address, short where the system has it so: sockets' names may have 100 characters or so."""
    if not os.path.isdir(_OWN_DESCRIPTORS):
        yield str(folder / _NAME)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"{_OWN_DESCRIPTORS}/{descriptor}/{_NAME}"
    finally:
        os.close(descriptor)
