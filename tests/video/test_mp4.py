from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from evalsuite.video import VideoFault
from evalsuite.video.mp4 import Mp4, join
from tests.video.moving_pictures import difference, pictures_of

WIDTH, HEIGHT = 96, 64


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """A soft gradient that moves with `number`."""
    y, x = np.mgrid[:height, :width]
    return np.stack([(x + 5 * number) % 200, (2 * y) % 200, np.full_like(x, 100)], axis=2).astype(np.uint8)


def film(path: Path, numbers: range, width: int = WIDTH, height: int = HEIGHT) -> Path:
    file = Mp4(path, width, height, 17.5)
    for number in numbers:
        file.add(picture(number, width, height))
    file.close()
    return path


def test_every_picture_comes_back_much_as_it_was_at_its_own_time(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", range(20))
    back = pictures_of(path)
    assert len(back) == 20
    assert max(difference(each, picture(number)) for number, each in enumerate(back)) < 6
    with av.open(str(path)) as container:
        (stream,) = container.streams.video
        assert stream.average_rate == Fraction(35, 2)
        assert stream.codec_context.pix_fmt == "yuv420p"
        times = [float(frame.pts * frame.time_base) for frame in container.decode(stream)]
    assert times == pytest.approx([number / 17.5 for number in range(20)], abs=1e-4)


def test_the_index_stands_in_front_so_that_a_browser_can_begin_at_once(tmp_path: Path) -> None:
    content = film(tmp_path / "a.mp4", range(5)).read_bytes()
    assert 0 < content.find(b"moov") < content.find(b"mdat")


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = film(tmp_path / "one.mp4", range(30)), film(tmp_path / "other.mp4", range(30))
    assert one.read_bytes() == other.read_bytes()


def test_odd_sizes_are_made_even(tmp_path: Path) -> None:
    back = pictures_of(film(tmp_path / "odd.mp4", range(3), 63, 47))
    assert back[0].shape == (48, 64, 3)
    assert difference(back[1][:47, :63], picture(1, 63, 47)) < 6


def test_a_folder_that_is_not_there_is_a_fault_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(VideoFault, match="can't write the video"):
        film(tmp_path / "missing" / "a.mp4", range(3))
    assert list(tmp_path.iterdir()) == []


def test_a_video_given_up_is_removed(tmp_path: Path) -> None:
    file = Mp4(tmp_path / "a.mp4", WIDTH, HEIGHT, 10)
    for number in range(50):
        file.add(picture(number))
    file.abandon()
    assert list(tmp_path.iterdir()) == []


def test_joined_videos_hold_all_pictures_in_order_without_being_encoded_anew(tmp_path: Path) -> None:
    plain = {"bf": "0"}
    parts = []
    for place, numbers in enumerate((range(7), range(7, 8), range(8, 20))):
        file = Mp4(tmp_path / f"{place}.mp4", WIDTH, HEIGHT, 18, keyframe_pictures=2, options=plain)
        for number in numbers:
            file.add(picture(number))
        file.close()
        parts.append(tmp_path / f"{place}.mp4")
    join(parts, tmp_path / "all.mp4")
    separate = [each for part in parts for each in pictures_of(part)]
    together = pictures_of(tmp_path / "all.mp4")
    assert len(together) == 20
    assert all(np.array_equal(one, other) for one, other in zip(separate, together, strict=True))
    with av.open(str(tmp_path / "all.mp4")) as container:
        times = [float(frame.pts * frame.time_base) for frame in container.decode(video=0)]
    assert times == pytest.approx([number / 18 for number in range(20)], abs=1e-4)
