from __future__ import annotations

import hashlib
import math
import subprocess
import sys

import numpy as np
import pytest

from evalsuite.adapters.rehearsal import Happening, Renderer, World, floor_plan
from evalsuite.adapters.rehearsal.mobs import FIGURES
from evalsuite.crossview.geometry import Pose, yaw_towards
from tests.adapters.rehearsal.scenes import meadow

ONE_RUN = "from tests.adapters.rehearsal.test_world import digest; print(digest())"


def digest() -> str:
    """What becomes of a meadow in 10 seconds with shots and blows, and what it looks like then."""
    world = meadow(5)
    told = hashlib.sha256()
    mobs = [thing.id for thing in world.things.values() if thing.mob is not None]
    for step in range(200):
        if step % 20 == 0:
            world.shoot((0.0, 0.0, 1.6), (math.sin(step), math.cos(step), 0.1), 40.0)
        if step == 50:
            world.damage(mobs[0], 2.0, source=(0.0, 0.0, 1.0))
        told.update(repr(world.step(0.05)).encode())
        told.update(repr([(thing.id, thing.position, thing.yaw) for thing in world.things.values()]).encode())
    picture = Renderer(world).render(Pose(x=0.0, y=0.0, z=1.6, yaw=30.0), 160, 90, vertical_fov=70.0)
    told.update(picture.rgb.tobytes() + picture.ids.tobytes() + picture.depth.tobytes())
    return told.hexdigest()


def test_the_same_seed_gives_the_same_world_in_another_process() -> None:
    other = subprocess.run([sys.executable, "-c", ONE_RUN], capture_output=True, text=True, timeout=120, check=True)
    assert other.stdout.strip() == digest()


def test_mobs_wander_by_the_seed_and_one_does_not_depend_on_another() -> None:
    def end_of(seed: int, others: int) -> tuple[float, float, float]:
        world = World("wander", seed)
        first = world.add_mob("pig", (0.0, 0.0, 0.0))
        for index in range(others):
            world.add_mob("cow", (20.0 + 5 * index, 0.0, 0.0))
        for _ in range(200):
            world.step(0.05)
        return world.things[first].position

    assert end_of(0, 0) == end_of(0, 3)
    assert end_of(0, 0) != end_of(1, 0)
    assert math.hypot(*end_of(0, 0)) > 0.5


def test_mobs_stay_out_of_walls_and_on_the_ground() -> None:
    world = World("pen")
    for cell in [(i, j, k) for i in range(-4, 5) for j in range(-4, 5) for k in (0, 1) if max(abs(i), abs(j)) == 4]:
        world.set_block(cell, "oak_planks")
    mobs = [world.add_mob(kind, (0.5, 0.5, 0.0)) for kind in FIGURES]
    for _ in range(600):
        world.step(0.05)
        for mob in mobs:
            x, y, z = world.things[mob].position
            assert max(abs(x - 0.5), abs(y - 0.5)) < 4.0 - 0.5
            assert z == 0.0


def test_a_mob_that_stays_stays_and_a_hurt_one_flees() -> None:
    world = World("flee")
    still = world.add_mob("sheep", (5.0, 5.0, 0.0), wanders=False)
    hurt = world.add_mob("sheep", (0.0, 3.0, 0.0))
    assert [what.what for what in world.damage(hurt, 2.0, source=(0.0, 0.0, 0.0))] == ["hit"]
    for _ in range(40):
        world.step(0.05)
    assert world.things[still].position == (5.0, 5.0, 0.0)
    assert world.things[hurt].position[1] > 5.0


def test_a_mob_dies_when_its_health_runs_out() -> None:
    world = World("kill")
    sheep = world.add_mob("sheep", (0.0, 3.0, 0.0), name="dolly")
    assert world.damage(sheep, 5.0, by=9) == [Happening("hit", sheep, "sheep", "dolly", "melee", 9)]
    assert world.damage(sheep, 5.0, by=9)[1] == Happening("killed", sheep, "sheep", "dolly", "melee", 9)
    assert world.find(sheep) is None
    assert world.kind_of(sheep) == ""


