"""Mazes with rooms from `labmaze`, DeepMind's own generator of this world's mazes, as rows of text."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from evalsuite.errors import UsageError
from evalsuite.extras import install_command

INSTALL = install_command("dmlab")


@dataclass(frozen=True)
class Maze:
    """`rows` of walls `*` and floor, from north to south; `shades` of the same size: a letter for each room."""

    rows: tuple[str, ...]
    shades: tuple[str, ...]


def make_maze(size: int, rooms: int, seed: int) -> Maze:
    """A maze of `size` x `size` cells (odd), whose rooms are 3 to 5 cells wide. Raises `UsageError` without labmaze."""
    try:
        import labmaze
    except ImportError as error:
        remedy = (
            INSTALL if sys.version_info < (3, 13) else "it has wheels up to Python 3.12: use such a Python for this"
        )
        missing = "mazes are made by the package labmaze, which is not installed"
        raise UsageError(f"{missing}: {remedy}") from error
    made: Any = labmaze.RandomMaze(
        height=size,
        width=size,
        max_rooms=rooms,
        room_min_size=3,
        room_max_size=5,
        extra_connection_probability=0.1,
        random_seed=seed,
    )
    return Maze(_lines(made.entity_layer), _lines(made.variations_layer))


def _lines(layer: Any) -> tuple[str, ...]:
    return tuple(str(layer).split("\n")[: int(layer.shape[0])])
