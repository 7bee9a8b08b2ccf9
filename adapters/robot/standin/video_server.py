"""HTTP video as IP cameras send it: multipart/x-mixed-replace with a JPEG a part."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from evalsuite.adapters.robot.standin.settings import LOOPBACK

_BOUNDARY = "picture"
_PATIENCE = 0.25
_SEND_LIMIT = 5.0


@dataclass(frozen=True)
class Part:
    """One JPEG with its number and the sender's clock in seconds."""

    jpeg: bytes
    sequence: int
    stamp: float


class VideoServer:
    """Sends every published part to every viewer that keeps up; the others get the newest.

    The faults are attributes: `off` cuts viewers and refuses new ones, `truncated` breaks off in the middle of the
    next part and closes, `hanging` breaks off and keeps the connection.
    """

    def __init__(self, port: int = 0) -> None:
        self.off = self.truncated = self.hanging = False
        self.viewers = 0
        self._changed = threading.Condition()
        self._newest: Part | None = None
        self._server = _Server((LOOPBACK, port), _Viewer)
        self._server.video = self
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/video.mjpg"

    def publish(self, part: Part) -> None:
        with self._changed:
            self._newest = part
            self._changed.notify_all()

    def after(self, sequence: int) -> Part | None:
        """The newest part when its number is above `sequence`, waited for a little while."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None and self._newest.sequence > sequence, _PATIENCE)
            newest = self._newest
        return newest if newest is not None and newest.sequence > sequence else None

    def while_hanging(self) -> None:
        """Wait until the fault is over."""
        pause = threading.Event()
        while self.hanging and not self.off:
            pause.wait(_PATIENCE)

    def count(self, viewers: int) -> None:
        with self._changed:
            self.viewers += viewers

    def close(self) -> None:
        self.off = True
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    video: VideoServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A viewer that is gone is no news."""


class _Viewer(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SEND_LIMIT

    def do_GET(self) -> None:
        video = self.server.video
        if video.off:
            self.send_error(503, "the camera is off")
            return
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(f"--{_BOUNDARY}\r\n".encode())
        video.count(1)
        try:
            self._stream(video)
        finally:
            video.count(-1)

    def _stream(self, video: VideoServer) -> None:
        sent = -1
        while not video.off:
            part = video.after(sent)
            if part is None:
                continue
            sent = part.sequence
            head = (
                f"Content-Type: image/jpeg\r\nContent-Length: {len(part.jpeg)}\r\n"
                f"X-Sequence: {part.sequence}\r\nX-Timestamp: {part.stamp:.6f}\r\n\r\n"
            )
            # The next boundary follows at once: a reader knows then that the picture is whole.
            message = head.encode() + part.jpeg + f"\r\n--{_BOUNDARY}\r\n".encode()
            if video.truncated:
                self.wfile.write(message[: len(message) // 2])
                return
            if video.hanging:
                self.wfile.write(message[: len(message) // 2])
                self.wfile.flush()
                video.while_hanging()
                return
            self.wfile.write(message)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing is logged: the process's output is for its starter."""
