"""A small RTSP camera: RFC 2326 over TCP with RTP/JPEG (RFC 2435) interleaved, as FFmpeg and so OpenCV read it."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
import time
from typing import Any

import cv2

from tests.adapters.robot.cameras.streams import BITS, SIZE, numbered

_CLOCK = 90_000
_PAYLOAD_TYPE = 26
_IN_BAND_TABLES = 255


class RTSPCamera(socketserver.ThreadingTCPServer):
    """Sends numbered pictures, `rate` a second; while `frozen` connections stay and nothing comes."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, rate: float = 25.0) -> None:
        super().__init__(("127.0.0.1", 0), _Viewer)
        self.rate, self.frozen, self.number, self.viewers = rate, False, 0, 0
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.server_address[1]}/video"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A viewer that is gone is no news."""


class _Viewer(socketserver.StreamRequestHandler):
    server: RTSPCamera

    def handle(self) -> None:
        while True:
            words = self.rfile.readline().decode().split()
            if not words:
                return
            headers = {}
            while (line := self.rfile.readline().decode().strip()) != "":
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            self._answer(words[0], headers["cseq"])
            if words[0] == "PLAY":
                self._play()
                return

    def _answer(self, method: str, number: str) -> None:
        more, body = "", ""
        if method == "OPTIONS":
            more = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
        elif method == "DESCRIBE":
            body = (
                "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
                f"m=video 0 RTP/AVP {_PAYLOAD_TYPE}\r\na=control:track0\r\n"
            )
            more = f"Content-Base: {self.server.url}/\r\nContent-Type: application/sdp\r\n"
        elif method == "SETUP":
            more = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        head = f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\nSession: 1\r\n{more}Content-Length: {len(body)}\r\n\r\n"
        self.wfile.write((head + body).encode())

    def _play(self) -> None:
        self.server.viewers += 1
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for sequence in range(1 << 30):
            time.sleep(1 / self.server.rate)
            if not self.server.frozen:
                self.server.number = (self.server.number + 1) % (1 << BITS)
                packet = _packet(self.server.number, sequence % 65536, int(time.monotonic() * _CLOCK) & 0xFFFFFFFF)
                self.wfile.write(struct.pack("!cBH", b"$", 0, len(packet)) + packet)


def _packet(number: int, sequence: int, stamp: int) -> bytes:
    """The whole picture in one RTP packet."""
    _, jpeg = cv2.imencode(".jpg", numbered(number))
    tables, scan = _taken_apart(jpeg.tobytes())
    height, width = SIZE
    rtp = struct.pack("!BBHII", 0x80, 0x80 | _PAYLOAD_TYPE, sequence, stamp, 1)
    head = struct.pack("!IBBBB", 0, 1, _IN_BAND_TABLES, width // 8, height // 8)
    return rtp + head + struct.pack("!BBH", 0, 0, len(tables)) + tables + scan


def _taken_apart(jpeg: bytes) -> tuple[bytes, bytes]:
    """The quantization tables and the coded pixels of a baseline JPEG."""
    tables, place = b"", 2
    while True:
        marker, length = jpeg[place + 1], struct.unpack_from("!H", jpeg, place + 2)[0]
        body = jpeg[place + 4 : place + 2 + length]
        place += 2 + length
        if marker == 0xDB:
            tables += b"".join(body[start + 1 : start + 65] for start in range(0, len(body), 65))
        elif marker == 0xDA:
            return tables, jpeg[place:-2]
