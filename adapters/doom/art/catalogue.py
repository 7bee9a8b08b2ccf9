"""Every sprite of the game: which model, which frames, and whether it is drawn from eight sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from evalsuite.adapters.doom.art import animals, breakables, landmarks, people, plants, switches, weapons
from evalsuite.adapters.doom.art.box_models import Box
from evalsuite.adapters.doom.art.sprite_renderer import Camera, Sprite, render

ROTATIONS = 8
_STILL_VIEW = 35.0
"""Degrees off the front from which a frame without rotations is drawn."""


@dataclass(frozen=True)
class Thing:
    """A model of the frame letter, its frames `turning` (eight rotations) and `still` (rotation 0)."""

    model: Callable[[str], list[Box]]
    turning: str
    still: str = ""


THINGS: dict[str, Thing] = {
    "SHEP": Thing(animals.sheep, "ABCD", "EF"),
    "PIGG": Thing(animals.pig, "ABCD", "EF"),
    "COWW": Thing(animals.cow, "ABCD", "EF"),
    "STAT": Thing(people.statue, "A"),
    "TOTM": Thing(landmarks.totem, "A"),
    "LAMP": Thing(landmarks.lantern, "A"),
    "CRAT": Thing(breakables.crate, "AB", "C"),
    "PUMK": Thing(breakables.pumpkin, "AB", "C"),
    "OREB": Thing(breakables.ore, "AB", "C"),
    "LEVR": Thing(switches.lever, "AB"),
    "CHES": Thing(switches.chest, "AB"),
    "ARRW": Thing(switches.arrow, "A"),
    "AGNT": Thing(people.traveller, "ABCD"),
}

DECOR: dict[str, tuple[Callable[[], list[Box]], float]] = {
    "TREE": (plants.oak, 0.40),
    "SPRU": (plants.spruce, 0.40),
    "CACT": (plants.cactus, 0.45),
    "BUSH": (plants.bush, 0.40),
    "FLWR": (plants.flowers, 0.18),
    "ROCK": (plants.boulder, 0.45),
    "DEAD": (plants.dead_bush, 0.25),
    "GRAS": (plants.grass, 0.18),
}
"""Model and the strength of its outline (0 none .. 1 black)."""

WEAPONS: dict[str, tuple[Callable[[str], list[Box]], dict[str, tuple[int, int]]]] = {
    "SWRD": (weapons.sword, {"A": (250, 158), "B": (262, 146), "C": (226, 160)}),
    "BOWW": (weapons.bow, {"A": (248, 150), "B": (244, 148), "C": (248, 150)}),
}
"""Model and, by frame, the pixel (x, y) of the fist at 320 x 200; a raised weapon is shown 32 rows lower."""
WEAPON_CAMERA = Camera(180.0, elevation_degrees=14.0, pixels_per_metre=100.0, distance=2.2)


def weapon_sprite(name: str, frame: str) -> Sprite:
    """One weapon frame; its anchor is minus the place of its top-left corner on the 320 x 200 screen."""
    model, fists = WEAPONS[name]
    drawn = render(model(frame), WEAPON_CAMERA, name)
    fist = fists[frame]
    return Sprite(drawn.indices, (drawn.anchor[0] - fist[0], drawn.anchor[1] - fist[1]))


def sprite(lump: str) -> Sprite:
    """The sprite of a lump name: four letters, a frame letter and a rotation digit, such as SHEPA3."""
    name, frame, rotation = lump[:4], lump[4], int(lump[5])
    if name in WEAPONS:
        return weapon_sprite(name, frame)
    if name in DECOR:
        plant, ink = DECOR[name]
        return render(plant(), Camera(_STILL_VIEW if name == "TREE" else 20.0), name, ink)
    view = 45.0 * (rotation - 1) if rotation else _STILL_VIEW
    return render(THINGS[name].model(frame), Camera(view), name)


def sprite_names() -> Iterator[str]:
    """Every sprite lump name, in the order of the catalogue."""
    for name, thing in THINGS.items():
        yield from (f"{name}{frame}{rotation}" for frame in thing.turning for rotation in range(1, ROTATIONS + 1))
        yield from (f"{name}{frame}0" for frame in thing.still)
    yield from (f"{name}A0" for name in DECOR)
    yield from (f"{name}{frame}0" for name, (_, fists) in WEAPONS.items() for frame in fists)
