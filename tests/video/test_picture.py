from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from evalsuite.video.picture import CAPTION_HEIGHT, MASK_COLOUR, PAPER, Caption, Layout, inset, outline

WORDS = Caption(step="step 3 of 60", action="forward", facts="4.0 m away", goal="approach target")
NOTHING = Caption(step="", action="", facts="", goal="")


def grey(width: int, height: int, level: int = 128) -> NDArray[np.uint8]:
    return np.full((height, width, 3), level, np.uint8)


def mask(width: int, height: int) -> NDArray[np.uint8]:
    spot = np.zeros((height, width), np.uint8)
    spot[height // 3 : height // 2, width // 3 : width // 2] = 1
    return spot


@pytest.mark.parametrize(("width", "height"), [(640, 360), (64, 48), (1920, 1080), (63, 47)])
def test_any_view_becomes_a_picture_of_even_size_that_a_caption_fits_below(width: int, height: int) -> None:
    layout = Layout(width, height)
    picture = layout.compose(grey(width, height), grey(width, height, 60), mask(width, height), WORDS)
    assert picture.shape == (layout.height, layout.width, 3)
    assert layout.width % 2 == layout.height % 2 == 0
    assert 480 <= layout.width <= 512
    assert picture[-CAPTION_HEIGHT:].max() > 200


def test_the_agents_view_is_shown_as_it_is_outside_of_the_inset() -> None:
    view = np.random.default_rng(0).integers(0, 256, (270, 480, 3), dtype=np.uint8)
    picture = Layout(480, 270).compose(view, grey(480, 270), mask(480, 270), WORDS)
    assert np.array_equal(picture[:270, :320], view[:, :320])
    assert not np.array_equal(picture[:80, 330:], view[:80, 330:])


def test_without_words_the_caption_is_empty() -> None:
    picture = Layout(640, 360).compose(grey(640, 360), grey(640, 360), mask(640, 360), NOTHING)
    assert (picture[-CAPTION_HEIGHT:] == PAPER).all()


def test_another_goal_is_drawn_when_it_comes() -> None:
    layout = Layout(640, 360)
    first = layout.compose(grey(640, 360), grey(640, 360, 10), mask(640, 360), NOTHING)
    second = layout.compose(grey(640, 360), grey(640, 360, 240), mask(640, 360), NOTHING)
    assert second[20, 440].mean() > first[20, 440].mean() + 100


def test_the_target_is_marked_in_the_inset_and_nothing_else() -> None:
    picture = np.asarray(inset(grey(640, 360), mask(640, 360), 192))[1:-1, 1:-1]
    coloured = (picture[..., 0].astype(int) - picture[..., 1]) > 20
    share = coloured.sum() / coloured.size
    assert share == pytest.approx(mask(640, 360).mean(), rel=0.35)
    assert (picture == MASK_COLOUR).all(axis=2).any()
    assert not coloured[:30].any()


def test_a_target_of_one_pixel_is_still_marked() -> None:
    spot = np.zeros((360, 640), np.uint8)
    spot[100, 100] = 1
    assert (np.asarray(inset(grey(640, 360), spot, 192)) == MASK_COLOUR).all(axis=2).any()


def test_an_outline_lies_just_outside() -> None:
    inside = np.zeros((5, 5), np.bool_)
    inside[2, 2] = True
    assert np.argwhere(outline(inside)).tolist() == [[1, 2], [2, 1], [2, 3], [3, 2]]
