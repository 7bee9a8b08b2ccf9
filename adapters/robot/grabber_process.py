"""`python -m evalsuite.adapters.robot.grabber_process FD`: read a camera as fast as it sends.

Which one is the first message on the channel FD: an address may hold a password, and anybody can read a command line.

A thread reads, so that nothing queues up between camera and reader (OpenCV would hand out pictures that are seconds
old); another tells the watcher about the newest picture alone. Whatever OpenCV blocks on ends with this process.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.robot.grabber_messages import receive, send
from evalsuite.adapters.robot.lens import Lens, load_calibration
from evalsuite.errors import UsageError

_PAUSE = 0.3
_NETWORK_LIMIT_MS = 4000
_USUAL_RATE = 30.0
_FASTEST = 240.0


@dataclass(frozen=True, eq=False)
class _Read:
    pixels: NDArray[np.uint8]
    received: float


class Reader:
    """Reads a source for ever, opening it again when it ends."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._changed = threading.Condition()
        self._newest: _Read | None = None
        self._notes: list[dict[str, object]] = []

    def run(self) -> None:
        while True:
            capture = self._open()
            if capture is None:
                self._note({"note": "closed", "why": "it can't be opened"})
            else:
                count = self._read_all(capture)
                capture.release()
                why = "it sent nothing" if not count else "it ended"
                if count and self._is_file:
                    continue
                self._note({"note": "closed", "why": why})
            time.sleep(_PAUSE)

    def take(self) -> tuple[list[dict[str, object]], _Read | None]:
        """Wait for what is new: notes, and the newest picture if there is one that was not taken yet."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or bool(self._notes))
            notes, newest = self._notes, self._newest
            self._notes, self._newest = [], None
        return notes, newest

    @property
    def _is_file(self) -> bool:
        return "://" not in self._source and not self._source.isdigit()

    def _open(self) -> cv2.VideoCapture | None:
        if self._source.isdigit():
            capture = cv2.VideoCapture(int(self._source))
        elif self._is_file:
            capture = cv2.VideoCapture(self._source)
        else:
            limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _NETWORK_LIMIT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC]
            capture = cv2.VideoCapture(self._source, cv2.CAP_FFMPEG, [*limits, _NETWORK_LIMIT_MS])
        return capture if capture.isOpened() else None

    def _read_all(self, capture: cv2.VideoCapture) -> int:
        """Read until the source ends; how many pictures there were."""
        pace = 0.0
        if self._is_file:
            rate = capture.get(cv2.CAP_PROP_FPS)
            pace = 1.0 / (rate if 0.0 < rate <= _FASTEST else _USUAL_RATE)
        count, due = 0, time.monotonic()
        while True:
            read, bgr = capture.read()
            if not read or bgr is None:
                return count
            count += 1
            picture = _Read(np.asarray(bgr, np.uint8), time.monotonic())
            with self._changed:
                self._newest = picture
                self._changed.notify()
            if pace:
                due += pace
                time.sleep(max(0.0, due - time.monotonic()))

    def _note(self, note: dict[str, object]) -> None:
        with self._changed:
            self._notes.append(note)
            self._changed.notify()


def main() -> None:
    """Serve until the watcher is gone."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    asked, _ = receive(channel)
    try:
        lens = load_calibration(Path(asked["calibration"])) if asked["calibration"] is not None else None
    except UsageError as error:
        send(channel, {"note": "fault", "why": str(error)})
        os._exit(1)
    threading.Thread(target=_end_with, args=(channel,), daemon=True).start()
    reader = Reader(asked["source"])
    threading.Thread(target=reader.run, daemon=True).start()
    try:
        _tell(reader, channel, lens)
    except OSError:
        # The watcher is gone; OpenCV may hang in the other thread.
        os._exit(0)


def _tell(reader: Reader, channel: socket.socket, lens: Lens | None) -> None:
    before: NDArray[np.uint8] | None = None
    while True:
        notes, read = reader.take()
        for note in notes:
            send(channel, note)
        if read is None:
            continue
        if before is not None and np.array_equal(before, read.pixels):
            send(channel, {"note": "again"})
            continue
        before = read.pixels
        rgb = np.asarray(cv2.cvtColor(read.pixels, cv2.COLOR_BGR2RGB), np.uint8)
        try:
            straight = rgb if lens is None else lens.undistort(rgb)
        except UsageError as error:
            send(channel, {"note": "fault", "why": str(error)})
            os._exit(1)
        send(channel, {"note": "picture", "received": read.received}, straight)


def _end_with(channel: socket.socket) -> None:
    """End this process when the watcher hangs up, even while OpenCV blocks."""
    channel.recv(1)
    os._exit(0)


if __name__ == "__main__":
    main()
