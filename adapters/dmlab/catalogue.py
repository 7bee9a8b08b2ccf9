"""What can stand in a level: its model in the engine, its size, and what may be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["fruit", "key", "landmark"]
Rule = Literal["look", "touch", "shoot", "melee", "projectile"]
TextureSet = Literal["MISHMASH", "TRON", "MINESWEEPER", "TETRIS", "GO", "PACMAN"]


@dataclass(frozen=True)
class Kind:
    """A kind of thing.

    Args:
        model: the engine's, below models/.
        height: metres over the floor at which it is placed; the engine draws fruit some 0.17 m higher.
        radius: metres; the stand-in's fruit of that radius, and its landmarks of that breadth and twice that height,
            cover as many pixels as the engine's models do on the mean of eight sides.
        colour: of the stand-in's picture of it.
    """

    model: str
    role: Role
    height: float = 0.5
    radius: float = 0.3
    colour: tuple[int, int, int] = (200, 200, 200)


KINDS: dict[str, Kind] = {
    "apple": Kind("apple", "fruit", radius=0.14, colour=(205, 40, 40)),
    "lemon": Kind("lemon", "fruit", radius=0.15, colour=(235, 215, 60)),
    "strawberry": Kind("strawberry", "fruit", radius=0.13, colour=(200, 30, 70)),
    "banana": Kind("hr_banana", "fruit", radius=0.18, colour=(240, 220, 80)),
    "tomato": Kind("hr_tomato", "fruit", radius=0.17, colour=(220, 60, 40)),
    "cherries": Kind("hr_cherries", "fruit", radius=0.15, colour=(150, 20, 50)),
    "mango": Kind("mango", "fruit", radius=0.17, colour=(240, 150, 40)),
    "key": Kind("hr_key_lrg", "key", radius=0.27, colour=(225, 190, 60)),
    "balloon": Kind("hr_balloon", "landmark", radius=0.31, colour=(60, 110, 220)),
    "zebra": Kind("hr_zebra", "landmark", radius=0.31, colour=(230, 230, 230)),
    "flower": Kind("hr_flower", "landmark", radius=0.14, colour=(220, 90, 200)),
    "plant": Kind("hr_plant", "landmark", radius=0.11, colour=(60, 150, 70)),
    "saxophone": Kind("hr_saxophone", "landmark", radius=0.19, colour=(210, 160, 50)),
    "ball": Kind("hr_ball", "landmark", radius=0.23, colour=(240, 120, 40)),
}

FRUIT: tuple[str, ...] = tuple(name for name, kind in KINDS.items() if kind.role == "fruit")
LANDMARKS: tuple[str, ...] = tuple(name for name, kind in KINDS.items() if kind.role == "landmark")
TEXTURE_SETS: tuple[TextureSet, ...] = ("MISHMASH", "TRON", "MINESWEEPER", "TETRIS", "GO", "PACMAN")

DOOR_COLOURS: dict[str, tuple[int, int, int]] = {
    "red-door": (205, 50, 50),
    "blue-door": (60, 90, 210),
    "yellow-door": (225, 200, 60),
}

RULE_OF_INTERACTION: dict[str, Rule] = {
    "approach": "look",
    "interact": "touch",
    "break": "shoot",
    "melee_hunt": "melee",
    "archery": "projectile",
}
"""What touching and firing do in a level: nothing, collect by touch, collect by a shot, tag near, tag from afar."""

BOT = "bot"
DOOR = "door"
BOT_HEIGHT = 1.0
MOST_BOTS = 6
