"""The actor that Ray places on a node: it starts a process of ours there and carries messages to and fro.

Ray pickles what passes between head and actor, which are plain messages; no step of any episode comes through here.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from evalsuite import __version__
from evalsuite.runner.families import MARK
from evalsuite.runner.wire import Channel, Disconnected, Message, check_hello

EXIT_SECONDS = 5.0
"""For the process to be gone after it has closed its channel."""

WAKE_SECONDS = 60.0

HEAD_SILENCE_SECONDS = 180.0
"""Without a call from the head, which makes one every few seconds, after which nobody waits for answers any more."""


class NodeActor:
    """In a process of Ray's, beside one of evalsuite's. Two threads call its methods: one waits in `receive`.

    It ends itself when its head is gone, also where Ray can't notice: Ray keeps account of that at the head's node.

    Args:
        module: what the process beside it runs, such as the node's driver.
        folder: to work in, where the node has it too; modules and checkpoints are looked for there.
        environment: what that process has to have in common with the head.
    """

    def __init__(self, module: str, folder: str, environment: Mapping[str, str]) -> None:
        mine, theirs = socket.socketpair()
        self._words = tempfile.TemporaryFile()  # noqa: SIM115
        family_of_ours = {name: value for name, value in os.environ.items() if name != MARK}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, "--control", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._words,
                stderr=self._words,
                start_new_session=True,
                pass_fds=(theirs.fileno(),),
                cwd=folder if os.path.isdir(folder) else None,
                env={**family_of_ours, **environment, "PYTHONPATH": _search_path()},
            )
        # A socket of its own for each direction: they are used from two threads, and a time limit is a socket's.
        self._sending = Channel(mine.dup())
        self._channel = Channel(mine)
        self._one_at_a_time = threading.Lock()
        self._fd = mine.fileno()
        self._folder = Path(folder)
        self._called = time.monotonic()
        threading.Thread(target=self._outlive_no_head, daemon=True).start()

    def hello(self, checkpoints: Mapping[str, str]) -> Message:
        """Where this is, and which of `checkpoints` (label -> path of a file or a folder) the node lacks."""
        import ray

        self._called = time.monotonic()
        here = {
            "node": ray.get_runtime_context().get_node_id(),
            "host": socket.gethostname(),
            "address": ray.util.get_node_ip_address(),
            "evalsuite": __version__,
            "lacks": [label for label, path in checkpoints.items() if not (self._folder / path).exists()],
        }
        if not select.select([self._fd], [], [], WAKE_SECONDS)[0]:
            return {**here, "fault": f"its process said nothing within {WAKE_SECONDS:g} s"}
        try:
            message = self._channel.receive()
            check_hello(message)
        except Disconnected as error:
            return {**here, "fault": f"its process {self._ending()} ({error})"}
        self._scratch = Path(message["folder"])
        return here

    def store(self, name: str, content: bytes) -> str:
        """Put a file of the head's below the node's temporary folder; returns its path."""
        self._called = time.monotonic()
        path = self._scratch / "checkpoints" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return str(path)

    def send(self, message: Message) -> None:
        """Hand `message` on to the process. That it is gone is told by `receive`."""
        with self._one_at_a_time, contextlib.suppress(Disconnected):
            self._sending.send(message)

    def receive(self, seconds: float) -> list[Message]:
        """What the process has said, after waiting for at most `seconds` until there is something."""
        self._called = time.monotonic()
        deadline = self._called + seconds
        messages: list[Message] = []
        while not messages and (left := deadline - time.monotonic()) > 0:
            if select.select([self._fd], [], [], left)[0]:
                try:
                    messages = self._channel.arrived()
                except Disconnected:
                    return [{"type": "gone", "reason": f"its process {self._ending()}"}]
        return messages

    def _outlive_no_head(self) -> None:
        while time.monotonic() - self._called < HEAD_SILENCE_SECONDS:
            time.sleep(1.0)
        os._exit(1)

    def _ending(self) -> str:
        try:
            code = self._process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._words.seek(0)
        lines = self._words.read().decode(errors="replace").strip().splitlines()
        ending = f"ended with code {code}" if code >= 0 else f"was killed by signal {-code}"
        return f"{ending} ({lines[-1][:300]})" if lines else ending


def _search_path() -> str:
    """This process's own, without what Ray has put there for itself."""
    import ray

    rays = Path(ray.__file__).parent
    entries = [os.path.abspath(entry) for entry in sys.path]
    return os.pathsep.join(entry for entry in entries if rays not in Path(entry).parents)
