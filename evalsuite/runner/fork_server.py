"""Makes workers as copies of one process that has imported what they need: `python -m evalsuite.runner.fork_server`.

Importing costs a worker half a second of processor time, which two dozen of them would spend before their first step.
A copy is a process like any other: it leads a session of its own, and has its own folder, environment and control
channel. What differs is that its parent is this server, so that the server waits for it, when the driver says so: until
then its number stays taken.

It answers one request at a time (`Forks` asks), and ends when the driver closes the connection or is gone.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import gc
import importlib
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

REQUEST_BYTES = 2**17
"""More than environments are; a larger one is refused by the driver, which then starts a process in the usual way."""

MOST_DESCRIPTORS = 16
_ARGUMENTS_BEGIN, _ARGUMENTS_END = 45, 46
"""Of the fields that follow the name in /proc/PID/stat."""


def serve(connection: socket.socket) -> Callable[[], object] | None:
    """Answer requests until the connection ends; in a copy, return what it is to do.

    Requests are JSON, each in one packet: `{"import": module}` has no answer; `{"wait": pid}` is answered with the exit
    `code`; and a `module` with the `arguments`, `environment`, `folder` and `numbers` of a process is answered
    with the `pid` of the copy. Its file descriptors come along and are to have those numbers; the last is its log's.
    """
    while True:
        data, descriptors, _, _ = socket.recv_fds(connection, REQUEST_BYTES, MOST_DESCRIPTORS)
        if not data:
            return None
        request = json.loads(data)
        if "import" in request:
            importlib.import_module(request["import"])
            gc.collect()
            gc.freeze()
        elif "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            connection.send(json.dumps({"code": os.waitstatus_to_exitcode(status)}).encode())
        else:
            pid = os.fork()
            if pid == 0:
                connection.close()
                return _become(request, descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            connection.send(json.dumps({"pid": pid}).encode())


def _become(request: dict[str, Any], descriptors: Sequence[int]) -> Callable[[], object]:
    os.setsid()
    _take_numbers(descriptors, [*request["numbers"], 1])
    os.dup2(1, 2)
    os.environ.clear()
    os.environ.update(request["environment"])
    tempfile.tempdir = None
    os.chdir(request["folder"])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    np.random.seed()
    sys.argv = [request["module"], *request["arguments"]]
    _show([sys.executable, "-m", *sys.argv])
    main: Callable[[], object] = importlib.import_module(request["module"]).main
    return main


def _show(words: Sequence[str]) -> None:
    """Be listed with these words, as far as there is room for them in those that the server was started with."""
    fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    begin, end = int(fields[_ARGUMENTS_BEGIN]), int(fields[_ARGUMENTS_END])
    line = b"\0".join(map(os.fsencode, words))[: max(end - begin - 1, 0)]
    if line:
        ctypes.memmove(begin, line.ljust(end - begin, b"\0"), end - begin)


def _take_numbers(descriptors: Sequence[int], numbers: Sequence[int]) -> None:
    """Give each descriptor its number; they may overlap."""
    above = max([*descriptors, *numbers]) + 1
    moved = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, above) for descriptor in descriptors]
    for descriptor in descriptors:
        os.close(descriptor)
    for descriptor, number in zip(moved, numbers, strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    connection = socket.socket(fileno=arguments.control)
    connection.set_inheritable(False)
    begin = None
    with contextlib.suppress(ConnectionError):
        begin = serve(connection)
    if begin is not None:
        begin()


if __name__ == "__main__":
    main()
