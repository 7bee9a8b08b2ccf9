"""`python -m evalsuite.adapters.robot.look`: what a person types wrong is told, never shown as a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

cv2 = pytest.importorskip("cv2", reason="cameras need OpenCV: pip install opencv-python-headless")

from evalsuite.adapters.robot import look  # noqa: E402
from tests.adapters.robot.cameras.streams import NumberedStream  # noqa: E402


@pytest.fixture(scope="module")
def stream() -> Iterator[NumberedStream]:
    stream = NumberedStream()
    yield stream
    stream.close()


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf"])
def test_a_camera_is_watched_for_some_time(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        look.main(["0", f"--seconds={seconds}"])
    assert left.value.code == 2
    assert "more than 0" in capsys.readouterr().err


def test_a_picture_is_kept_in_a_format_that_can_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        look.main(["0", "--save", "picture.txt"])
    assert "should end in .png" in capsys.readouterr().err


def test_a_picture_that_can_not_be_kept_is_told(
    stream: NumberedStream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "picture.png"
    assert look.main([stream.url, "--seconds", "0.3", "--save", str(kept)]) == 0
    assert cv2.imread(str(kept)) is not None
    lost = tmp_path / "nowhere" / "picture.png"
    assert look.main([stream.url, "--seconds", "0.3", "--save", str(lost)]) == 2
    assert f"can't write {lost}" in capsys.readouterr().err
