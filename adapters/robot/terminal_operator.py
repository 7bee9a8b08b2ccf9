"""The operator at the terminal: single keys, and the goal view beside the robot's picture in coloured half blocks."""

from __future__ import annotations

import contextlib
import os
import queue
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.style import Style
from rich.table import Table
from rich.text import Text

from evalsuite.adapters.robot.operator import Instruction, Picture, Ready, Signal, Stopped
from evalsuite.errors import UsageError

READY_KEYS = ("\r", "\n")
NOT_NOW_KEY = "s"
REACHED_KEY = "g"
VERDICT_KEYS = {"y": True, "n": False, "u": None}
TICK_SECONDS = 0.1


class TerminalOperator:
    """A person at a terminal.

    Args:
        stop_key: what stops the robot at once, whatever is going on.
        keyboard: file descriptor of the terminal that is read.
        console: where it is written.

    Raises:
        UsageError: when `keyboard` is no terminal.
    """

    def __init__(self, stop_key: str, *, keyboard: int | None = None, console: Console | None = None) -> None:
        self._keyboard = sys.stdin.fileno() if keyboard is None else keyboard
        if not os.isatty(self._keyboard):
            raise UsageError("a person has to set up the episodes: run this in a terminal, or add --rehearse")
        if stop_key in (*READY_KEYS, NOT_NOW_KEY, REACHED_KEY, *VERDICT_KEYS):
            raise UsageError(f"stop_key: {stop_key!r} means something else; take another, such as the space bar")
        self._stop_key = stop_key
        self._console = console or Console(stderr=True)
        self._signal: Callable[[Signal, str], None] = lambda signal, reason: None
        self._keys: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._dismissed = threading.Event()
        self._live: Picture | None = None
        self._before = termios.tcgetattr(self._keyboard)
        tty.setcbreak(self._keyboard)
        self._open = True
        self._reader = threading.Thread(target=self._read, daemon=True, name="keyboard")
        self._reader.start()

    def attach(self, signal: Callable[[Signal, str], None]) -> None:
        self._signal = signal

    def prepare(self, instruction: Instruction) -> Ready | Stopped:
        self._begin()
        keys = f"Enter: everything stands   {NOT_NOW_KEY}: not now   {self._named_stop_key}: emergency stop"
        with Live(console=self._console, auto_refresh=False, transient=False) as shown:
            while not self._dismissed.is_set():
                shown.update(_page(instruction, self._live, keys), refresh=True)
                key = self._key()
                if key in READY_KEYS:
                    self._say(f"it drives; {self._named_stop_key}: emergency stop, {REACHED_KEY}: the goal is reached")
                    return Ready()
                if key == NOT_NOW_KEY:
                    return Stopped("the operator put it off")
        return Stopped("nobody waited for the operator any more")

    def verdict(self, question: str, room: str) -> bool | None:
        self._begin()
        self._say(f"{question}  y: yes, n: no, u: can't tell")
        while not self._dismissed.is_set():
            key = self._key()
            if key in VERDICT_KEYS:
                return VERDICT_KEYS[key]
        return None

    def tell(self, text: str) -> None:
        self._say(text)

    def show(self, picture: Picture) -> None:
        self._live = picture

    def dismiss(self) -> None:
        self._dismissed.set()

    def close(self) -> None:
        """Give the terminal back as it was; may be called twice."""
        if self._open:
            self._open = False
            self._dismissed.set()
            self._reader.join(timeout=10 * TICK_SECONDS)
            termios.tcsetattr(self._keyboard, termios.TCSADRAIN, self._before)

    @property
    def _named_stop_key(self) -> str:
        return "space" if self._stop_key == " " else self._stop_key

    def _begin(self) -> None:
        """Forget what was typed before the question."""
        self._dismissed.clear()
        while not self._keys.empty():
            self._keys.get()

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False)

    def _key(self) -> str:
        with contextlib.suppress(queue.Empty):
            return self._keys.get(timeout=2 * TICK_SECONDS)
        return ""

    def _read(self) -> None:
        while self._open:
            readable, _, _ = select.select([self._keyboard], [], [], TICK_SECONDS)
            if not readable:
                continue
            typed = os.read(self._keyboard, 64).decode(errors="replace")
            if not typed:
                self._signal("stop", "the operator's terminal was closed")
                return
            for key in typed:
                if key == self._stop_key:
                    self._signal("stop", "the operator pressed the emergency stop")
                elif key == REACHED_KEY:
                    self._signal("reached", "the operator said so")
                else:
                    self._keys.put(key)


def half_blocks(picture: Picture) -> Text:
    """A picture (even height) as text: each character shows two pixels, one above the other."""
    text = Text(no_wrap=True)
    for row in range(0, picture.shape[0] - 1, 2):
        for upper, lower in zip(picture[row].tolist(), picture[row + 1].tolist(), strict=True):
            text.append("▀", Style(color=_colour(upper), bgcolor=_colour(lower)))
        text.append("\n")
    return text


def _colour(rgb: list[int]) -> str:
    return f"#{rgb[0]:02x}{rgb[1]:02x}{rgb[2]:02x}"


def _page(instruction: Instruction, live: Picture | None, keys: str) -> RenderableType:
    views = Table.grid(padding=(0, 2))
    titles, pictures = [], []
    for title, picture in (("goal view", instruction.goal), ("the robot sees", live)):
        if picture is not None:
            titles.append(title)
            pictures.append(half_blocks(picture))
    if pictures:
        views.add_row(*titles)
        views.add_row(*pictures)
    lines = [Text(line) for line in instruction.text]
    problem = [Text(instruction.problem, style="bold red")] if instruction.problem else []
    return Panel(Group(*lines, *problem, views, Text(keys, style="cyan")), title=instruction.scenario)
