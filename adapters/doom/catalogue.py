"""What can stand in a level: the themes, and the kinds of things with their sizes and what one does with them."""

from __future__ import annotations

from dataclasses import dataclass

UNITS_PER_METRE = 32
EYE_HEIGHT_METRES = 1.62
"""Minecraft's eye height (Minecraft Wiki, "Player")."""


@dataclass(frozen=True)
class Kind:
    """A kind of thing: its editor number in actors/decorate.txt, its body, and the interaction it is made for.

    `radius` and `height` are in metres; `interaction` is None for mere scenery; `solid` things block the way.
    """

    name: str
    editor_number: int
    radius: float
    height: float
    interaction: str | None = None
    solid: bool = True
    moves: bool = False


def _kind(
    name: str, number: int, radius: int, height: int, interaction: str | None = None, solid: bool = True
) -> tuple[str, Kind]:
    body = (radius / UNITS_PER_METRE, height / UNITS_PER_METRE)
    return name, Kind(name, number, *body, interaction, solid, moves=interaction == "hunt")


KINDS: dict[str, Kind] = dict(
    [
        _kind("statue", 20001, 12, 56, "approach"),
        _kind("totem", 20002, 12, 56, "approach"),
        _kind("lantern", 20003, 12, 56, "approach"),
        _kind("crate", 20011, 16, 32, "break"),
        _kind("pumpkin", 20012, 16, 32, "break"),
        _kind("ore", 20013, 16, 32, "break"),
        _kind("lever", 20021, 12, 38, "interact"),
        _kind("chest", 20022, 12, 30, "interact"),
        _kind("sheep", 20031, 14, 38, "hunt"),
        _kind("pig", 20032, 14, 38, "hunt"),
        _kind("cow", 20033, 14, 38, "hunt"),
        _kind("oak-tree", 20041, 14, 120),
        _kind("spruce", 20042, 14, 120),
        _kind("cactus", 20043, 10, 70),
        _kind("boulder", 20044, 14, 26),
        _kind("bush", 20045, 8, 8, solid=False),
        _kind("flowers", 20046, 8, 8, solid=False),
        _kind("dead-bush", 20047, 8, 8, solid=False),
        _kind("tall-grass", 20048, 8, 8, solid=False),
    ]
)

KINDS_BY_INTERACTION: dict[str, tuple[str, ...]] = {
    "approach": ("statue", "totem", "lantern"),
    "break": ("crate", "pumpkin", "ore"),
    "interact": ("lever", "chest"),
    "melee_hunt": ("sheep", "pig", "cow"),
    "archery": ("sheep", "pig", "cow"),
}


@dataclass(frozen=True)
class Theme:
    """How a level looks: texture names (walls, their tops, ground), its map slot with the sky, its scenery."""

    name: str
    map_name: str
    letter: str
    sky: str
    tall_scenery: str
    low_scenery: tuple[str, ...]
    light: int


THEMES: dict[str, Theme] = {
    "meadow": Theme("meadow", "MAP01", "M", "MSKY", "oak-tree", ("boulder", "bush", "flowers", "tall-grass"), 240),
    "desert": Theme("desert", "MAP02", "D", "DSKY", "cactus", ("boulder", "dead-bush", "dead-bush"), 248),
    "snow": Theme("snow", "MAP03", "S", "SSKY", "spruce", ("boulder", "bush", "dead-bush"), 232),
}
LANDMARK_LETTERS = "ABCDEF"
