from __future__ import annotations

import numpy as np
import pytest

from evalsuite.adapters.minecraft import building, frame
from evalsuite.adapters.minecraft.catalogue import BIOMES, KINDS
from evalsuite.adapters.minecraft.level import HALF, LevelSpec, build_level, level_sha256
from evalsuite.adapters.minecraft.sight import Box, hull_mask, project, seen_pixels
from evalsuite.adapters.rehearsal import Renderer, World
from evalsuite.crossview.geometry import Pose


@pytest.mark.parametrize("biome", sorted(BIOMES))
def test_a_level_depends_on_its_layout_and_holds_one_more_of_the_targets_kind(biome: str) -> None:
    spec = LevelSpec.model_validate({"biome": biome, "layout": 5, "cast": "gold_ore"})
    level = build_level(spec)
    assert level_sha256(level) == level_sha256(build_level(spec))
    assert level_sha256(level) != level_sha256(build_level(spec.model_copy(update={"layout": 6})))
    assert sum(thing.kind == "gold_ore" for thing in level.things) >= 2


def test_things_stand_where_nothing_else_is_built_and_can_be_walked_up_to() -> None:
    level = build_level(LevelSpec(biome="forest", layout=9, cast="sheep"))
    plan = level.floor_plan()
    for thing in level.things:
        i, j, k = thing.cell
        assert not level.solid[i + HALF, j + HALF, k]
        assert plan.nearest_walkable(thing.foot[:2]) is not None


def test_every_command_of_a_level_is_within_what_minecraft_allows() -> None:
    for biome in BIOMES:
        for command in building.arena(build_level(LevelSpec(biome=biome, layout=1, cast="torch"))):
            assert len(command) <= 256, "the chat line is 256 characters long"
            words = command.split()
            if words[0] == "/fill":
                a, b = [int(w) for w in words[1:4]], [int(w) for w in words[4:7]]
                assert np.prod([abs(q - p) + 1 for p, q in zip(a, b, strict=True)]) <= 32768


def test_coordinates_go_to_minecraft_and_back() -> None:
    point = (3.25, -7.5, 2.0)
    assert frame.from_minecraft(*frame.to_minecraft(point)) == point
    assert frame.cell_from_minecraft(*frame.cell_to_minecraft((4, -9, 2))) == (4, -9, 2)
    x, y, z = frame.to_minecraft((4.5, -8.5, 2.5))
    assert frame.cell_to_minecraft((4, -9, 2)) == (int(x // 1), int(y // 1), int(z // 1))
    assert frame.yaw_to_minecraft(0.0) == -180.0
    assert frame.yaw_to_minecraft(180.0) == 0.0


def test_the_projected_hull_is_where_the_renderer_draws_the_block() -> None:
    world = World("hull", ground="grass")
    block = world.set_block((2, 6, 0), "gold_block")
    camera = Pose(x=0.4, y=0.3, z=3.1, yaw=15.0, pitch=20.0)
    drawn = Renderer(world).render(camera, 640, 360, vertical_fov=70.0).ids == block
    hull = hull_mask(camera, Box((2.5, 6.5, 0.0), 1.0, 1.0)) > 0
    assert drawn.sum() > 500
    assert (drawn & hull).sum() >= 0.97 * max(drawn.sum(), hull.sum())


def test_what_is_seen_of_a_body_agrees_with_the_renderer_about_size_place_and_hiding() -> None:
    world = World("sight", ground="grass")
    block = world.set_block((0, 8, 0), "gold_block")
    solid = np.zeros((2 * HALF, 2 * HALF, 12), np.bool_)
    camera, box = Pose(x=0.5, y=0.0, z=1.62), Box((0.5, 8.5, 0.0), 1.0, 1.0)
    rows, columns = np.nonzero(Renderer(world).render(camera, 640, 360, vertical_fov=70.0).ids == block)
    pixels, centroid = seen_pixels(camera, box, solid, (0, 8, 0))
    assert centroid is not None
    assert abs(pixels - len(rows)) < 0.35 * len(rows)
    assert abs(centroid[0] - columns.mean()) < 4.0
    assert abs(centroid[1] - rows.mean()) < 12.0
    solid[HALF - 3 : HALF + 4, HALF + 5, :3] = True
    assert seen_pixels(camera, box, solid, (0, 8, 0)) == (0, None)
    assert seen_pixels(camera.model_copy(update={"yaw": 180.0}), box, solid, None) == (0, None)


def test_a_point_straight_ahead_projects_into_the_middle() -> None:
    camera = Pose(x=1.0, y=2.0, z=3.0, yaw=30.0, pitch=10.0)
    ahead = np.array(camera.position) + 5.0 * np.array(camera.direction)
    np.testing.assert_allclose(project(camera, ahead[None])[0], [320.0, 180.0, 5.0])


def test_every_kind_has_a_body() -> None:
    assert all(kind.width > 0 and kind.height > 0 for kind in KINDS.values())
