"""`python -m evalsuite.adapters.robot.calibrate_camera PICTURES --out lens.yaml`: intrinsics from a chessboard.

Print a chessboard (9 x 6 inner corners unless told otherwise), glue it to something flat, and take 15 pictures or more
of it: at all edges of the picture, near and far, tilted in every direction.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from evalsuite.adapters.robot.lens import Floats, Lens, save_calibration
from evalsuite.errors import UsageError

LEAST_PICTURES = 8
GOOD_RESIDUAL = 0.5
"""Pixels of root mean square error that a usual camera's calibration stays below."""


def corners_in(path: Path, board: tuple[int, int]) -> tuple[Floats, tuple[int, int]] | None:
    """The board's inner corners in pixels, float64 (n, 2), and the picture's (width, height); None for no board.

    Raises `UsageError` when the file is no picture.
    """
    gray = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if gray is None:
        raise UsageError(f"{path} is no picture that OpenCV reads")
    found, corners = cv2.findChessboardCornersSB(gray, board, flags=cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_ACCURACY)
    if not found:
        return None
    return np.asarray(corners, np.float64).reshape(-1, 2), (gray.shape[1], gray.shape[0])


def calibrated(views: Sequence[Floats], size: tuple[int, int], board: tuple[int, int]) -> tuple[Lens, float]:
    """The lens, and the root mean square error in pixels.

    Args:
        views: corners (n, 2) of each picture, as `corners_in` has them.
        size: (width, height) of every picture.
        board: inner corners across and down.
    """
    flat = np.zeros((board[0] * board[1], 3), np.float32)
    flat[:, :2] = np.mgrid[0 : board[0], 0 : board[1]].T.reshape(-1, 2)
    seen = [view.astype(np.float32).reshape(-1, 1, 2) for view in views]
    first = np.array([[size[0], 0.0, size[0] / 2], [0.0, size[0], size[1] / 2], [0.0, 0.0, 1.0]])
    residual, matrix, distortion, _, _ = cv2.calibrateCamera([flat] * len(seen), seen, size, first, np.zeros(5))
    focal, centre = (float(matrix[0, 0]), float(matrix[1, 1])), (float(matrix[0, 2]), float(matrix[1, 2]))
    bends = tuple(float(number) for number in np.ravel(distortion)[:5])
    return Lens(size[0], size[1], focal, centre, bends), float(residual)


def main(arguments: Sequence[str] | None = None) -> int:
    """Calibrate and write the file; 2 when it can't be done."""
    parser = argparse.ArgumentParser(
        prog="python -m evalsuite.adapters.robot.calibrate_camera",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("pictures", type=Path, nargs="+", help="of the chessboard, all of one size")
    parser.add_argument("--board", default="9x6", help="inner corners across x down (default 9x6)")
    parser.add_argument("--out", type=Path, default=Path("lens.yaml"), help="the file to write (default lens.yaml)")
    chosen = parser.parse_args(arguments)
    try:
        lens, residual, used = _from_files(chosen.pictures, _board(chosen.board))
        save_calibration(chosen.out, lens)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"can't write {chosen.out}: {error.strerror or error}", file=sys.stderr)
        return 2
    print(
        f"{chosen.out}: {lens.width} x {lens.height}, {lens.horizontal_fov:.1f} degrees across, error "
        f"{residual:.2f} pixels over {used} pictures"
    )
    if residual > GOOD_RESIDUAL:
        print(f"more than {GOOD_RESIDUAL} pixels: is the board flat, and were the pictures sharp?", file=sys.stderr)
    return 0


def _board(text: str) -> tuple[int, int]:
    across, _, down = text.partition("x")
    if not (across.isdigit() and down.isdigit() and int(across) > 2 and int(down) > 2):
        raise UsageError(f"--board is inner corners across x down, such as 9x6, not {text!r}")
    return int(across), int(down)


def _from_files(pictures: Sequence[Path], board: tuple[int, int]) -> tuple[Lens, float, int]:
    found = [each for each in (corners_in(path, board) for path in pictures) if each is not None]
    if len(found) < LEAST_PICTURES:
        raise UsageError(
            f"the board of {board[0]} x {board[1]} inner corners is seen whole in {len(found)} of {len(pictures)} "
            f"pictures; {LEAST_PICTURES} are the least, 15 are good"
        )
    sizes = {size for _, size in found}
    if len(sizes) > 1:
        raise UsageError("the pictures have different sizes: take all of them as the camera will be used")
    lens, residual = calibrated([view for view, _ in found], next(iter(sizes)), board)
    return lens, residual, len(found)


if __name__ == "__main__":
    sys.exit(main())
