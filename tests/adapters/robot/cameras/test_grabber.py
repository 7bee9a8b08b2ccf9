"""A camera's newest picture is there at once, and a stream that stalls, repeats or dies is told and mended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="cameras need OpenCV: pip install opencv-python-headless")

from evalsuite.adapters.robot.cameras import Camera, open_camera  # noqa: E402
from evalsuite.adapters.robot.grabber import GrabbedCamera  # noqa: E402
from evalsuite.adapters.robot.lens import Lens, save_calibration  # noqa: E402
from evalsuite.adapters.robot.link import Frame, RobotFault  # noqa: E402
from evalsuite.errors import UsageError  # noqa: E402
from tests.adapters.robot.cameras.rtsp_server import RTSPCamera  # noqa: E402
from tests.adapters.robot.cameras.streams import NumberedStream, number_of, numbered, until  # noqa: E402

PATIENCE = 40.0


@pytest.fixture(scope="module")
def stream() -> Iterator[NumberedStream]:
    stream = NumberedStream()
    yield stream
    stream.close()


@pytest.fixture(scope="module")
def opened(stream: NumberedStream) -> Iterator[GrabbedCamera]:
    with GrabbedCamera(stream.url, stalled=1.0) as camera:
        camera.wait(PATIENCE)
        yield camera


@pytest.fixture
def camera(stream: NumberedStream, opened: GrabbedCamera) -> Iterator[GrabbedCamera]:
    yield opened
    stream.running, stream.repeating = True, False
    stream.server.truncated = stream.server.hanging = False
    assert comes_again(opened), "the stream is whole and no picture comes"


def newest(camera: GrabbedCamera) -> Frame:
    frame = camera.newest()
    assert frame is not None
    return frame


def comes_again(camera: GrabbedCamera) -> bool:
    before = newest(camera).sequence
    return until(lambda: newest(camera).sequence > before + 2, PATIENCE)


def test_a_slow_reader_gets_the_newest_picture_and_not_the_oldest_that_waits(
    stream: NumberedStream, camera: GrabbedCamera
) -> None:
    behind, ages = [], []
    for _ in range(10):
        time.sleep(0.15)
        frame = newest(camera)
        behind.append(stream.number - number_of(frame.image))
        ages.append(time.monotonic() - frame.received)
    assert sorted(behind)[len(behind) // 2] <= 8
    assert sorted(ages)[len(ages) // 2] < 0.2
    assert isinstance(camera, Camera)


def test_every_new_picture_has_the_next_number_and_nobody_may_write_into_it(camera: GrabbedCamera) -> None:
    before = newest(camera)
    assert until(lambda: newest(camera).sequence > before.sequence, PATIENCE)
    after = newest(camera)
    assert after.received > before.received
    assert after.stamp is None
    assert not after.image.flags.writeable


def test_a_picture_that_is_sent_again_is_no_new_frame_and_grows_old(
    stream: NumberedStream, camera: GrabbedCamera
) -> None:
    stream.repeating = True
    again = camera.again
    assert until(lambda: camera.again > again + 5, PATIENCE)
    frame, counted = newest(camera), camera.again
    assert until(lambda: camera.again > counted + 10, PATIENCE)
    assert newest(camera) is frame
    assert time.monotonic() - frame.received > 0.2


def test_a_frozen_stream_is_opened_anew_while_nobody_waits_for_it(
    stream: NumberedStream, camera: GrabbedCamera
) -> None:
    openings = camera.openings
    stream.running = False
    longest = 0.0
    deadline = time.monotonic() + PATIENCE
    while camera.openings == openings and time.monotonic() < deadline:
        before = time.monotonic()
        newest(camera)
        longest = max(longest, time.monotonic() - before)
    assert camera.openings == openings + 1
    assert "stalled" in camera.trouble
    assert longest < 0.5


def test_pictures_that_break_off_are_never_shown_and_the_stream_is_taken_up_again(
    stream: NumberedStream, camera: GrabbedCamera
) -> None:
    stream.server.truncated = True
    time.sleep(0.5)
    stream.server.truncated = False
    assert comes_again(camera)
    behind = (stream.number - number_of(newest(camera).image)) % 4096
    assert behind < 200


def test_a_connection_that_hangs_in_the_middle_of_a_picture_is_cut(
    stream: NumberedStream, camera: GrabbedCamera
) -> None:
    openings = camera.openings
    stream.server.hanging = True
    assert until(lambda: camera.openings > openings, PATIENCE)
    stream.server.hanging = False
    assert comes_again(camera)


def test_a_camera_that_dies_and_comes_back_is_found_again(stream: NumberedStream, camera: GrabbedCamera) -> None:
    stream.die()
    time.sleep(0.5)
    old = newest(camera)
    time.sleep(0.3)
    assert newest(camera) is old
    stream.come_back()
    assert comes_again(camera)


def test_a_reader_that_is_killed_is_started_anew(camera: GrabbedCamera) -> None:
    (reader,) = readers_of(os.getpid(), camera)
    os.kill(reader, signal.SIGKILL)
    assert comes_again(camera)


def test_an_address_where_nobody_answers_is_told_with_a_remedy() -> None:
    with open_camera("http://127.0.0.1:9/none.mjpg") as camera:
        assert camera.newest() is None
        assert until(lambda: camera.trouble != "", PATIENCE)
        with pytest.raises(RobotFault, match=r"no picture from camera http.*can't be opened; is it on"):
            camera.wait(0.1)


def test_a_password_in_an_address_is_seen_by_nobody() -> None:
    with open_camera("http://ann:secret@127.0.0.1:9/v") as camera:
        (reader,) = readers_of(os.getpid(), camera)
        assert b"secret" not in Path(f"/proc/{reader}/cmdline").read_bytes()
        with pytest.raises(RobotFault, match=r"camera http://127\.0\.0\.1:9/v within") as told:
            camera.wait(0.0)
        assert "secret" not in str(told.value)


@pytest.mark.parametrize("source", ["nowhere.mp4", "", "-1"])
def test_what_can_be_no_camera_is_told_before_anything_starts(source: str) -> None:
    with pytest.raises(UsageError, match="no number, no file that exists"):
        open_camera(source)


def filmed(path: Path, numbers: range) -> Path:
    """A video file of these numbers at 25 pictures a second."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25.0, (192, 96))
    for number in numbers:
        writer.write(numbered(number))
    writer.release()
    return path


