from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

from evalsuite.crossview import CrossViewEnv
from evalsuite.errors import UsageError
from evalsuite.records.reading import SUITE_FILE
from evalsuite.reports import view_capture, views
from evalsuite.reports.view_capture import capture_views
from evalsuite.reports.views import (
    ENLARGED_SHARE,
    REHEARSAL,
    REHEARSAL_NOTE,
    GalleryRow,
    exemplars,
    gallery,
    view_in_words,
    zoom_on,
)
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Scenario, Suite
from tests.reports.flat_door import TROUBLE
from tests.reports.run_folders import make_run, plausible
from tests.testing.flat_world import FlatWorld, scenario


@pytest.fixture(name="flat_suite")
def installed_flat_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite of the flat world, which is installed for this test and the processes it starts."""
    package = tmp_path / "packages" / "flatworld-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: flatworld\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[evalsuite.worlds]\nflat = tests.reports.flat_door:WORLD\n")
    monkeypatch.syspath_prepend(str(package.parent))
    path = tmp_path / SUITE_FILE
    save_suite(Suite(suite="flat-suite", version="1.0", scenarios=(scenario("approach"), scenario("break"))), path)
    return path


def row(*, radius: int, height: int = 90, width: int = 160) -> GalleryRow:
    y, x = np.mgrid[:height, :width]
    mask = ((x - width // 3) ** 2 + (y - height // 3) ** 2 < radius**2).astype(np.uint8)
    grey = np.full((height, width, 3), 128, np.uint8)
    return GalleryRow("approach", "easy", grey, grey, mask)


def masked_pixels(path: Path) -> int:
    """Pixels that are clearly more red than green."""
    picture = imread(path)
    return int((picture[..., 0] - picture[..., 1] > 0.15).sum())


def test_the_mask_is_drawn_on_the_third_picture_alone(tmp_path: Path) -> None:
    path = gallery([row(radius=20)], tmp_path / "views.png")
    picture = imread(path)
    coloured = np.nonzero((picture[..., 0] - picture[..., 1] > 0.15).any(axis=0))[0]
    assert coloured.min() > picture.shape[1] * 2 / 3


def test_a_small_target_is_shown_enlarged(tmp_path: Path) -> None:
    small = masked_pixels(gallery([row(radius=3)], tmp_path / "small.png"))
    middling = masked_pixels(gallery([row(radius=13)], tmp_path / "middling.png"))
    assert small > middling / 2


@pytest.mark.parametrize("radius", [0, 1000])
def test_an_empty_or_a_full_mask_still_makes_a_picture(tmp_path: Path, radius: int) -> None:
    assert imread(gallery([row(radius=radius)], tmp_path / "views.png")).std() > 0


def test_rows_of_different_size_lie_below_one_another(tmp_path: Path) -> None:
    one = imread(gallery([row(radius=9)], tmp_path / "one.png"))
    two = imread(gallery([row(radius=9), row(radius=9, height=120)], tmp_path / "two.png"))
    assert two.shape[0] > 2 * one.shape[0]
    assert two.shape[1] == one.shape[1]


def test_an_exemplar_is_picked_for_each_interaction_and_difficulties_take_turns() -> None:
    def variant(interaction: str, difficulty: str, pixels: int) -> Scenario:
        base = scenario(interaction)
        view = base.view.model_copy(update={"goal_target_pixels": pixels})
        name = f"{interaction}-{difficulty}-{pixels}"
        return base.model_copy(update={"id": name, "difficulty": difficulty, "view": view})

    interactions, difficulties = ("break", "approach"), ("hard", "medium", "easy")
    every = [variant(i, d, n) for i in interactions for d in difficulties for n in (100, 300, 200)]
    assert [each.id for each in exemplars(every)] == ["approach-easy-300", "break-medium-300"]


def test_captured_views_are_what_the_environment_shows(flat_suite: Path, tmp_path: Path) -> None:
    scenarios = [scenario("break"), scenario("approach")]
    captured = capture_views(flat_suite, scenarios, rehearse=False)
    for asked, view in zip(scenarios, captured, strict=True):
        observation, _ = CrossViewEnv(FlatWorld(tmp_path), asked).reset(seed=0)
        assert np.array_equal(view.start, observation["image"])
        assert np.array_equal(view.goal, observation["goal_image"])
        assert np.array_equal(view.mask, observation["goal_mask"])
        assert view.mask.any()


def test_a_world_that_fails_is_one_line_for_the_person(flat_suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TROUBLE, "fault")
    with pytest.raises(UsageError, match="the plain is flooded"):
        capture_views(flat_suite, [scenario("break")], rehearse=False)


def test_a_world_that_hangs_is_ended(flat_suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TROUBLE, "hang")
    monkeypatch.setattr(view_capture, "LIMIT_SECONDS", 2.0)
    begun = time.monotonic()
    with pytest.raises(UsageError, match="was killed"):
        capture_views(flat_suite, [scenario("break")], rehearse=False)
    assert time.monotonic() - begun < 20


def test_the_views_of_a_run_come_from_the_suite_in_its_folder(flat_suite: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, policies=["agent"], per_cell=1)
    flat_suite.rename(run / SUITE_FILE)
    (path,) = views.write([run], None)
    assert path == run / "report" / "views.png"
    assert masked_pixels(path) > 100


def test_nothing_is_drawn_at_the_edges(tmp_path: Path) -> None:
    picture = imread(gallery([row(radius=9)], tmp_path / "views.png"))[..., :3]
    for edge in (picture[:6], picture[-6:], picture[:, :6], picture[:, -6:]):
        assert (edge == 1.0).all()


@given(st.integers(0, 159), st.integers(0, 89), st.integers(1, 22), st.integers(1, 12))
def test_the_zoom_never_hides_the_target(x: int, y: int, width: int, height: int) -> None:
    mask = np.zeros((90, 160), np.uint8)
    mask[y : y + height, x : x + 2] = 1
    mask[y : y + 1, x : x + width] = 1
    zoom = zoom_on(mask)
    if zoom is not None:
        left, top = round(zoom.left * 160), round(zoom.top * 90)
        across, down = round(ENLARGED_SHARE * 160), round(ENLARGED_SHARE * 90)
        assert not mask[top : top + down, left : left + across].any()


def test_every_picture_of_a_rehearsal_says_so_and_no_other_does(tmp_path: Path) -> None:
    rows = [row(radius=3), row(radius=30)]
    rehearsed = gallery(rows, tmp_path / "rehearsed.svg", rehearsal=True).read_text()
    assert rehearsed.count(f">{REHEARSAL}</text>") == 3 * len(rows)
    assert rehearsed.count(f">{REHEARSAL_NOTE}</text>") == 1
    assert REHEARSAL not in gallery(rows, tmp_path / "real.svg").read_text()


def test_the_mark_of_a_rehearsal_is_there_in_pixels_and_in_every_picture(tmp_path: Path) -> None:
    dark = {}
    for rehearsal in (False, True):
        picture = imread(gallery([row(radius=30)], tmp_path / f"{rehearsal}.png", rehearsal=rehearsal))[..., :3]
        upper = picture[-round(picture.shape[1] / 3 * 90 / 160) :][:60]
        dark[rehearsal] = [(third.max(axis=2) < 0.4).sum() for third in np.array_split(upper, 3, axis=1)]
    assert all(marked > bare + 200 for marked, bare in zip(dark[True], dark[False], strict=True)), dark


def test_the_views_of_a_rehearsed_run_are_marked(
    flat_suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "FILE_NAME", "views.svg")
    run = make_run(tmp_path / "run", plausible, policies=["agent"], per_cell=1, rehearsal=True)
    flat_suite.rename(run / SUITE_FILE)
    (path,) = views.write([run], None)
    assert REHEARSAL_NOTE in path.read_text()


def test_the_published_distance_is_called_what_it_is() -> None:
    assert "m away (Manhattan)" in view_in_words(scenario("break"))


def test_the_zoom_is_labelled(tmp_path: Path) -> None:
    assert ">zoom</text>" in gallery([row(radius=3)], tmp_path / "views.svg").read_text()


def test_of_a_row_of_goals_it_says_first_which_one_is_pictured() -> None:
    one = scenario("break")
    row = one.model_copy(update={"goals": one.goals * 6})
    assert view_in_words(row).startswith("goal 1 of 6 · ")
    assert "goal 1" not in view_in_words(one)
