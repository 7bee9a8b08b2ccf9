"""Pictures per second of the rehearsal renderer on one core: RGB, ids and depth together.

    python tests/benchmarks/rehearsal_frames_per_second.py [--width 640] [--height 360] [--seconds 4]

Every picture is of a world that has just been stepped by 50 ms, from a camera that turns by 3 degrees. Seconds are
of this thread's processor time, so that a busy machine does not count; the step is timed on its own.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

from evalsuite.adapters.rehearsal import Renderer, World
from evalsuite.adapters.rehearsal.mobs import FIGURES
from evalsuite.crossview.geometry import Pose
from evalsuite.seeding import Dice

KINDS = ["oak_log", "stone", "bricks", "oak_planks", "diamond_ore", "crafting_table", "oak_leaves", "gold_block"]


def empty() -> World:
    """Ground and sky alone."""
    return World("empty")


def meadow(blocks: int = 800, mobs: int = 160, balls: int = 20, items: int = 20) -> World:
    """Heaps of blocks and things all round the camera, a quarter of them in view: about 200 blocks and 50 things."""
    world, dice = World("meadow"), Dice("meadow")
    while len(world.blocks) < blocks:
        i, j, height = dice.between(-24, 23), dice.between(-24, 23), 1 + dice.below(3)
        if max(abs(i), abs(j)) > 2:
            for k in range(height):
                world.set_block((i, j, k), dice.pick(KINDS))

    def place() -> tuple[float, float, float]:
        return (dice.uniform(-16.0, 16.0), dice.uniform(-16.0, 16.0), 0.0)

    for index in range(mobs):
        world.add_mob(FIGURES[index % len(FIGURES)], place(), dice.uniform(-180.0, 180.0))
    for index in range(balls):
        x, y, _ = place()
        world.add_ball(["red", "blue", "yellow"][index % 3], (x, y, 0.4), 0.4)
    for _ in range(items):
        world.add_item("emerald_block", place())
    return world


def maze() -> World:
    """A roofed maze of 240 free boxes, 8 m x 8 m cells of 2 m."""
    world, dice = World("maze"), Dice("maze")
    world.add_box("tiles", (-20.0, -20.0, 4.0), (20.0, 20.0, 4.2))
    while len(world.things) < 240:
        x, y = 2.0 * dice.between(-10, 10), 2.0 * dice.between(-10, 10)
        long_x = dice.chance(0.5)
        if max(abs(x), abs(y)) > 2.0:
            world.add_box("bricks", (x, y, 0.0), (x + (2.0 if long_x else 0.2), y + (0.2 if long_x else 2.0), 4.0))
    return world


def terrain() -> World:
    """Hills of some 4,000 blocks."""
    world, dice = World("terrain"), Dice("terrain")
    bumps = [(dice.uniform(-30, 30), dice.uniform(-30, 30), dice.uniform(2, 6)) for _ in range(14)]
    for i in range(-32, 32):
        for j in range(-32, 32):
            height = int(max((size - 0.06 * ((i - x) ** 2 + (j - y) ** 2) for x, y, size in bumps), default=0.0))
            if max(abs(i), abs(j)) > 2:
                for k in range(max(0, height) + 1):
                    world.set_block((i, j, k), "grass_block" if k >= height else "dirt")
    return world


SCENES: dict[str, Callable[[], World]] = {"empty": empty, "meadow": meadow, "maze": maze, "terrain": terrain}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--seconds", type=float, default=4.0)
    arguments = parser.parse_args()
    print(f"{arguments.width}x{arguments.height}, vertical field of view 70 degrees; medians over a full turn or more")
    titles = ("scene", 8), ("blocks", 7), ("things", 7), ("in view", 16), ("ms", 7), ("per s", 7), ("of empty", 9)
    print(" ".join(f"{title:>{width}}" for title, width in (*titles, ("step ms", 8))))
    first = 0.0
    for name, scene in SCENES.items():
        world = scene()
        renderer = Renderer(world)
        pictures: list[float] = []
        steps: list[float] = []
        seen: list[tuple[int, int]] = []
        yaw = 0.0
        while sum(pictures) < arguments.seconds or len(pictures) < 120:
            begun = time.thread_time()
            world.step(0.05)
            stepped = time.thread_time()
            camera = Pose(x=0.0, y=0.0, z=2.62, yaw=yaw, pitch=5.0)
            picture = renderer.render(camera, arguments.width, arguments.height, vertical_fov=70.0)
            pictures.append(time.thread_time() - stepped)
            steps.append(stepped - begun)
            if len(pictures) % 10 == 0:
                ids = set(picture.ids.ravel().tolist())
                seen.append((sum(map(world.has_block, ids)), len(ids & world.things.keys())))
            yaw += 3.0
        middle = statistics.median(pictures)
        first = first or middle
        blocks, things = (round(statistics.mean(column)) for column in zip(*seen, strict=True))
        print(
            f"{name:>8} {len(world.blocks):>7} {len(world.things):>7} {f'{blocks} + {things}':>16} "
            f"{middle * 1e3:>7.1f} {1.0 / middle:>7.0f} {middle / first:>9.2f} {statistics.median(steps) * 1e3:>8.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
