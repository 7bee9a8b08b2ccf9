"""Goal views: from a photo and a box or a mask to files, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("cv2", reason="the robot needs opencv-python-headless")

import cv2

from evalsuite.adapters.rehearsal import Renderer
from evalsuite.adapters.robot.capture_goal import main
from evalsuite.adapters.robot.goal_files import goal_folder, load_goal, read_mask, save_goal
from evalsuite.adapters.robot.mask_window import can_show_windows
from evalsuite.adapters.robot.masks import brushed, checked_box, cut_out
from evalsuite.adapters.robot.standin.scene import Crate, Scene, build
from evalsuite.crossview.geometry import Pose
from evalsuite.errors import GoalHidden, MissingHere, UsageError


@pytest.fixture(scope="module")
def photo() -> tuple[Any, Any]:
    """A ball in a room, from above, with a camera's noise; and what it covers."""
    stage = build(Scene(ball=(0.2, 0.4), boxes=(Crate(low=(-0.6, -0.2, 0.0), high=(-0.1, 0.0, 0.4)),)))
    seen = Renderer(stage.world).render(Pose(x=0.2, y=-0.5, z=1.4, pitch=60.0), 640, 360, horizontal_fov=70.0)
    noise = np.random.default_rng(0).normal(0.0, 6.0, seen.rgb.shape)
    image = np.clip(seen.rgb + noise, 0, 255).astype(np.uint8)
    return image, (seen.ids == stage.ball).astype(np.uint8)


def box_around(mask: Any) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(mask)
    left, top = int(columns.min()), int(rows.min())
    return left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1


def overlap(one: Any, other: Any) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_a_box_is_enough_for_a_mask(photo: tuple[Any, Any]) -> None:
    image, truth = photo
    mask = cut_out(image, box_around(truth))
    assert overlap(mask, truth) > 0.9
    assert (cut_out(image, box_around(truth)) == mask).all()


def test_a_box_outside_the_picture_is_refused(photo: tuple[Any, Any]) -> None:
    with pytest.raises(UsageError, match="does not lie in the picture"):
        cut_out(photo[0], (700, 10, 20, 20))
    assert checked_box((-10, -10, 30, 30), (100, 100)) == (0, 0, 20, 20)


def test_the_brush_adds_and_takes_away() -> None:
    mask = brushed(np.zeros((20, 30), np.uint8), 10, 5, 3, add=True)
    assert (mask.sum(), mask[5, 10], mask[5, 14]) == (29, 1, 0)
    assert brushed(mask, 10, 5, 3, add=False).sum() == 0


def test_a_photo_and_a_box_become_a_goal_view_of_the_robots_size(photo: tuple[Any, Any], tmp_path: Path) -> None:
    image, truth = photo
    cv2.imwrite(str(tmp_path / "photo.png"), image[..., ::-1])
    folder = goal_folder(tmp_path, "robot-ball/easy-00")
    box = [str(value) for value in box_around(truth)]
    assert main(["--photo", str(tmp_path / "photo.png"), "--box", *box, "--out", str(folder)]) == 0
    view = load_goal(tmp_path, "robot-ball/easy-00", 320, 180)
    assert view.image.shape == (180, 320, 3)
    assert set(np.unique(view.mask)) == {0, 1}
    assert view.mask.sum() == pytest.approx(truth.sum() / 4, rel=0.15)
    reds = view.image[view.mask.astype(bool)].astype(float).mean(axis=0)
    assert reds[0] > 2 * reds[2]


def test_a_mask_from_a_painting_program_is_taken_as_it_is(photo: tuple[Any, Any], tmp_path: Path) -> None:
    image, truth = photo
    cv2.imwrite(str(tmp_path / "photo.jpg"), image[..., ::-1])
    cv2.imwrite(str(tmp_path / "mask.png"), np.dstack([truth * 0, truth * 0, truth * 0, truth * 255]))
    command = [
        "--photo",
        str(tmp_path / "photo.jpg"),
        "--mask",
        str(tmp_path / "mask.png"),
        "--out",
        str(tmp_path / "g"),
    ]
    assert main(command) == 0
    assert (read_mask(tmp_path / "g" / "mask.png", (360, 640)) == truth).all()


@pytest.mark.parametrize(("height", "width"), [(480, 640), (640, 480), (200, 640)])
def test_a_photo_of_another_shape_is_cut_around_the_target_and_not_squeezed(
    height: int, width: int, tmp_path: Path
) -> None:
    image = np.full((height, width, 3), 90, np.uint8)
    middle = (width - 40, height - 30)
    mask = brushed(np.zeros((height, width), np.uint8), *middle, 20, add=True)
    image[mask > 0] = (200, 0, 0)
    save_goal(tmp_path / "a", image, mask)
    view = load_goal(tmp_path, "a", 320, 180)
    rows, columns = np.nonzero(view.mask)
    assert np.ptp(columns) == pytest.approx(np.ptp(rows), abs=2)
    assert len(rows) > 50
    assert view.image[rows, columns, 0].mean() > 150


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--photo", "PHOTO", "--box", "600", "300", "9", "9", "--out", "THERE"], "is there already; add --force"),
        (["--photo", "MASK.txt", "--out", "NEW"], "is no picture that can be read"),
        (["--photo", "PHOTO", "--mask", "SMALL", "--out", "NEW"], "is 10 x 10 pixels, but its picture is 640 x 360"),
        (["--photo", "PHOTO", "--mask", "BLACK", "--out", "NEW"], "the mask is empty"),
        (["--scenario", "robot-ball/easy-00"], "give --photo FILE or --camera SOURCE"),
        (["--scenario", "robot-ball/esay-00"], "no scenario 'robot-ball/esay-00'; did you mean 'robot-ball/easy-00'"),
        (["--scenario", "a/b", "--suite", "doom-quick"], "the suite doom-quick has no scenario of the world 'robot'"),
    ],
)
def test_a_mistake_is_a_line_and_writes_nothing(
    photo: tuple[Any, Any],
    tmp_path: Path,
    words: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("EVALSUITE_ROBOT", raising=False)
    monkeypatch.chdir(tmp_path)
    cv2.imwrite("PHOTO.png", photo[0])
    cv2.imwrite("SMALL.png", np.full((10, 10), 255, np.uint8))
    cv2.imwrite("BLACK.png", np.zeros((360, 640), np.uint8))
    Path("THERE").mkdir()
    files = {"PHOTO": "PHOTO.png", "SMALL": "SMALL.png", "BLACK": "BLACK.png"}
    assert main([files.get(word, word) for word in words]) == 2
    assert told in capsys.readouterr().err
    assert not Path("NEW").exists()


@pytest.mark.skipif(can_show_windows(), reason="this OpenCV has windows")
def test_without_windows_the_other_ways_are_named(
    photo: tuple[Any, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(tmp_path / "photo.png"), photo[0])
    assert main(["--photo", str(tmp_path / "photo.png"), "--out", str(tmp_path / "g")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "--box X Y W H or --mask FILE.png" in line


def test_a_missing_goal_view_names_the_command_that_takes_it(tmp_path: Path) -> None:
    with pytest.raises(MissingHere, match="capture_goal --scenario a/b"):
        load_goal(tmp_path, "a/b", 320, 180)
    save_goal(goal_folder(tmp_path, "a/b"), np.zeros((9, 16, 3), np.uint8), np.zeros((9, 16), np.uint8))
    with pytest.raises(GoalHidden, match="black all over"):
        load_goal(tmp_path, "a/b", 320, 180)
