"""The shipped art: what the code draws is what is on disk, and nothing the game needs is missing."""

from __future__ import annotations

import numpy as np
import pytest

from evalsuite.adapters.doom.art import catalogue, lumps, palette, png_format, sky, textures
from evalsuite.adapters.doom.art.palette import Bytes
from evalsuite.adapters.doom.art.sprite_renderer import Sprite

ANIMALS = ("SHEP", "PIGG", "COWW")


def _shipped(pairs: list[tuple[str, bytes]]) -> dict[str, bytes]:
    found = dict(pairs)
    assert len(found) == len(pairs)
    return found


@pytest.fixture(scope="module")
def sprites() -> dict[str, bytes]:
    return _shipped(lumps.sprite_lumps())


def _assert_same(drawn: Bytes, shipped: Bytes) -> None:
    """Equal but for a few pixels whose colour lies half way between two of the palette."""
    assert drawn.shape == shipped.shape
    assert float((drawn != shipped).mean()) < 0.002


@pytest.mark.parametrize("name", ["SHEPA2", "AGNTB4", "CRATC0", "FLWRA0", "SWRDA0"])
def test_a_shipped_sprite_is_what_the_code_draws(name: str, sprites: dict[str, bytes]) -> None:
    drawn: Sprite = catalogue.sprite(name)
    _assert_same(drawn.indices, png_format.decode(sprites[name]))
    assert png_format.anchor(sprites[name]) == drawn.anchor


@pytest.mark.parametrize("name", ["MWALLA", "DWALLB", "SBORDER", "LMARKD"])
def test_a_shipped_wall_is_what_the_code_draws(name: str) -> None:
    _assert_same(textures.wall(name), png_format.decode(_shipped(lumps.texture_lumps())[name]))


@pytest.mark.parametrize("name", ["MGROUND", "STOPB"])
def test_a_shipped_flat_is_what_the_code_draws(name: str) -> None:
    _assert_same(textures.flat(name), png_format.decode(_shipped(lumps.flat_lumps())[name]))


def test_a_shipped_sky_is_what_the_code_draws() -> None:
    _assert_same(sky.sky("MSKY"), png_format.decode(_shipped(lumps.sky_lumps())["MSKY"]))


def test_the_shipped_names_are_the_catalogues(sprites: dict[str, bytes]) -> None:
    assert set(sprites) == set(catalogue.sprite_names())
    assert set(_shipped(lumps.texture_lumps())) == set(textures.WALLS)
    assert set(_shipped(lumps.flat_lumps())) == set(textures.FLATS)
    assert set(_shipped(lumps.sky_lumps())) == set(sky.SKIES)


def test_every_rotation_of_every_turning_frame_is_shipped(sprites: dict[str, bytes]) -> None:
    for name, thing in catalogue.THINGS.items():
        for frame in thing.turning:
            assert {f"{name}{frame}{rotation}" for rotation in range(1, 9)} <= set(sprites)


@pytest.mark.parametrize("name", [*ANIMALS, "AGNT", "STAT", "TOTM", "LAMP", "CHES", "OREB"])
def test_the_eight_rotations_differ(name: str, sprites: dict[str, bytes]) -> None:
    views = [png_format.decode(sprites[f"{name}A{rotation}"]) for rotation in range(1, 9)]
    for first in range(8):
        for second in range(first):
            assert not np.array_equal(views[first], views[second])


@pytest.mark.parametrize("name", ANIMALS)
def test_rotation_three_shows_the_head_at_the_viewers_left(name: str, sprites: dict[str, bytes]) -> None:
    """The head reaches further from the anchor than the tail, so the longer side is the head's."""
    for rotation, head_at_left in ((3, True), (7, False)):
        png = sprites[f"{name}A{rotation}"]
        anchor = png_format.anchor(png)
        assert anchor is not None
        left, right = anchor[0], png_format.decode(png).shape[1] - anchor[0]
        assert (left > right) == head_at_left


def test_every_sprite_has_its_anchor_right_after_the_header(sprites: dict[str, bytes]) -> None:
    for name, png in sprites.items():
        kinds = [kind for kind, _ in png_format.chunks(png)]
        assert kinds[:2] == [b"IHDR", b"grAb"], name


def test_standing_things_stand_on_their_anchor(sprites: dict[str, bytes]) -> None:
    for name in ("SHEPA1", "AGNTA1", "STATA1", "TREEA0"):
        anchor = png_format.anchor(sprites[name])
        assert anchor is not None
        height = png_format.decode(sprites[name]).shape[0]
        assert 0 <= height - anchor[1] < 12


def test_names_and_sizes_suit_the_engine() -> None:
    pictures = [*lumps.texture_lumps(), *lumps.flat_lumps(), *lumps.sky_lumps()]
    for name, png in pictures:
        height, width = png_format.decode(png).shape
        assert name == name.upper()
        assert len(name) <= 8
        assert height & (height - 1) == 0
        assert width & (width - 1) == 0
    assert sum(len(png) for _, png in [*pictures, *lumps.sprite_lumps()]) < 2_500_000


def test_the_palette_lumps_have_the_engines_sizes() -> None:
    playpal, colormap = lumps.playpal(), lumps.colormap()
    assert len(playpal) == 14 * 768
    assert playpal[:3] == b"\0\0\0"
    assert len(colormap) == 34 * 256
    assert list(colormap[1:255]) == list(range(1, 255))
    assert not any(colormap[33 * 256 :])


def test_light_levels_grow_darker() -> None:
    table = palette.colours().astype(int).sum(axis=1)
    levels = np.frombuffer(lumps.colormap(), dtype=np.uint8).reshape(34, 256)
    means = table[levels[:32]].mean(axis=1)
    assert (np.diff(means) < 0).all()


def test_png_round_trip() -> None:
    indices = np.arange(1, 13, dtype=np.uint8).reshape(3, 4)
    png = png_format.encode(indices, (-5, 7))
    np.testing.assert_array_equal(png_format.decode(png), indices)
    assert png_format.anchor(png) == (-5, 7)
    assert png_format.anchor(png_format.encode(indices)) is None
