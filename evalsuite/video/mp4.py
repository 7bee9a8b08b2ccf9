"""Pictures into an MP4 file that browsers play: H.264, 4:2:0, the index in front."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from evalsuite.video import REMEDY, VideoFault

ENCODERS: dict[str, dict[str, str]] = {
    "libx264": {"preset": "superfast", "crf": "30"},
    "libopenh264": {"b": "1500000"},
    "libvpx-vp9": {"crf": "33", "b": "0", "deadline": "realtime", "cpu-used": "8"},
}
"""In the order of preference; a build of PyAV has one or another. All of them play in a browser, from MP4."""

KEYFRAME_SECONDS = 2
BT601 = 6
"""Number of SMPTE 170M in the code points of ISO/IEC 23091-2 for primaries, transfer and matrix."""

RATE_LIMIT = 1000


class Mp4:
    """Writes one file, picture by picture. The same pictures give the same bytes: one thread encodes.

    Args:
        path: of the file; what is there is overwritten.
        width, height: in pixels; an odd one is made even by repeating the last column or row.
        pictures_per_second: at which it is played.
        keyframe_pictures: how many pictures from one that can be jumped to to the next; default: 2 seconds of them.
        options: of the encoder, over those of `ENCODERS`.

    Every method raises `VideoFault` when the encoder or the disk refuses.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        pictures_per_second: float,
        *,
        keyframe_pictures: int | None = None,
        options: dict[str, str] | None = None,
    ) -> None:
        self.path = path
        self.pictures = 0
        rate = Fraction(pictures_per_second).limit_denominator(RATE_LIMIT)
        self.encoder = chosen_encoder()
        with _faults():
            self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
            stream = self._container.add_stream(
                self.encoder, rate=rate, options={**ENCODERS[self.encoder], **(options or {})}
            )
            assert isinstance(stream, VideoStream)
            stream.width, stream.height = width + width % 2, height + height % 2
            stream.pix_fmt = "yuv420p"
            context = stream.codec_context
            context.time_base = self._picture_time = 1 / rate
            context.thread_count = 1
            context.gop_size = keyframe_pictures or max(1, round(KEYFRAME_SECONDS * rate))
            context.colorspace = context.color_primaries = context.color_trc = BT601
        self._stream = stream
        self._padding = ((0, height % 2), (0, width % 2), (0, 0))

    def add(self, picture: NDArray[np.uint8]) -> None:
        """Append one picture, RGB uint8 (height, width, 3)."""
        if any(after for _, after in self._padding):
            picture = np.pad(picture, self._padding, mode="edge")
        with _faults():
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace="itu601")
            frame.pts, frame.time_base = self.pictures, self._picture_time
            self._container.mux(self._stream.encode(frame))
        self.pictures += 1

    def close(self) -> None:
        """Finish the file."""
        with _faults():
            self._container.mux(self._stream.encode(None))
            self._container.close()

    def abandon(self) -> None:
        """Give up, and remove what has been written."""
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self._container.close()
        self.path.unlink(missing_ok=True)


def chosen_encoder() -> str:
    """The best of `ENCODERS` that this build of PyAV has. Raises `VideoFault` without any."""
    for name in ENCODERS:
        if name in av.codecs_available:
            return name
    raise VideoFault(f"this build of PyAV encodes nothing that a browser plays; {REMEDY} brings one that does")


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except (av.error.FFmpegError, OSError) as error:
        raise VideoFault(f"can't write the video: {error.strerror or error}") from error


def join(parts: Sequence[Path], path: Path) -> None:
    """One file of the pictures of `parts`, which were encoded alike and without B-frames, without encoding anew.

    Raises `VideoFault`.
    """
    with _faults(), av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as joined:
        stream = None
        passed = 0
        for part in parts:
            with av.open(str(part)) as source:
                video = source.streams.video[0]
                if stream is None:
                    stream = joined.add_stream_from_template(video)
                tick = 1 / (video.average_rate or 1) / (video.time_base or 1)
                for packet in source.demux(video):
                    if packet.pts is None:
                        continue
                    packet.pts = packet.dts = round(passed * tick)
                    packet.stream = stream
                    joined.mux(packet)
                    passed += 1
