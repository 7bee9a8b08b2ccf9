"""Goal views on disk: `<goals>/<scenario>/view.png` and `mask.png`, as `capture_goal` writes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.simulator import GoalView
from evalsuite.errors import GoalHidden, MissingHere, UsageError

OPENCV_REMEDY = "pip install opencv-python-headless"

CAPTURE = "python -m evalsuite.adapters.robot.capture_goal"


def goal_folder(goals: Path, scenario: str) -> Path:
    """Where a scenario's goal view lies."""
    return goals / scenario


def load_goal(goals: Path, scenario: str, width: int, height: int) -> GoalView:
    """The stored goal view at the size of the robot's picture; what is too high or too wide for its shape is cut off.

    Raises `MissingHere` when there is none yet, `GoalHidden` when its mask is empty.
    """
    folder = goal_folder(goals, scenario)
    view_file, mask_file = folder / "view.png", folder / "mask.png"
    absent = [path.name for path in (view_file, mask_file) if not path.is_file()]
    if absent:
        raise MissingHere(
            f"{folder} has no {' and no '.join(absent)}: take the goal view with `{CAPTURE} --scenario {scenario}`"
        )
    image = read_picture_file(view_file)
    mask = read_mask(mask_file, (image.shape[0], image.shape[1]))
    if not mask.any():
        raise GoalHidden(f"{mask_file} is black all over: it shows no target; take it again")
    rows, columns = around(mask, width / height)
    image, mask = np.ascontiguousarray(image[rows, columns]), np.ascontiguousarray(mask[rows, columns])
    return GoalView(fitted(image, width, height), (fitted(mask, width, height) > 0).astype(np.uint8))


def around(mask: NDArray[np.uint8], shape: float) -> tuple[slice, slice]:
    """The largest part of a picture, rows and columns, that is `shape` times as wide as high, its middle at the mask's.

    A photo is not squeezed into another shape, since nothing in it would look as it does to the robot.
    """
    height, width = mask.shape
    high, wide = min(height, round(width / shape)), min(width, round(height * shape))
    middles = [float(each.mean()) for each in np.nonzero(mask)]
    top = round(min(max(middles[0] - high / 2, 0.0), height - high))
    left = round(min(max(middles[1] - wide / 2, 0.0), width - wide))
    return slice(top, top + high), slice(left, left + wide)


def save_goal(folder: Path, image: NDArray[np.uint8], mask: NDArray[np.uint8]) -> None:
    """Write a view, RGB uint8 (height, width, 3), and its mask, 0/1 (height, width)."""
    import cv2

    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in (("view.png", image[..., ::-1]), ("mask.png", mask * np.uint8(255))):
        if not cv2.imwrite(str(folder / name), np.ascontiguousarray(picture)):
            raise UsageError(f"{folder / name} can't be written")


def read_picture_file(path: Path) -> NDArray[np.uint8]:
    """A picture file as RGB uint8 (height, width, 3). Raises `UsageError` when it is none."""
    import cv2

    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise UsageError(f"{path} is no picture that can be read; a PNG or JPEG is")
    return np.ascontiguousarray(np.asarray(picture, np.uint8)[..., ::-1])


def read_mask(path: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A mask file, white (or opaque) on black, as 0/1 (height, width). Raises `UsageError` for another `size`."""
    import cv2

    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise UsageError(f"{path} is no picture that can be read; a mask is a PNG, white on black")
    layers = np.asarray(picture)
    if layers.shape[:2] != size:
        raise UsageError(
            f"{path} is {layers.shape[1]} x {layers.shape[0]} pixels, but its picture is {size[1]} x {size[0]}"
        )
    if layers.ndim == 3:
        see_through = layers.shape[2] == 4 and int(layers[..., 3].min()) < 128
        layers = layers[..., 3] if see_through else layers[..., :3].max(axis=2)
    most = 65535 if layers.dtype == np.uint16 else 255
    return np.asarray(np.asarray(layers, np.float64) > most / 2, np.uint8)


def fitted(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The picture at another size: pixels are averaged when it shrinks, repeated when a mask grows."""
    if picture.shape[:2] == (height, width):
        return picture
    import cv2

    how = cv2.INTER_NEAREST if picture.ndim == 2 else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)
