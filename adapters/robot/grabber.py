"""A camera read by a process of its own and watched from outside it.

OpenCV does not honour its own time limits (RTSP) and can't be interrupted; a process can be killed. So a stream that
stalls is cut and opened again, and nobody here ever waits for it.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from evalsuite.adapters.robot.grabber_messages import receive, send
from evalsuite.adapters.robot.link import Frame, RobotFault

OPENING_SECONDS = 20.0
"""How long a reader may take until its first picture or its first complaint: it loads OpenCV and finds the codec."""

STALLED_SECONDS = 2.0
"""How long a reader that had pictures may be silent before it is killed and started anew."""

_POLL = 0.1
_MODULE = "evalsuite.adapters.robot.grabber_process"


@dataclass(eq=False)
class _Reading:
    """One process that reads the camera."""

    process: subprocess.Popen[bytes]
    channel: socket.socket
    heard: float
    pictures: int = 0
    over: bool = False


class GrabbedCamera:
    """The newest picture of a camera that OpenCV reads.

    A picture whose pixels are those of the one before was sent again: it is no new frame and does not make the frame
    younger. A camera's noise makes any two pictures of it differ.

    Args:
        source: what to read, as `cameras.open_camera` takes it.
        calibration: takes the distortion out of every picture.
        stalled: seconds of silence after which the camera is opened anew.
    """

    def __init__(self, source: str, calibration: Path | None = None, *, stalled: float = STALLED_SECONDS) -> None:
        self._source, self._calibration, self._stalled = source, calibration, stalled
        self._lock = threading.Lock()
        self._frame: Frame | None = None
        self._fault: RobotFault | None = None
        self._trouble = ""
        self._again = self._openings = 0
        self._closing = threading.Event()
        self._reading = self._start()
        self._watcher = threading.Thread(target=self._watch, name=f"camera {self.name}", daemon=True)
        self._watcher.start()

    def newest(self) -> Frame | None:
        """See `cameras.Camera`. Raises `RobotFault` when the calibration does not fit the pictures."""
        if self._fault is not None:
            raise self._fault
        return self._frame

    def wait(self, seconds: float) -> Frame:
        """The newest frame, the first one awaited for up to `seconds`. Raises `RobotFault` when none comes."""
        deadline = time.monotonic() + seconds
        while True:
            frame = self.newest()
            if frame is not None:
                return frame
            if time.monotonic() > deadline:
                why = f": {self._trouble}" if self._trouble else ""
                raise RobotFault(
                    f"no picture from camera {self.name} within {seconds:g} s{why}; is it on, and does "
                    "`python -m evalsuite.adapters.robot.look` show it?"
                )
            time.sleep(0.02)

    @property
    def name(self) -> str:
        """The source, without a user's name and password."""
        return re.sub(r"(?<=://)[^/]*@", "", self._source)

    @property
    def trouble(self) -> str:
        """What went wrong last with the camera; empty when nothing did."""
        return self._trouble

    @property
    def again(self) -> int:
        """How many pictures were sent again."""
        return self._again

    @property
    def openings(self) -> int:
        """How often a reader was started: 1 for a camera that behaves."""
        return self._openings

    def close(self) -> None:
        """Let go of the camera; may be called twice."""
        self._closing.set()
        self._watcher.join(5.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> _Reading:
        ours, theirs = socket.socketpair()
        # FFmpeg warns about every broken stream, on a terminal that belongs to the operator.
        quiet = {**os.environ, "OPENCV_LOG_LEVEL": "SILENT", "OPENCV_FFMPEG_LOGLEVEL": "-8"}
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", _MODULE, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                env=quiet,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._openings += 1
        calibration = str(self._calibration) if self._calibration is not None else None
        send(ours, {"source": self._source, "calibration": calibration})
        reading = _Reading(process, ours, time.monotonic())
        threading.Thread(target=self._receive, args=(reading,), name=f"pictures {self.name}", daemon=True).start()
        return reading

    def _receive(self, reading: _Reading) -> None:
        try:
            while True:
                message, pixels = receive(reading.channel)
                reading.heard = time.monotonic()
                note = message["note"]
                if pixels is not None:
                    pixels.flags.writeable = False
                    reading.pictures += 1
                    with self._lock:
                        number = self._frame.sequence + 1 if self._frame is not None else 0
                        self._frame = Frame(pixels, float(message["received"]), None, number)
                elif note == "again":
                    self._again += 1
                elif note == "fault":
                    self._fault = RobotFault(str(message["why"]))
                else:
                    self._trouble = str(message["why"])
        except (EOFError, OSError):
            reading.over = True

    def _watch(self) -> None:
        while not self._closing.wait(_POLL):
            reading = self._reading
            silence = time.monotonic() - reading.heard
            stalled = silence > (self._stalled if reading.pictures else OPENING_SECONDS)
            if stalled:
                self._trouble = f"it stalled for {silence:.1f} s"
            if (stalled or reading.over) and self._fault is None:
                if reading.over and not stalled:
                    self._trouble = "the process that reads it ended"
                    self._closing.wait(min(1.0, self._openings * _POLL))
                _end(reading)
                self._reading = self._start()
        _end(self._reading)


def _end(reading: _Reading) -> None:
    reading.process.kill()
    reading.process.wait()
    with reading.channel:
        try:
            reading.channel.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The process took its end along.
            return
