"""What the processes at a node say, handed on to the head, which keeps it in the run folder."""

from __future__ import annotations

import base64
from collections.abc import Callable

from evalsuite.runner.run_logs import ProcessLogs
from evalsuite.runner.wire import Message


class NodeLogs(ProcessLogs):
    """The logs of one driver at a node.

    Args:
        say: sends a message to the head.
    """

    def __init__(self, say: Callable[[Message], None]) -> None:
        super().__init__()
        self._say = say

    def add(self, name: str, content: bytes) -> None:
        self._say({"type": "log", "name": name, "content": base64.b64encode(content).decode()})
