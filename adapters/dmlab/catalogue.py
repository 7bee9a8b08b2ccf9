"""What can stand in a level: its model in the engine, its size, and what may be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["fruit", "key", "landmark"]
Rule = Literal["look", "touch", "shoot", "melee", "projectile"]
TextureSet = Literal["MISHMASH", "TRON", "MINESWEEPER", "TETRIS", "GO", "PACMAN"]


@dataclass(frozen=True)
class Kind:
    """A kind of thing. `height` is that of its middle over the floor, `radius` about half its width, in metres."""

    model: str
    role: Role
    height: float = 0.5
    radius: float = 0.3
    colour: tuple[int, int, int] = (200, 200, 200)
    """Of the stand-in's picture of it."""


KINDS: dict[str, Kind] = {
    "apple": Kind("apple", "fruit", colour=(205, 40, 40)),
    "lemon": Kind("lemon", "fruit", colour=(235, 215, 60)),
    "strawberry": Kind("strawberry", "fruit", colour=(200, 30, 70)),
    "banana": Kind("hr_banana", "fruit", colour=(240, 220, 80)),
    "tomato": Kind("hr_tomato", "fruit", colour=(220, 60, 40)),
    "cherries": Kind("hr_cherries", "fruit", colour=(150, 20, 50)),
    "mango": Kind("mango", "fruit", colour=(240, 150, 40)),
    "key": Kind("hr_key_lrg", "key", colour=(225, 190, 60)),
    "balloon": Kind("hr_balloon", "landmark", colour=(60, 110, 220)),
    "zebra": Kind("hr_zebra", "landmark", colour=(230, 230, 230)),
    "flower": Kind("hr_flower", "landmark", colour=(220, 90, 200)),
    "plant": Kind("hr_plant", "landmark", colour=(60, 150, 70)),
    "saxophone": Kind("hr_saxophone", "landmark", colour=(210, 160, 50)),
    "ball": Kind("hr_ball", "landmark", colour=(240, 120, 40)),
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
