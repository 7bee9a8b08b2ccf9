"""The progress bar in terminals of several widths, and its lines where there is no terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from evalsuite.runner.progress import time_left
from evalsuite.runner.status import RunStatus

PROGRAM = """
from evalsuite.runner import progress
from evalsuite.runner.status import RunStatus
counts = {"success": 400, "failure": 33, "error": 1}
policies = {name: dict(counts) for name in ("a-checkpoint-with-a-long-name", "another-checkpoint", "random")}
progress.LINE_SECONDS = 0.0
with progress.RunProgress() as watch:
    watch(RunStatus(12345, policies, resumed=302, steps=123456, seconds=100.0))
"""


def drawn(columns: int) -> str:
    """What a terminal of this width is sent, without control sequences."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    names = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment["TERM"] = "xterm"
    with subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while piece := _read(ours):
            said += piece
        assert process.wait(timeout=60) == 0
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_count_and_the_time_left_survive_in_a_narrow_terminal(columns: int) -> None:
    said = drawn(columns)
    frames = [line.strip() for line in re.split(r"[\r\n]+", said) if line.strip()]
    for frame in frames:
        assert len(frame) <= columns
        assert "1302/12345" in frame
        assert "ETA 0:18:24" in frame
    assert "0/?" not in said


def test_without_a_terminal_a_line_tells_count_and_time_left() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], stderr=subprocess.PIPE, text=True, timeout=60, check=True)
    assert done.stderr.startswith("1302/12345 episodes, ETA 0:18:24, a-checkpoint-with-a-long-name 92% ")


def test_the_end_is_told_once_and_then_that_videos_are_being_made() -> None:
    program = """
from evalsuite.runner import progress
from evalsuite.runner.status import RunStatus
done = {"a": {"success": 0, "failure": 2, "error": 0}}
with progress.RunProgress() as watch:
    for seconds, left in ((1.0, 2), (30.0, 2), (30.1, 1), (30.2, 0)):
        progress.LINE_SECONDS = 0.0 if seconds == 30.0 else 3600.0
        watch(RunStatus(2, done, videos_left=left, steps=2, seconds=seconds))
"""
    done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, timeout=60, check=True)
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("2/2 episodes, making videos, a 0% (2 videos to make)") for line in lines)


def test_the_time_left_goes_by_this_session_alone() -> None:
    def status(done: int, resumed: int) -> RunStatus:
        return RunStatus(100, {"a": {"success": done, "failure": 0, "error": 0}}, resumed=resumed, seconds=10.0)

    assert [time_left(status(*each)) for each in ((60, 50), (50, 50), (100, 50))] == ["0:00:40", "-:--:--", "0:00:00"]