def test_an_arrow_that_is_aimed_above_a_far_mob_falls_and_kills_it() -> None:
    world = World("archery")
    pig = world.add_mob("pig", (0.0, 20.0, 0.0), wanders=False, health=4.0)
    owner, seen = 777, list[Happening]()
    world.shoot((0.0, 0.0, 1.6), (0.0, 20.0, 0.4), 60.0, owner=owner)
    for _ in range(40):
        seen += world.step(0.05)
    assert [(what.what, what.id, what.means, what.by) for what in seen] == [
        ("hit", pig, "projectile", owner),
        ("killed", pig, "projectile", owner),
    ]


def test_an_arrow_is_stopped_by_a_wall_in_between_and_sticks_there_for_a_while() -> None:
    world = World("wall")
    pig = world.add_mob("pig", (0.0, 10.0, 0.0), wanders=False)
    wall = world.set_block((-1, 5, 1), "stone")
    arrow = world.shoot((-0.5, 0.0, 1.6), (0.0, 1.0, 0.0), 60.0)
    seen = [what for _ in range(10) for what in world.step(0.05)]
    assert [(what.what, what.id) for what in seen] == [("landed", wall)]
    assert world.things[arrow].position[1] == pytest.approx(5.0)
    assert world.things[pig].health == 10.0
    for _ in range(80):
        world.step(0.05)
    assert arrow not in world.things


def test_items_lie_where_they_are_put_until_they_are_taken() -> None:
    world = World("items")
    near, far = world.add_item("emerald", (1.0, 0.0, 0.0)), world.add_item("emerald", (3.0, 0.0, 0.0))
    assert [item.id for item in world.items_near((0.0, 0.0, 0.2), 1.5)] == [near]
    world.remove(near)
    assert [item.id for item in world.items_near((0.0, 0.0, 0.2), 5.0)] == [far]


def test_ids_are_never_used_again() -> None:
    world = World("ids")
    first = world.set_block((0, 0, 0), "stone")
    assert world.set_block((0, 0, 0), "dirt") != first
    assert world.find(first) is None
    assert world.add_box("red", (0.0, 0.0, 1.0), (1.0, 1.0, 2.0)) > first + 1
    with pytest.raises(KeyError):
        world.remove(first)


def test_a_box_without_volume_is_an_error() -> None:
    with pytest.raises(ValueError, match="low < high"):
        World("flat").add_box("red", (0.0, 0.0, 0.0), (1.0, 0.0, 1.0))


@pytest.mark.parametrize("kind", [*FIGURES, "never heard of it"])
def test_every_figure_faces_the_way_it_walks(kind: str) -> None:
    world = World("face")
    mob = world.things[world.add_mob(kind, (0.0, 0.0, 0.0))]
    world.damage(mob.id, 0.5, source=(-3.0, -3.0, 0.0))
    for _ in range(20):
        world.step(0.05)
    before = mob.position
    world.step(0.05)
    assert yaw_towards(before, mob.position) == pytest.approx(mob.yaw, abs=1e-6)
    assert mob.yaw == pytest.approx(45.0)


def test_the_floor_plan_keeps_a_body_away_from_walls_and_leads_through_a_gap() -> None:
    world = World("plan")
    world.add_box("stone", (-6.0, 4.0, 0.0), (-0.6, 4.4, 3.0))
    world.add_box("stone", (0.6, 4.0, 0.0), (6.0, 4.4, 3.0))
    low = world.set_block((-3, 1, 0), "stone")
    plan = floor_plan(world, cell=0.25, body_width=0.6)
    assert plan.is_walkable((0.0, 4.2))
    assert not plan.is_walkable((0.5, 4.2))
    assert not plan.is_walkable((2.0, 3.8))
    assert not plan.is_walkable((-2.5, 1.5))
    assert plan.clear_line((-2.5, 0.0), (-2.5, 3.0), plan.see_through)
    assert not plan.clear_line((-2.5, 0.0), (-2.5, 6.0), plan.see_through)
    assert floor_plan(world, cell=0.25, body_width=0.6, ignore=[low]).is_walkable((-2.5, 1.5))
    way = plan.path((-5.0, 0.0), (5.0, 8.0))
    assert way is not None
    assert min(abs(x) for x, _ in way) < 0.5


def test_a_floor_plan_can_be_cut_to_an_area() -> None:
    plan = floor_plan(World("area"), area=(-4.0, -3.0, 5.0, 6.0))
    assert plan.walkable.shape == (18, 18)
    assert (plan.west, plan.south) == (-4.0, -3.0)
    assert bool(np.all(plan.walkable))
