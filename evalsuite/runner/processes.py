"""A process of ours, started in the usual way or as a copy of one that has imported what it needs."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from evalsuite.runner.fork_server import MOST_DESCRIPTORS, REQUEST_BYTES

FIRST_LIMIT_SECONDS = 20.0
"""For the first copy to be made, the imports before it included."""

FORK_LIMIT_SECONDS = 5.0
"""For each one later, or for the server to say how one ended."""

END_LIMIT_SECONDS = 5.0
"""For a copy that was killed to be gone."""


class Process(Protocol):
    """Its number is nobody else's until it is waited for."""

    @property
    def pid(self) -> int: ...

    def has_exited(self) -> bool: ...

    def wait(self) -> int | None:
        """Let go of a process that was killed: its exit code, below zero for a signal; None where nobody can tell."""


class StartedProcess:
    """A process that this one started."""

    def __init__(self, started: subprocess.Popen[bytes]) -> None:
        self._started = started

    @property
    def pid(self) -> int:
        return self._started.pid

    def has_exited(self) -> bool:
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def wait(self) -> int | None:
        return self._started.wait()


class ForkedProcess:
    """A copy that `forks` made."""

    def __init__(self, forks: Forks, pid: int) -> None:
        self.pid = pid
        self._forks = forks
        self._handle = os.pidfd_open(pid)
        self._ends = select.poll()
        self._ends.register(self._handle, select.POLLIN)

    def has_exited(self) -> bool:
        return self._handle < 0 or bool(self._ends.poll(0))

    def wait(self) -> int | None:
        if self._handle >= 0:
            self._ends.poll(END_LIMIT_SECONDS * 1000)
            os.close(self._handle)
            self._handle = -1
        return self._forks.exit_code(self.pid)


class Forks:
    """The driver's end of a fork server (`evalsuite.runner.fork_server`).

    A server that is gone or does not answer is not asked again, and everything is started in the usual way.

    Args:
        server: which is told what to do through `connection`.
    """

    def __init__(self, server: subprocess.Popen[bytes], connection: socket.socket, module: str) -> None:
        self._server = server
        self._connection: socket.socket | None = connection
        connection.settimeout(FIRST_LIMIT_SECONDS)
        self._send({"import": module})

    @staticmethod
    def possible() -> bool:
        """Whether this system can."""
        return hasattr(os, "pidfd_open") and hasattr(socket, "send_fds") and os.path.isdir("/proc/self")

    def fork(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: str,
        log: int,
        share: Sequence[int],
    ) -> ForkedProcess | None:
        """A copy that runs `module.main()`, with `share` under the same numbers; None where none could be made."""
        request = {
            "module": module,
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": folder,
            "numbers": list(share),
        }
        if len(share) >= MOST_DESCRIPTORS or not self._send(request, [*share, log]):
            return None
        answer = self._answer()
        try:
            return ForkedProcess(self, answer["pid"]) if answer else None
        except OSError:
            return None

    def exit_code(self, pid: int) -> int | None:
        """Of a copy that has ended, which is then forgotten; None where the server can't tell."""
        answer = self._answer() if self._send({"wait": pid}) else None
        return answer["code"] if answer else None

    def close(self) -> None:
        """End the server; copies that are left go on."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._server.wait(timeout=0.5)
            return
        self._server.kill()
        self._server.wait()

    def _send(self, request: Mapping[str, Any], descriptors: Sequence[int] = ()) -> bool:
        if self._connection is None:
            return False
        data = json.dumps(request).encode()
        if len(data) > REQUEST_BYTES:
            return False
        try:
            socket.send_fds(self._connection, [data], descriptors)
        except OSError:
            self._lose()
            return False
        return True

    def _answer(self) -> dict[str, Any] | None:
        assert self._connection is not None
        try:
            data = self._connection.recv(REQUEST_BYTES)
        except OSError:
            data = b""
        if not data:
            self._lose()
            return None
        self._connection.settimeout(FORK_LIMIT_SECONDS)
        answer: dict[str, Any] = json.loads(data)
        return answer

    def _lose(self) -> None:
        assert self._connection is not None
        self._connection.close()
        self._connection = None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._server.pid, signal.SIGKILL)