def test_a_file_plays_at_its_own_rate_and_from_the_beginning_again(tmp_path: Path) -> None:
    with open_camera(str(filmed(tmp_path / "film.avi", range(1, 11)))) as camera:
        first = camera.wait(PATIENCE)
        assert until(lambda: newest(camera).sequence > 25, PATIENCE)
        rate = (newest(camera).sequence - first.sequence) / (newest(camera).received - first.received)
        assert rate < 30.0
        assert number_of(first.image) in range(1, 11)


def test_a_calibrated_cameras_pictures_come_without_distortion(tmp_path: Path) -> None:
    film = filmed(tmp_path / "film.avi", range(1387, 1388))
    lens = Lens(192, 96, (120.0, 120.0), (95.5, 47.5), (-0.3, 0.1, 0.0, 0.0))
    save_calibration(tmp_path / "lens.yaml", lens)
    with open_camera(str(film)) as plain, open_camera(str(film), calibration=tmp_path / "lens.yaml") as straight:
        bent, straightened = plain.wait(PATIENCE).image, straight.wait(PATIENCE).image
    assert np.array_equal(straightened, lens.undistort(bent))
    assert not np.array_equal(straightened, bent)


def test_a_calibration_of_another_shape_is_told_when_the_first_picture_comes(tmp_path: Path) -> None:
    film = filmed(tmp_path / "film.avi", range(3))
    save_calibration(tmp_path / "lens.yaml", Lens(160, 120, (120.0, 120.0), (80.0, 60.0), (-0.3, 0.1, 0.0, 0.0)))
    with (
        open_camera(str(film), calibration=tmp_path / "lens.yaml") as camera,
        pytest.raises(RobotFault, match="the camera sends 192 x 96 and its lens is known for 160 x 120"),
    ):
        camera.wait(PATIENCE)


def test_the_reader_ends_when_its_watcher_is_killed(stream: NumberedStream, camera: GrabbedCamera) -> None:
    program = (
        "import sys, time\n"
        "from evalsuite.adapters.robot.cameras import open_camera\n"
        "camera = open_camera(sys.argv[1]); camera.wait(40.0); print('on', flush=True); time.sleep(60)\n"
    )
    watcher = subprocess.Popen([sys.executable, "-c", program, stream.url], stdout=subprocess.PIPE)
    assert watcher.stdout is not None
    assert watcher.stdout.readline() == b"on\n"
    (reader,) = children_of(watcher.pid)
    watcher.kill()
    watcher.wait()
    watcher.stdout.close()
    assert until(lambda: not Path(f"/proc/{reader}").exists(), PATIENCE)


def test_a_closed_camera_leaves_no_process_behind(stream: NumberedStream) -> None:
    camera = open_camera(stream.url)
    before = readers_of(os.getpid(), camera)
    camera.close()
    camera.close()
    assert before
    assert not [reader for reader in before if Path(f"/proc/{reader}").exists()]


def test_an_rtsp_camera_that_freezes_is_cut_and_taken_up_again() -> None:
    server = RTSPCamera()
    with server, GrabbedCamera(server.url, stalled=1.0) as camera:
        first = camera.wait(PATIENCE)
        assert until(lambda: newest(camera).sequence > first.sequence + 20, PATIENCE)
        assert (server.number - number_of(newest(camera).image)) % 4096 <= 15
        server.frozen = True
        assert until(lambda: camera.openings == 2, PATIENCE)
        old = newest(camera)
        server.frozen = False
        assert until(lambda: newest(camera).sequence > old.sequence + 2, PATIENCE)
        server.shutdown()


@pytest.mark.skipif(not Path("/dev/video0").exists(), reason="no webcam here: /dev/video0 is missing")
def test_a_webcam_sends_pictures() -> None:
    with open_camera("0") as camera:
        assert camera.wait(PATIENCE).image.ndim == 3


def children_of(parent: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def readers_of(parent: int, camera: GrabbedCamera) -> list[int]:
    """The process that reads this camera now: the newest of those that were started from here."""
    everyone = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    found = []
    for entry in everyone:
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            ours = int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent
        except OSError:
            continue
        if ours and b"evalsuite.adapters.robot.grabber_process" in words:
            found.append(int(entry.name))
    return sorted(found)[-1:]
