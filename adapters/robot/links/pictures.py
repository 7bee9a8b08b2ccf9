"""From what a robot sends to the newest frame: decoding, and telling a new picture from one that is sent again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.robot.link import Frame, RobotFault
from evalsuite.adapters.robot.links.ros_messages import CompressedImage, Image
from evalsuite.errors import UsageError

Raw: TypeAlias = "bytes | memoryview"
_CHANNELS = {
    "rgb8": (0, 1, 2),
    "8UC3": (2, 1, 0),
    "bgr8": (2, 1, 0),
    "rgba8": (0, 1, 2),
    "bgra8": (2, 1, 0),
    "8UC4": (2, 1, 0),
    "mono8": (0, 0, 0),
    "8UC1": (0, 0, 0),
}
"""ROS's names (sensor_msgs/image_encodings.hpp), as the places of red, green and blue in a pixel."""


def image_pixels(message: Image) -> NDArray[np.uint8]:
    """RGB uint8 (height, width, 3), a copy only where the bytes lie otherwise. Raises `RobotFault`."""
    places = _CHANNELS.get(message.encoding)
    if places is None:
        known = ", ".join(_CHANNELS)
        raise RobotFault(
            f"the robot sends pictures as {message.encoding!r}; known are {known}: set its camera driver to rgb8, or "
            "use its compressed topic"
        )
    depth = 1 if max(places) == 0 else 4 if "a" in message.encoding or message.encoding == "8UC4" else 3
    row = message.width * depth
    if message.step < row or len(message.data) < message.step * message.height:
        raise RobotFault(
            f"a picture of {message.width} x {message.height} in {message.encoding} came with {len(message.data)} "
            f"bytes in rows of {message.step}: look after the camera driver"
        )
    flat = np.frombuffer(message.data, np.uint8, message.step * message.height)
    pixels = flat.reshape(message.height, message.step)[:, :row].reshape(message.height, message.width, depth)
    if places == (0, 1, 2):
        return np.ascontiguousarray(pixels[..., :3])
    return np.ascontiguousarray(pixels[..., list(places)])


def compressed_pixels(data: Raw) -> NDArray[np.uint8]:
    """RGB uint8 (height, width, 3) of a JPEG or PNG. Raises `RobotFault`, and `UsageError` without OpenCV."""
    try:
        import cv2
    except ImportError as missing:
        raise UsageError("compressed pictures need OpenCV: pip install opencv-python-headless") from missing
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise RobotFault("a compressed picture is neither JPEG nor PNG: look after the robot's image transport")
    return np.ascontiguousarray(decoded[..., ::-1]).astype(np.uint8, copy=False)


class NewestPicture:
    """The newest picture of a stream; filled by one thread, read by any.

    Pictures whose bytes and stamp are those of the one before were sent again and count for nothing, so that their
    age goes on; so do equal bytes without a stamp. Equal bytes with a new stamp are a new frame that says since when
    its pixels have been the same.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frame: Frame | None = None
        self._raw: NDArray[np.uint8] | None = None
        self._fault: RobotFault | UsageError | None = None
        self.again = 0
        """How many pictures were sent again."""

    def offer(self, raw: Raw, stamp: float | None, decode: Callable[[], NDArray[np.uint8]]) -> None:
        """Take in a picture that has just arrived as `raw`; `decode` is called when it is new."""
        received = time.monotonic()
        bytes_now = np.frombuffer(raw, np.uint8)
        before = self._frame
        same = before is not None and self._raw is not None and np.array_equal(bytes_now, self._raw)
        if before is not None and same and (stamp is None or stamp == before.stamp):
            self.again += 1
            return
        try:
            image = before.image if before is not None and same else decode()
        except (RobotFault, UsageError) as fault:
            with self._lock:
                self._fault = fault
            return
        sequence = 0 if before is None else before.sequence + 1
        changed = before.changed if before is not None and same else received
        with self._lock:
            self._raw = bytes_now
            self._frame = Frame(image, received, stamp, sequence, changed)
            self._fault = None

    def offer_message(self, message: Image | CompressedImage) -> None:
        """Take in a ROS picture that has just arrived."""
        if isinstance(message, Image):
            raw_image = message
            self.offer(message.data, message.header.stamp, lambda: image_pixels(raw_image))
        else:
            data = message.data
            self.offer(data, message.header.stamp, lambda: compressed_pixels(data))

    def newest(self) -> Frame | None:
        """The newest frame; raises what made the last picture unreadable."""
        with self._lock:
            if self._fault is not None:
                raise self._fault
            return self._frame
