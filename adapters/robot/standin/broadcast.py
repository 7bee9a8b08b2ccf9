"""From the simulation's cameras to the wires: paced, late, lost, frozen or repeated as the faults say."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.robot.standin.simulation import Simulation
from evalsuite.adapters.robot.standin.video_server import Part, VideoServer
from evalsuite.seeding import Dice

_JPEG_QUALITY = 90


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture on its way out: uint8 (height, width, 3) RGB, its number, the sender's clock in seconds."""

    rgb: NDArray[np.uint8]
    sequence: int
    stamp: float


def jpeg_of(shot: Shot) -> bytes:
    """The picture as a JPEG."""
    bgr = cv2.cvtColor(shot.rgb, cv2.COLOR_RGB2BGR)
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return bytes(jpeg)


class Outlet(Protocol):
    """A wire that pictures leave by."""

    def wanted(self) -> bool:
        """Whether anybody listens."""

    def send(self, shot: Shot) -> None: ...


class VideoOutlet:
    """HTTP video."""

    def __init__(self, video: VideoServer) -> None:
        self._video = video

    def wanted(self) -> bool:
        return self._video.viewers > 0

    def send(self, shot: Shot) -> None:
        self._video.publish(Part(jpeg_of(shot), shot.sequence, shot.stamp))


class Broadcast:
    """One camera's way out.

    Args:
        camera: "car" or "overhead"; faults of pictures strike the car's camera alone.
        rate: pictures a second; fewer where the machine can't.
    """

    def __init__(self, simulation: Simulation, camera: str, rate: float, outlets: Sequence[Outlet]) -> None:
        self._simulation, self._camera, self._rate, self._outlets = simulation, camera, rate, outlets
        self._dice = (simulation.seed, self._dice_of(simulation.seed))
        self._sequence = self._sent = 0
        self._last: NDArray[np.uint8] | None = None
        self._making, self._sending = threading.Lock(), threading.Lock()
        self._queue: list[tuple[float, int, Shot]] = []
        self._queued = threading.Condition()

    def start(self) -> None:
        for work in (self._make, self._deliver):
            threading.Thread(target=work, name=f"{self._camera} {work.__name__}", daemon=True).start()

    def shoot(self) -> None:
        """Take one picture and hand it on, if somebody is there to see it."""
        seen = any(outlet.wanted() for outlet in self._outlets)
        faults = self._simulation.faults if self._camera == "car" else None
        if not seen or (faults is not None and (faults.frozen or faults.camera_off)):
            return
        with self._making:
            if faults is None or not faults.repeating or self._last is None:
                self._last = self._simulation.picture(self._camera)
            self._sequence += 1
            if self._dice[0] != self._simulation.seed:
                self._dice = (self._simulation.seed, self._dice_of(self._simulation.seed))
            late, lost = self._dice[1].uniform(), self._dice[1].uniform()
            shot = Shot(self._last, self._sequence, time.time() + (faults.clock_skew if faults is not None else 0.0))
        if faults is not None and lost < faults.dropout:
            return
        due = time.monotonic() + (faults.latency + late * faults.jitter if faults is not None else 0.0)
        if not self._queue and due <= time.monotonic():
            self._send(shot)
            return
        with self._queued:
            if self._queue:
                due = max(due, max(entry[0] for entry in self._queue))
            heapq.heappush(self._queue, (due, shot.sequence, shot))
            self._queued.notify()

    def _make(self) -> None:
        due = time.monotonic()
        pause = threading.Event()
        while True:
            due = max(due + 1.0 / self._rate, time.monotonic())
            pause.wait(due - time.monotonic())
            if not self._simulation.lockstep:
                self.shoot()

    def _deliver(self) -> None:
        while True:
            with self._queued:
                self._queued.wait_for(lambda: bool(self._queue))
                due, _, shot = self._queue[0]
                if (wait := due - time.monotonic()) > 0.0:
                    self._queued.wait(wait)
                    continue
                heapq.heappop(self._queue)
            if self._camera != "car" or not self._simulation.faults.camera_off:
                self._send(shot)

    def _send(self, shot: Shot) -> None:
        with self._sending:
            if shot.sequence <= self._sent:
                return
            self._sent = shot.sequence
            for outlet in self._outlets:
                if outlet.wanted():
                    outlet.send(shot)

    def _dice_of(self, seed: tuple[str | int, ...]) -> Dice:
        return Dice(*seed, "broadcast", self._camera)


def pace(seconds: float, work: Callable[[], None]) -> None:
    """Call `work` every `seconds` for ever, from a thread of its own."""

    def forever() -> None:
        pause = threading.Event()
        while not pause.wait(seconds):
            work()

    threading.Thread(target=forever, daemon=True).start()
