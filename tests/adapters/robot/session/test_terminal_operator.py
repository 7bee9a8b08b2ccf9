from __future__ import annotations

import io
import os
import pty
import re
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from evalsuite.adapters.robot.operator import Instruction, Ready, Stopped
from evalsuite.adapters.robot.terminal_operator import TerminalOperator, half_blocks
from evalsuite.crossview.geometry import Pose
from evalsuite.errors import UsageError

GOAL = np.zeros((4, 6, 3), np.uint8)
INSTRUCTION = Instruction(
    "a/b", Pose(x=0.0, y=0.0, z=0.1), (0.5, 0.0, 0.1), "ball", ("Robot: on mark 3.",), problem="too far left", goal=GOAL
)


class Desk:
    """A person's terminal, and their fingers."""

    def __init__(self) -> None:
        self.fingers, self.keyboard = pty.openpty()
        self.before = termios.tcgetattr(self.keyboard)
        self.screen = io.StringIO()
        console = Console(file=self.screen, force_terminal=True, width=120)
        self.operator = TerminalOperator(" ", keyboard=self.keyboard, console=console)
        self.signals: list[tuple[str, str]] = []
        self.operator.attach(lambda signal, reason: self.signals.append((signal, reason)))

    def press_in_a_moment(self, keys: str) -> None:
        def press() -> None:
            time.sleep(0.3)
            os.write(self.fingers, keys.encode())

        threading.Thread(target=press).start()


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.operator.close()
    os.close(made.fingers)
    os.close(made.keyboard)


def test_enter_says_that_everything_stands(desk: Desk) -> None:
    desk.press_in_a_moment("\r")
    assert desk.operator.prepare(INSTRUCTION) == Ready()
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", desk.screen.getvalue())
    assert all(
        text in shown for text in ("a/b", "on mark 3", "too far left", "goal view", "▀", "space: emergency stop")
    )


def test_s_puts_the_episode_off(desk: Desk) -> None:
    desk.press_in_a_moment("s")
    assert desk.operator.prepare(INSTRUCTION) == Stopped("the operator put it off")


@pytest.mark.parametrize(("key", "said"), [("y", True), ("n", False), ("u", None)])
def test_a_verdict_is_one_key(desk: Desk, key: str, said: bool | None) -> None:
    desk.press_in_a_moment("x" + key)
    assert desk.operator.verdict("Is it there?", "") is said


def test_a_key_pressed_before_the_question_does_not_answer_it(desk: Desk) -> None:
    os.write(desk.fingers, b"y")
    time.sleep(0.4)
    desk.press_in_a_moment("n")
    assert desk.operator.verdict("Is it there?", "") is False


def test_the_stop_key_works_while_nothing_is_asked(desk: Desk) -> None:
    os.write(desk.fingers, b" g")
    deadline = time.monotonic() + 5.0
    while len(desk.signals) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [signal for signal, _ in desk.signals] == ["stop", "reached"]


def test_a_dismissed_question_needs_no_answer(desk: Desk) -> None:
    threading.Timer(0.3, desk.operator.dismiss).start()
    assert isinstance(desk.operator.prepare(INSTRUCTION), Stopped)


def test_the_terminal_is_given_back_as_it_was(desk: Desk) -> None:
    assert termios.tcgetattr(desk.keyboard) != desk.before
    desk.operator.close()
    assert termios.tcgetattr(desk.keyboard) == desk.before


def test_without_a_terminal_there_is_no_operator(tmp_path: Path) -> None:
    with (
        open(tmp_path / "file", "w") as file,
        pytest.raises(UsageError, match="run this in a terminal, or add --rehearse"),
    ):
        TerminalOperator(" ", keyboard=file.fileno())


def test_a_stop_key_that_means_something_else_is_refused(desk: Desk) -> None:
    with pytest.raises(UsageError, match="stop_key"):
        TerminalOperator("y", keyboard=desk.keyboard)


def test_a_picture_is_two_pixels_a_character() -> None:
    picture = np.zeros((4, 3, 3), np.uint8)
    picture[0, 0] = (255, 0, 0)
    text = half_blocks(picture)
    assert text.plain == "▀▀▀\n▀▀▀\n"
    assert "#ff0000 on #000000" in str(text.spans[0].style)
