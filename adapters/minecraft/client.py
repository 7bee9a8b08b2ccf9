"""Our end of a Minecraft client: start it in a process of its own, ask, and never wait longer than a limit."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.minecraft import client_process
from evalsuite.errors import SimulatorFault
from evalsuite.runner.families import MARK, end_family

Picture = NDArray[np.uint8]
_LAST_LOG_BYTES = 4000


class Client:
    """A client library in a process of its own, with everything that it starts.

    Args:
        name: "minestudio" or "minerl".
        folder: its own, where it works and logs; removed when it is closed.
        environment: variables on top of ours.
        python: the interpreter that has the client.
    """

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str], python: str = sys.executable) -> None:
        self._folder = folder
        self._mark = f"{os.environ.get(MARK, '')}minecraft-{secrets.token_hex(6)}/"
        self._log = folder / "client.log"
        self._channel, theirs = socket.socketpair()
        with theirs, open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [python, client_process.__file__, name, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(theirs.fileno(),),
                cwd=folder,
                env={**os.environ, **environment, MARK: self._mark},
            )

    def ask(self, what: str, limit: float, **arguments: Any) -> tuple[dict[str, Any], Picture | None]:
        """Send a request and wait `limit` seconds at most for the answer and its picture.

        Raises:
            SimulatorFault: when the client or its engine failed, is gone, or did not answer in time. The client is
                of no more use then.
        """
        deadline = time.monotonic() + limit
        self._channel.settimeout(limit)
        try:
            client_process.send(self._channel, {"do": what, **arguments})
            reply, picture = client_process.receive(_Until(self._channel, deadline))  # type: ignore[arg-type]
        except TimeoutError:
            raise SimulatorFault(f"Minecraft did not answer to {what!r} within {limit:g} s") from None
        except (EOFError, OSError) as error:
            raise SimulatorFault(f"the Minecraft client is gone, at {what!r}: {self._last_words()}") from error
        if str(reply.get("error", "")).startswith("TypeError"):
            # The client goes on with what a closed connection gave it, and stumbles over that.
            raise SimulatorFault(f"the engine seems to be gone, at {what!r}; the client says {reply['error']}")
        if "error" in reply:
            raise SimulatorFault(f"Minecraft failed at {what!r}: {reply['error']}")
        if "frame" not in reply:
            return reply, None
        return reply, np.frombuffer(picture, np.uint8).reshape(reply["frame"])

    def close(self, limit: float) -> None:
        """Ask it to end, for `limit` seconds at most (0: not at all), then end all that it started and left."""
        if limit > 0 and self._process.poll() is None:
            with contextlib.suppress(SimulatorFault):
                self.ask("close", limit)
        end_family(self._mark, {})
        self._channel.close()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _last_words(self) -> str:
        try:
            said = self._log.read_bytes()[-_LAST_LOG_BYTES:].decode(errors="replace").split("\n")
        except OSError:
            said = []
        lines = [line.strip() for line in said if line.strip()]
        return lines[-1][:300] if lines else "it said nothing"


class _Until:
    """A socket whose reads stop at a deadline, however the bytes trickle in."""

    def __init__(self, channel: socket.socket, deadline: float) -> None:
        self._channel = channel
        self._deadline = deadline

    def recv(self, count: int) -> bytes:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._channel.settimeout(left)
        return self._channel.recv(count)
