"""A real HTTP video server whose pictures carry their own number."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.robot.standin.video_server import Part, VideoServer

BLOCK = 16
BITS = 12
SIZE = (96, BLOCK * BITS)


def numbered(number: int) -> NDArray[np.uint8]:
    """A picture uint8 (96, 192, 3) whose columns of 16 pixels are the bits of `number`, white for 1."""
    bits = [(number >> bit) & 1 for bit in range(BITS)]
    row = np.repeat(np.array(bits, np.uint8) * 255, BLOCK)
    return np.repeat(np.repeat(row[None, :, None], SIZE[0], axis=0), 3, axis=2)


def number_of(image: NDArray[np.uint8]) -> int:
    """The number that a picture carries, after any JPEG."""
    middles = image[SIZE[0] // 2, BLOCK // 2 :: BLOCK, 1]
    return sum(1 << bit for bit, level in enumerate(middles.tolist()) if level > 127)


class NumberedStream:
    """Sends `rate` pictures a second, each with the next number, while `running`; `repeating` sends the last again."""

    def __init__(self, rate: float = 40.0) -> None:
        self.running, self.repeating = True, False
        self.number = 0
        self._rate = rate
        self._sequence = itertools.count()
        self._over = threading.Event()
        self.server = VideoServer()
        self.url = self.server.url
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def die(self) -> None:
        """Close every connection and the port."""
        self.server.close()

    def come_back(self) -> None:
        """Serve on the same port again."""
        self.server = VideoServer(int(self.url.split(":")[2].split("/")[0]))

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self.server.close()

    def _send(self) -> None:
        while not self._over.wait(1 / self._rate):
            if not self.running:
                continue
            if not self.repeating:
                self.number = (self.number + 1) % (1 << BITS)
            _, jpeg = cv2.imencode(".jpg", numbered(self.number))
            self.server.publish(Part(jpeg.tobytes(), next(self._sequence), time.time()))


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Whether it becomes true within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.01)
    return true()
