"""The way between the simulator's process and the one that the operator sits at: lines of JSON over a Unix socket.

A dead process at either end is noticed at once: the robot is stopped, or the pending question is dismissed.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evalsuite.adapters.robot.operator import (
    Instruction,
    Operator,
    Picture,
    Ready,
    Signal,
    Stopped,
    instruction_message,
    picture_message,
    read_instruction,
    read_picture,
)
from evalsuite.errors import SimulatorFault, UsageError

SOCKET_VARIABLE = "EVALSUITE_ROBOT_OPERATOR"
"""Environment variable: where the operator of this run listens."""

CONNECT_SECONDS = 10.0
SHOW_SECONDS = 0.25
"""Between two pictures shown to someone who sets up an episode."""


class OperatorServer:
    """Listens at `path` in the operator's process and hands every question on to `operator`."""

    def __init__(self, path: Path, operator: Operator) -> None:
        self._operator = operator
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(1)
        self._lines: _Lines | None = None
        operator.attach(self._signal)
        threading.Thread(target=self._serve, daemon=True, name="operator").start()

    def close(self) -> None:
        """Hang up and stop listening."""
        self._listening.close()
        if self._lines is not None:
            self._lines.close()
        self._operator.dismiss()

    def _serve(self) -> None:
        while True:
            try:
                connected, _ = self._listening.accept()
            except OSError:
                return
            self._lines = _Lines(connected)
            for message in self._lines:
                self._take(self._lines, message)
            self._operator.dismiss()

    def _take(self, lines: _Lines, message: dict[str, Any]) -> None:
        if "show" in message:
            self._operator.show(read_picture(message["show"]))
        elif "tell" in message:
            self._operator.tell(message["tell"])
        else:
            threading.Thread(target=self._answer, args=(lines, message), daemon=True).start()

    def _answer(self, lines: _Lines, message: dict[str, Any]) -> None:
        if message["ask"] == "prepare":
            said = self._operator.prepare(read_instruction(message["instruction"]))
            answer: object = said.reason if isinstance(said, Stopped) else ""
        else:
            answer = self._operator.verdict(message["question"], message["room"])
        with contextlib.suppress(OSError):
            lines.send({"answer": answer, "id": message["id"]})

    def _signal(self, signal: Signal, reason: str) -> None:
        lines = self._lines
        if lines is not None:
            with contextlib.suppress(OSError):
                lines.send({"signal": signal, "reason": reason})


class RemoteOperator:
    """The operator as the simulator reaches them.

    Args:
        path: where they listen; by default what `EVALSUITE_ROBOT_OPERATOR` names.
    """

    def __init__(self, path: str | None = None) -> None:
        address = os.environ.get(SOCKET_VARIABLE, "") if path is None else path
        if not address:
            raise UsageError("nobody is there to set up the episodes; play this world with `evalsuite run`")
        connected = socket.socket(socket.AF_UNIX)
        connected.settimeout(CONNECT_SECONDS)
        try:
            connected.connect(address)
        except OSError as error:
            raise SimulatorFault(f"the operator's terminal can't be reached: {error}") from error
        connected.settimeout(None)
        self._lines = _Lines(connected)
        self.on_stop: Callable[[str], None] = lambda reason: None
        """Called at once, in another thread, with a reason, when the operator stops the robot or is gone."""
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._asked = 0
        self._gone = self._closing = False
        self.reached = False
        """Whether the operator has said, since the last `prepare`, that the goal is reached."""
        threading.Thread(target=self._listen, daemon=True, name="operator").start()

    def prepare(self, instruction: Instruction, live: Callable[[], Picture | None]) -> Ready | Stopped:
        """Have an episode set up; meanwhile the operator is shown `live()`."""
        said = self._ask({"ask": "prepare", "instruction": instruction_message(instruction)}, live)
        self.reached = False
        return Stopped(said) if said else Ready()

    def verdict(self, question: str, room: str = "") -> bool | None:
        """Yes, no, or None for "can't tell"."""
        said: bool | None = self._ask({"ask": "verdict", "question": question, "room": room}, lambda: None)
        return said

    def tell(self, text: str) -> None:
        """Something to know; lost when nobody is there any more."""
        with contextlib.suppress(OSError):
            self._lines.send({"tell": text})

    def close(self) -> None:
        """Hang up; may be called twice."""
        self._closing = True
        self._lines.close()

    def _ask(self, message: dict[str, Any], live: Callable[[], Picture | None]) -> Any:
        self._asked += 1
        self._send({**message, "id": self._asked})
        shown = time.monotonic()
        while True:
            with contextlib.suppress(queue.Empty):
                answer = self._answers.get(timeout=SHOW_SECONDS)
                if answer is None or self._gone:
                    raise SimulatorFault("the operator's terminal is gone")
                if answer["id"] == self._asked:
                    return answer["answer"]
            picture = live() if time.monotonic() - shown >= SHOW_SECONDS else None
            if picture is not None:
                shown = time.monotonic()
                self._send({"show": picture_message(picture)})

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._lines.send(message)
        except OSError as error:
            raise SimulatorFault("the operator's terminal is gone") from error

    def _listen(self) -> None:
        for message in self._lines:
            if message.get("signal") == "stop":
                self.on_stop(message["reason"])
            elif message.get("signal") == "reached":
                self.reached = True
            else:
                self._answers.put(message)
        self._gone = True
        self._answers.put(None)
        if not self._closing:
            self.on_stop("the operator's terminal is gone")


class _Lines:
    """JSON objects, one a line, both ways; iterating ends when the other end is gone."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._reading = connected.makefile("rb")
        self._sending = threading.Lock()

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> dict[str, Any]:
        try:
            line = self._reading.readline()
        except (OSError, ValueError):
            raise StopIteration from None
        if not line.endswith(b"\n"):
            raise StopIteration
        message: dict[str, Any] = json.loads(line)
        return message

    def send(self, message: dict[str, Any]) -> None:
        with self._sending:
            self._socket.sendall(json.dumps(message).encode() + b"\n")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
