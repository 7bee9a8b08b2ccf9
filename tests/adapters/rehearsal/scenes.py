"""Worlds that the tests look at."""

from __future__ import annotations

from evalsuite.adapters.rehearsal import World
from evalsuite.adapters.rehearsal.mobs import FIGURES
from evalsuite.seeding import Dice


def meadow(seed: int = 0, blocks: int = 60, mobs: int = 10) -> World:
    """Blocks in heaps, a mob of each sort, balls, items and a house's wall, within 10 m of the origin."""
    world, dice = World("meadow", seed), Dice("meadow", seed)
    while len(world.blocks) < blocks:
        i, j = dice.between(-9, 9), dice.between(-9, 9)
        if max(abs(i + 0.5), abs(j + 0.5)) > 2.0:
            k = next(k for k in range(99) if (i, j, k) not in world.blocks)
            world.set_block((i, j, k), dice.pick(["oak_log", "stone", "bricks", "oak_planks", "gold_block"]))
    for index in range(mobs):
        place = (dice.uniform(-8.0, 8.0), dice.uniform(-8.0, 8.0), 0.0)
        world.add_mob(FIGURES[index % len(FIGURES)], place, dice.uniform(-180.0, 180.0))
    for colour in ("red", "blue"):
        world.add_ball(colour, (dice.uniform(-6.0, 6.0), dice.uniform(-6.0, 6.0), 0.7), 0.6)
    world.add_item("emerald_block", (dice.uniform(-4.0, 4.0), dice.uniform(-4.0, 4.0), 0.0))
    world.add_box("plaster", (-3.0, 4.2, 0.0), (3.5, 4.5, 2.6))
    return world


def room(seed: int = 0) -> World:
    """A closed room, 8 by 6 m and 3 m high, of free boxes, with a table, a ball and a person in it."""
    world = World("room", seed, ground=None)
    world.add_box("wood_floor", (-4.0, -3.0, -0.2), (4.0, 3.0, 0.0))
    world.add_box("plaster", (-4.0, -3.0, 3.0), (4.0, 3.0, 3.2))
    world.add_box("bricks", (-4.2, -3.2, -0.2), (-4.0, 3.2, 3.2))
    world.add_box("bricks", (4.0, -3.2, -0.2), (4.2, 3.2, 3.2))
    world.add_box("tiles", (-4.0, 3.0, -0.2), (4.0, 3.2, 3.2))
    world.add_box("tiles", (-4.0, -3.2, -0.2), (4.0, -3.0, 3.2))
    world.add_box("oak_planks", (1.0, 1.0, 0.7), (2.5, 2.0, 0.8), name="table")
    world.add_ball("red", (1.6, 1.5, 1.0), 0.2)
    world.add_mob("person", (-2.0, 1.0, 0.0), 140.0, wanders=False)
    return world
