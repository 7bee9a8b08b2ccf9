"""What blocks and tools are like: how long digging takes, what a blow does. Figures: Minecraft Wiki, Java 1.16."""

from __future__ import annotations

_HARDNESS = {
    "diamond_block": 5.0,
    "diamond_ore": 3.0,
    "gold_ore": 3.0,
    "coal_ore": 3.0,
    "iron_ore": 3.0,
    "redstone_ore": 3.0,
    "crafting_table": 2.5,
    "furnace": 3.5,
    "anvil": 5.0,
    "chest": 2.5,
    "oak_planks": 2.0,
    "stone": 1.5,
    "barrier": -1.0,
    "bedrock": -1.0,
}
_INSTANT = ("torch", "poppy", "dandelion")
_PICKAXE_SPEED = {"diamond_pickaxe": 8.0, "iron_pickaxe": 6.0}
_FOR_PICKAXE = ("_ore", "_block", "furnace", "anvil", "stone", "_concrete", "terracotta")
SWORD_DAMAGE = {
    "wooden_sword": 4.0,
    "stone_sword": 5.0,
    "iron_sword": 6.0,
    "golden_sword": 4.0,
    "diamond_sword": 7.0,
    "netherite_sword": 8.0,
}
SWORD_TICKS = 12.5
"""Ticks after which a sword strikes with its full force again."""

FIST_DAMAGE = 1.0
FIST_TICKS = 5.0
OPENED = {
    "crafting_table": "interact_with_crafting_table",
    "furnace": "interact_with_furnace",
    "chest": "open_chest",
    "anvil": "interact_with_anvil",
}
"""Blocks with a window, and the custom statistic that counts its being opened."""


PUT_DOWN = {"torch": "torch", "oak_door": "oak_door", "flint_and_steel": "fire"}
"""Items that leave a block beside the face that they are used on."""

HOES = ("diamond_hoe",)
TILLED = ("dirt", "grass_block")


def dig_progress(block: str, tool: str) -> float:
    """Share of the block that one tick of digging takes away; 0 when it can't be dug."""
    if block in _INSTANT:
        return 1.0
    hardness = _HARDNESS.get(block, 0.6)
    if hardness < 0.0:
        return 0.0
    suits = any(part in block for part in _FOR_PICKAXE) and block != "grass_block"
    speed = _PICKAXE_SPEED.get(tool, 1.0) if suits else 1.0
    harvests = not suits or tool in _PICKAXE_SPEED
    return speed / (hardness * (30.0 if harvests else 100.0))


def blow(tool: str, ticks_since: float) -> float:
    """Damage of a blow so many ticks after the last one (Minecraft Wiki, "Damage", attack cooldown)."""
    sword = tool in SWORD_DAMAGE
    damage, full = (SWORD_DAMAGE[tool], SWORD_TICKS) if sword else (FIST_DAMAGE, FIST_TICKS)
    force = min(1.0, (ticks_since + 0.5) / full)
    return damage * (0.2 + 0.8 * force * force)


def bow_speed(drawn_ticks: int) -> float:
    """Metres a second of an arrow after so many ticks of drawing (Minecraft Wiki, "Bow"); 0 for too short a draw."""
    share = drawn_ticks / 20.0
    power = min(1.0, (share * share + 2.0 * share) / 3.0)
    return power * 60.0 if power >= 0.1 else 0.0
