"""The published targets and mobs, their bodies, the kits, and what each biome's arena is built of.

Targets, mobs, biomes and goal cameras are those of the released ROCKET-3 code; sizes are from the Minecraft Wiki.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Biome = Literal["forest", "plains", "desert", "savanna", "mountains"]


@dataclass(frozen=True)
class Kind:
    """A kind of target.

    Args:
        width, height: of its body in metres.
        published: whether it is one of the released code's targets; only those stand about as distractors.
    """

    name: str
    width: float = 1.0
    height: float = 1.0
    mob: bool = False
    published: bool = True

    @property
    def full(self) -> bool:
        """Whether it fills a whole cell, so that one full block can stand for another in a picture."""
        return not self.mob and self.width == 1.0 and self.height == 1.0


_FULL = (
    "diamond_block",
    "diamond_ore",
    "gold_ore",
    "coal_ore",
    "iron_ore",
    "redstone_ore",
    "crafting_table",
    "furnace",
    "oak_planks",
)
KINDS: dict[str, Kind] = {
    **{name: Kind(name) for name in _FULL},
    "anvil": Kind("anvil", 0.99, 1.0),
    "chest": Kind("chest", 0.875, 0.875),
    "torch": Kind("torch", 0.15, 0.6),
    "poppy": Kind("poppy", 0.4, 0.6),
    "dandelion": Kind("dandelion", 0.4, 0.6),
    "sheep": Kind("sheep", 0.9, 1.3, mob=True),
    "cow": Kind("cow", 0.9, 1.4, mob=True),
    "pig": Kind("pig", 0.9, 0.9, mob=True),
    "llama": Kind("llama", 0.9, 1.87, mob=True),
    "chicken": Kind("chicken", 0.4, 0.7, mob=True),
    "cat": Kind("cat", 0.6, 0.7, mob=True),
    "horse": Kind("horse", 1.4, 1.6, mob=True),
    "wolf": Kind("wolf", 0.6, 0.85, mob=True),
    "rabbit": Kind("rabbit", 0.4, 0.5, mob=True),
    "dirt": Kind("dirt", published=False),
}

MOBS = ("sheep", "cow", "pig", "llama", "chicken", "cat", "horse", "wolf", "rabbit")
SOLID_BLOCKS = (*_FULL, "anvil", "chest")
FLOWERS = ("poppy", "dandelion")
PLANTS = ("torch", *FLOWERS)
"""Of the published ones the sunflower is left out: two blocks high, it can't be put down by one `setblock`."""

OPENED = {
    "crafting_table": "interact_with_crafting_table",
    "furnace": "interact_with_furnace",
    "chest": "open_chest",
    "anvil": "interact_with_anvil",
}
"""Blocks that can be used, and the custom statistic that counts it (Minecraft Wiki, "Statistics")."""

USED_WITH: dict[str, tuple[str, ...]] = {
    "flint_and_steel": (*_FULL, "dirt"),
    "diamond_hoe": ("dirt",),
    "oak_door": (*_FULL, "dirt"),
    "torch": (*_FULL, "dirt"),
}
"""What can be used on a block that has no use of its own: tools, and blocks to put there, with the blocks.

Interact with one of these in the hand is what the released ROCKET-1 code asks of the Tool and Place tasks of the
Minecraft Interaction Benchmark. Using one raises the statistic `use_item` of its name (Minecraft Wiki, "Statistics").
"""

KINDS_BY_INTERACTION: dict[str, tuple[str, ...]] = {
    "approach": (*SOLID_BLOCKS, *PLANTS),
    "break": (
        "diamond_block",
        "diamond_ore",
        "gold_ore",
        "coal_ore",
        "iron_ore",
        "redstone_ore",
        "oak_planks",
        *PLANTS,
    ),
    "interact": tuple(OPENED),
    "melee_hunt": MOBS,
    "archery": MOBS,
}

SWORDS = ("wooden_sword", "stone_sword", "iron_sword", "golden_sword", "diamond_sword", "netherite_sword")
ARROWS = 64

GOAL_CAMERAS: tuple[tuple[float, float, float, float, float], ...] = (
    (15.0, 10.0, 0.0, 45.0, 45.0),
    (-15.0, 10.0, 0.0, -45.0, 45.0),
    (0.0, 10.0, -10.0, 0.0, 45.0),
    (10.0, 10.0, -10.0, 30.0, 30.0),
    (-10.0, 10.0, -10.0, -30.0, 30.0),
    (10.0, 2.0, -10.0, 30.0, 15.0),
    (-10.0, 2.0, -10.0, -30.0, 15.0),
    (0.0, 2.0, 0.0, 0.0, 0.0),
)
"""(dx, dy, dz, yaw, pitch) of the released code, in Minecraft's axes, from the middle of the targets' area."""

TARGET_AREA = 15
"""Targets lie within so many blocks of the middle of their area, as published."""


@dataclass(frozen=True)
class Materials:
    """What a biome's arena is built of: the ground, walls and mounds, trees (trunk, crown), and plants strewn about."""

    ground: str
    wall: str
    mound: str
    trunk: str
    crown: str
    crown_size: int
    trees: int


BIOMES: dict[Biome, Materials] = {
    "forest": Materials("grass_block", "mossy_cobblestone", "dirt", "oak_log", "oak_leaves", 3, 16),
    "plains": Materials("grass_block", "cobblestone", "hay_block", "birch_log", "birch_leaves", 3, 5),
    "desert": Materials("sand", "sandstone", "red_sandstone", "sandstone", "cut_sandstone", 1, 6),
    "savanna": Materials("coarse_dirt", "terracotta", "orange_terracotta", "acacia_log", "acacia_leaves", 5, 7),
    "mountains": Materials("stone", "andesite", "granite", "spruce_log", "spruce_leaves", 3, 7),
}
LANDMARKS = ("red_concrete", "blue_concrete", "yellow_concrete", "purple_concrete", "white_concrete", "lime_concrete")
