"""Both detectors find the published tags, the same way up, and print and detector agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

cv2 = pytest.importorskip("cv2", reason="tags need OpenCV: pip install opencv-python-headless")

from evalsuite.adapters.robot import print_tags  # noqa: E402
from evalsuite.adapters.robot.tag_detector import OpenCVDetector, tag_detector  # noqa: E402
from evalsuite.adapters.robot.tag_images import FAMILIES, tag_modules, tag_picture  # noqa: E402
from evalsuite.errors import UsageError  # noqa: E402

EDGE = 300
MARGIN = 40


def page(number: int, family: str = "36h11") -> NDArray[np.uint8]:
    """A tag upright on white paper, its black edge beginning a module inside `MARGIN`."""
    return np.pad(tag_picture(number, EDGE, family), MARGIN, constant_values=255)


def black_corners(family: str = "36h11") -> NDArray[np.float64]:
    """Where the corners of the black square of `page` are, the upper left first, then clockwise."""
    module = EDGE / len(tag_modules(0, family))
    low, high = MARGIN + module - 0.5, MARGIN + EDGE - module - 0.5
    return np.array([[low, low], [high, low], [high, high], [low, high]])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("backend", ["best", "opencv"])
def test_an_upright_tag_has_its_upper_left_corner_first(family: str, backend: str) -> None:
    detector = tag_detector(family) if backend == "best" else OpenCVDetector(family)
    for number in (0, 7, FAMILIES[family][1] - 1):
        (seen,) = detector.detect(page(number, family))
        assert seen.id == number
        assert seen.corners == pytest.approx(black_corners(family), abs=0.7)


def test_a_tag_that_is_turned_clockwise_has_its_upper_left_corner_on_the_right() -> None:
    turned = np.ascontiguousarray(np.rot90(page(5), -1))
    for detector in (tag_detector(), OpenCVDetector()):
        (seen,) = detector.detect(turned)
        assert seen.corners == pytest.approx(np.roll(black_corners(), -1, axis=0), abs=0.7)


def test_the_tags_are_those_that_apriltag_publishes() -> None:
    # AprilRobotics/apriltag-imgs, tag36h11/tag36_11_00000.png, its data modules row by row, 1 for white.
    published = ["110101", "011101", "011000", "101000", "010110", "000100"]
    data = tag_modules(0)[2:-2, 2:-2] // 255
    assert ["".join(map(str, row)) for row in data.tolist()] == published


def test_a_number_that_is_seen_twice_is_not_believed() -> None:
    twice = np.hstack([page(3), page(3), page(4)])
    for detector in (tag_detector(), OpenCVDetector()):
        assert [tag.id for tag in detector.detect(twice)] == [4]


def test_a_picture_without_tags_has_none() -> None:
    for detector in (tag_detector(), OpenCVDetector()):
        assert detector.detect(np.full((120, 160), 128, np.uint8)) == []


def test_numbers_of_opencv_4_and_5_are_read_alike() -> None:
    detector = OpenCVDetector()
    real = detector._detector

    class Shaped:
        def __init__(self, shape: tuple[int, ...]) -> None:
            self._shape = shape

        def detectMarkers(self, gray: NDArray[np.uint8]) -> object:  # noqa: N802
            corners, numbers, rest = real.detectMarkers(gray)
            return corners, np.asarray(numbers).reshape(self._shape), rest

    both = np.hstack([page(3), page(4)])
    for shape in ((-1,), (-1, 1)):
        detector._detector = Shaped(shape)
        assert [tag.id for tag in detector.detect(both)] == [3, 4]


@pytest.mark.parametrize(("number", "family"), [(587, "36h11"), (-1, "36h11"), (0, "41h12")])
def test_a_tag_that_does_not_exist_is_told(number: int, family: str) -> None:
    with pytest.raises(UsageError, match="family"):
        tag_modules(number, family)


def test_printed_tags_measure_what_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert print_tags.main(["0", "10", "--size", "0.15", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "15.0 cm" in said
    drawing = (tmp_path / "tag36h11-10.svg").read_text()
    assert 'width="210mm"' in drawing
    assert "15.0 cm" in drawing


def test_a_tag_that_does_not_fit_on_the_paper_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert print_tags.main(["0", "--size", "0.3", "--out", str(tmp_path)]) == 2
    assert "A4" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", ["0", "-1", "nan", "inf"])
def test_a_tag_that_has_no_size_is_not_drawn(size: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert print_tags.main(["0", f"--size={size}", "--out", str(tmp_path)]) == 2
    assert "metres" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
