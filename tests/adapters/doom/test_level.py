"""Levels depend on their specification alone, and one can walk to everything in them."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.adapters.doom.archive import MAP_TEXT_BYTES
from evalsuite.adapters.doom.catalogue import KINDS, KINDS_BY_INTERACTION, LANDMARK_LETTERS, THEMES
from evalsuite.adapters.doom.level import LANDMARK, Level, LevelSpec, build_level
from evalsuite.adapters.doom.textmap import map_sha256, map_text

CASTS = sorted({kind for kinds in KINDS_BY_INTERACTION.values() for kind in kinds})
SPECS = st.builds(
    lambda theme, layout, cast: LevelSpec.model_validate({"theme": theme, "layout": layout, "cast": cast}),
    st.sampled_from(sorted(THEMES)),
    st.integers(0, 2**31 - 1),
    st.sampled_from(CASTS),
)


@given(SPECS)
@settings(max_examples=15, deadline=None)
def test_the_same_specification_gives_the_same_map(spec: LevelSpec) -> None:
    assert map_text(build_level(spec)) == map_text(build_level(spec))


def test_a_frozen_level_is_made_the_same_by_this_version() -> None:
    spec = LevelSpec(theme="meadow", layout=1, cast="crate")
    assert map_sha256(map_text(build_level(spec))) == FROZEN_SHA256


def test_layout_theme_and_cast_all_change_the_map() -> None:
    spec = LevelSpec(theme="meadow", layout=1, cast="crate")
    others = [spec.model_copy(update=change) for change in ({"layout": 2}, {"theme": "snow"}, {"cast": "pig"})]
    texts = {map_text(build_level(each)) for each in (spec, *others)}
    assert len(texts) == 4


@given(SPECS)
@settings(max_examples=15, deadline=None)
def test_the_target_has_look_alikes_and_all_of_them_can_be_reached(spec: LevelSpec) -> None:
    level = build_level(spec)
    plan = level.floor_plan()
    cast = [thing for thing in level.things if thing.kind == spec.cast]
    assert len(cast) >= 3
    first = (cast[0].x, cast[0].y)
    for thing in level.things:
        way = plan.path(first, (thing.x, thing.y))
        assert way, f"{thing.name} can't be reached"
        assert math.dist(way[-1], (thing.x, thing.y)) < 1.6


@given(SPECS)
@settings(max_examples=15, deadline=None)
def test_things_have_unique_names_and_stand_apart_on_free_ground(spec: LevelSpec) -> None:
    level = build_level(spec)
    assert len({thing.name for thing in level.things}) == len(level.things)
    for index, thing in enumerate(level.things):
        assert level.ground_height(thing.x, thing.y) == 0.0
        for other in level.things[:index]:
            assert math.dist((thing.x, thing.y), (other.x, other.y)) > 2.5


@given(SPECS)
@settings(max_examples=15, deadline=None)
def test_every_level_has_all_landmarks_and_fits_its_slot(spec: LevelSpec) -> None:
    level = build_level(spec)
    assert {LANDMARK + k for k in range(len(LANDMARK_LETTERS))} <= set(level.material.flat)
    assert len(map_text(level).encode("ascii")) < MAP_TEXT_BYTES // 2


@given(SPECS)
@settings(max_examples=10, deadline=None)
def test_the_map_refers_only_to_parts_that_it_has(spec: LevelSpec) -> None:
    text = map_text(build_level(spec))
    count = {part: len(re.findall(rf"^{part}\{{", text, re.MULTILINE)) for part in PARTS}
    for field, part in (("v1", "vertex"), ("v2", "vertex"), ("sidefront", "sidedef"), ("sideback", "sidedef")):
        assert all(int(number) < count[part] for number in re.findall(rf"{field}=(\d+);", text))
    assert all(int(number) < count["sector"] for number in re.findall(r"\bsector=(\d+);", text))


def test_outside_the_arena_there_is_no_floor() -> None:
    level: Level = build_level(LevelSpec(theme="snow", layout=3, cast="chest"))
    assert level.ground_height(-1.0, 5.0) == math.inf
    assert level.ground_height(0.5, 5.0) == 4.0


@pytest.mark.parametrize("kind", CASTS)
def test_every_kind_that_can_be_a_target_is_in_the_actors_file(kind: str) -> None:
    from importlib.resources import files

    actors = (files("evalsuite.adapters.doom") / "actors" / "decorate.txt").read_text(encoding="utf-8")
    assert re.search(rf"^actor \w+( : \w+)? {KINDS[kind].editor_number}$", actors, re.MULTILINE)


PARTS = ("vertex", "linedef", "sidedef", "sector", "thing")
FROZEN_SHA256 = "f42055bda85bbcc9a4b1bd36c92d1a2e342a272b1ae7bb11a3c17879062d9963"
