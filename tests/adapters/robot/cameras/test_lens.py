"""Where a point falls in a picture, and what a calibration file may hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="lenses need OpenCV: pip install opencv-python-headless")

from evalsuite.adapters.rehearsal import Renderer, World  # noqa: E402
from evalsuite.adapters.robot.lens import Lens, load_calibration, pinhole, save_calibration  # noqa: E402
from evalsuite.crossview.geometry import Point, Pose  # noqa: E402
from evalsuite.errors import UsageError  # noqa: E402

BARREL = Lens(640, 360, (300.0, 302.0), (321.0, 178.0), (-0.28, 0.07, 0.001, -0.0005, 0.0))
FISHEYE = Lens(640, 360, (260.0, 260.0), (319.5, 179.5), (0.02, -0.01, 0.003, 0.0), fisheye=True)
CAMERA = Pose(x=1.0, y=-2.0, z=0.4, yaw=25.0, pitch=12.0)


@pytest.mark.parametrize("at", [(2.0, 0.5, 0.3), (1.2, 1.0, 0.8), (2.6, 0.0, 0.1)])
def test_a_ball_is_drawn_where_the_lens_projects_it(at: Point) -> None:
    world = World("lens", 0)
    ball = world.add_ball("ball", at, 0.02)
    seen = Renderer(world).render(CAMERA, 640, 360, horizontal_fov=90.0, roll=10.0)
    rows, columns = np.nonzero(seen.ids == ball)
    place = pinhole(640, 360, 90.0).project(at, CAMERA, roll=10.0)
    assert place is not None
    assert place == pytest.approx((columns.mean(), rows.mean()), abs=0.6)


def test_what_is_behind_the_camera_has_no_place_in_its_picture() -> None:
    assert BARREL.project((1.0, -3.0, 0.4), CAMERA) is None


@pytest.mark.parametrize("lens", [BARREL, FISHEYE], ids=["barrel", "fisheye"])
def test_a_point_lies_in_the_straightened_picture_where_the_undistorted_lens_projects_it(lens: Lens) -> None:
    point = (2.7, -0.9, 0.3)
    crooked, straight = lens.project(point, CAMERA), lens.undistorted.project(point, CAMERA)
    assert crooked is not None
    assert straight is not None
    assert np.hypot(crooked[0] - straight[0], crooked[1] - straight[1]) > 3.0
    image = np.zeros((360, 640, 3), np.uint8)
    cv2.circle(image, (round(crooked[0]), round(crooked[1])), 4, (255, 255, 255), -1)
    rows, columns = np.nonzero(lens.undistort(image)[..., 0] > 127)
    assert (columns.mean(), rows.mean()) == pytest.approx(straight, abs=1.5)


def test_a_lens_holds_for_smaller_pictures_of_the_same_shape_alone() -> None:
    half, whole = BARREL.of_size(320, 180), BARREL.project((2.0, 0.0, 0.3), CAMERA)
    place = half.project((2.0, 0.0, 0.3), CAMERA)
    assert place is not None
    assert whole is not None
    assert [(c + 0.5) * 2 - 0.5 for c in place] == pytest.approx(whole, abs=1e-6)
    with pytest.raises(UsageError, match="its lens is known for 640 x 360, another shape"):
        BARREL.of_size(640, 480)


@pytest.mark.parametrize("lens", [BARREL, FISHEYE, pinhole(64, 48, 70.0)])
def test_a_calibration_that_was_written_reads_back_the_same(tmp_path: Path, lens: Lens) -> None:
    save_calibration(tmp_path / "lens.yaml", lens)
    assert load_calibration(tmp_path / "lens.yaml") == lens


def test_a_calibration_file_of_ros_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "ros.yaml").write_text(
        "image_width: 640\nimage_height: 360\ncamera_name: head\ndistortion_model: plumb_bob\n"
        "camera_matrix: {rows: 3, cols: 3, data: [300, 0, 321, 0, 302, 178, 0, 0, 1]}\n"
        "distortion_coefficients: {rows: 1, cols: 5, data: [-0.28, 0.07, 0.001, -0.0005, 0]}\n"
    )
    assert load_calibration(tmp_path / "ros.yaml") == BARREL


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "is not YAML"),
        ("3", "is a mapping"),
        ("width: 4\nheight: 4\n", "camera_matrix has to be 3 x 3"),
        ("camera_matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1]\n", "width and height"),
        ("width: 4\nheight: 4\ncamera_matrix: [0, 0, 0, 0, 1, 0, 0, 0, 1]\n", "no focal length"),
        ("width: 4\nheight: 4\ncamera_matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1]\ndistortion: [1]\n", "has 1 numbers"),
        ("width: x\nheight: 4\ncamera_matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1]\n", "list of them"),
    ],
)
def test_a_mistake_in_a_calibration_is_told_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "lens.yaml").write_text(text)
    with pytest.raises(UsageError, match=said) as told:
        load_calibration(tmp_path / "lens.yaml")
    assert "\n" not in str(told.value)


def test_a_calibration_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't read the calibration"):
        load_calibration(tmp_path / "none.yaml")
