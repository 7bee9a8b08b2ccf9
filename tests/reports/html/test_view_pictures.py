from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from evalsuite.reports.html.view_pictures import PICTURE_WIDTH, encode, grown, zoom_of
from evalsuite.reports.view_capture import CapturedView
from tests.reports.html.small_runs import picture


def decoded(content: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))


def test_a_wide_picture_is_made_smaller_and_a_small_one_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = np.zeros((720, 1280, 3), np.uint8)
    view = CapturedView(wide, wide, np.ones((720, 1280), np.uint8))
    assert decoded(encode(view).start).shape[:2] == (288, PICTURE_WIDTH)
    assert decoded(encode(picture(1)).goal).shape[:2] == (90, 160)


def test_the_overlay_covers_the_target_lightly_and_nothing_far_from_it() -> None:
    view = picture(1, target=12)
    alpha = decoded(encode(view).mask)[..., 3]
    assert alpha.shape == view.mask.shape
    assert (alpha[view.mask > 0] > 0).all()
    assert (alpha[view.mask > 0] < 128).all()
    assert (alpha[~grown(view.mask, 2)] == 0).all()
    assert (alpha[grown(view.mask, 2) & (view.mask == 0)] == 255).all()


def test_a_small_target_is_enlarged_away_from_itself_and_a_large_one_is_not() -> None:
    zoom = zoom_of(encode(picture(1, target=4)).mask)
    assert zoom is not None
    assert zoom.x == pytest.approx(52 / 160, abs=0.01)
    assert zoom.y == pytest.approx(42 / 90, abs=0.01)
    assert zoom.left > 0.5
    assert zoom_of(encode(picture(1, target=40)).mask) is None


@given(st.integers(1, 4), st.data())
def test_growing_reaches_every_pixel_within_reach_and_no_other(pixels: int, data: st.DataObject) -> None:
    points = data.draw(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 17)), max_size=4))
    mask = np.zeros((12, 18), np.uint8)
    for row, column in points:
        mask[row, column] = 1
    within = grown(mask, pixels)
    for row in range(12):
        for column in range(18):
            near = any(max(abs(row - y), abs(column - x)) <= pixels for y, x in points)
            assert within[row, column] == near
