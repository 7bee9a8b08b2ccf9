"""HTTP video read by hand, so that the parts' own headers can be looked at."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class ReceivedPart:
    """One picture: its number, the sender's clock, when it came by `time.time()`, its JPEG."""

    sequence: int
    stamp: float
    arrived: float
    jpeg: bytes


def parts_of(url: str, seconds: float) -> Iterator[ReceivedPart]:
    """The parts that come within `seconds`; ends early when the sender hangs up. Raises `OSError` when refused."""
    place = urlsplit(url)
    deadline = time.monotonic() + seconds
    with closing(http.client.HTTPConnection(place.netloc, timeout=seconds)) as connection:
        connection.request("GET", place.path)
        answer = connection.getresponse()
        if answer.status != 200:
            raise OSError(f"HTTP {answer.status}")
        while time.monotonic() < deadline:
            answer.fp.readline()
            headers: dict[bytes, bytes] = {}
            while (line := answer.fp.readline().strip()) != b"":
                name, _, value = line.partition(b": ")
                headers[name] = value
            if b"Content-Length" not in headers:
                return
            jpeg = answer.fp.read(int(headers[b"Content-Length"]))
            if len(jpeg) < int(headers[b"Content-Length"]):
                return
            answer.fp.readline()
            yield ReceivedPart(int(headers[b"X-Sequence"]), float(headers[b"X-Timestamp"]), time.time(), jpeg)
