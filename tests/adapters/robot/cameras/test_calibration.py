"""A camera is calibrated from pictures of a chessboard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="calibration needs OpenCV: pip install opencv-python-headless")

from evalsuite.adapters.robot.calibrate_camera import main  # noqa: E402
from evalsuite.adapters.robot.lens import Lens, load_calibration  # noqa: E402

LENS = Lens(640, 480, (500.0, 502.0), (322.0, 236.0), (-0.2, 0.05, 0.0, 0.0, 0.0))
BOARD = (9, 6)
SQUARE = 40


def photographed(turn: tuple[float, float, float], away: tuple[float, float, float]) -> np.ndarray:
    """A chessboard of 9 x 6 inner corners and unit squares as `LENS` sees it, uint8 (480, 640)."""
    rows, columns = np.mgrid[0 : (BOARD[1] + 3) * SQUARE, 0 : (BOARD[0] + 3) * SQUARE] // SQUARE
    inside = (rows >= 1) & (rows <= BOARD[1] + 1) & (columns >= 1) & (columns <= BOARD[0] + 1)
    flat = np.where(inside & ((rows + columns) % 2 == 0), 20, 235).astype(np.uint8)
    across, down = np.meshgrid(np.arange(640.0), np.arange(480.0))
    pixels = np.stack([across.ravel(), down.ravel()], axis=1).reshape(-1, 1, 2)
    rays = cv2.undistortPoints(pixels, LENS.matrix, np.array(LENS.distortion)).reshape(-1, 2)
    rotation, _ = cv2.Rodrigues(np.array(turn))
    plane = np.linalg.inv(np.column_stack([rotation[:, :2], np.array(away)])) @ np.vstack([rays.T, np.ones(len(rays))])
    place = (plane[:2] / plane[2] + 2.0) * SQUARE - 0.5
    maps = [axis.reshape(480, 640).astype(np.float32) for axis in place]
    seen = cv2.remap(flat, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=128)
    return np.asarray(cv2.GaussianBlur(seen, (3, 3), 0.6))


def test_a_chessboard_gives_the_lens_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures = []
    for number, (tilt, lean, x, y, z) in enumerate(
        [
            (0.0, 0.0, -4.0, -2.5, 9.0),
            (0.5, 0.0, -4.0, -2.5, 10.0),
            (-0.5, 0.1, -4.0, -2.5, 10.0),
            (0.0, 0.5, -4.0, -2.5, 10.0),
            (0.1, -0.5, -4.0, -2.5, 10.0),
            (0.4, 0.4, -5.5, -3.2, 13.0),
            (-0.4, 0.4, -2.5, -3.2, 13.0),
            (0.4, -0.4, -5.5, -1.8, 13.0),
            (-0.4, -0.4, -2.5, -1.8, 13.0),
        ]
    ):
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), photographed((tilt, lean, 0.05 * number), (x, y, z)))
        pictures.append(str(path))
    assert main([*pictures, "--out", str(tmp_path / "lens.yaml")]) == 0
    assert "degrees across" in capsys.readouterr().out
    lens = load_calibration(tmp_path / "lens.yaml")
    assert lens.focal == pytest.approx(LENS.focal, rel=0.01)
    assert lens.centre == pytest.approx(LENS.centre, abs=4.0)
    assert lens.distortion[0] == pytest.approx(-0.2, abs=0.03)
    assert main([*pictures[:3], "--out", str(tmp_path / "none.yaml")]) == 2
    assert "is seen whole in 3 of 3 pictures; 8 are the least" in capsys.readouterr().err
    assert not (tmp_path / "none.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "said"), [(["missing.png"], "is no picture"), (["x.png", "--board", "9"], "such as 9x6")]
)
def test_a_mistake_in_the_call_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main([*arguments, "--out", str(tmp_path / "lens.yaml")]) == 2
    assert said in capsys.readouterr().err
