"""What a mission's XML asks for before the first tick: blocks drawn, the agent set down, things in its hands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evalsuite.adapters.minecraft.frame import cell_from_minecraft, from_minecraft, yaw_from_minecraft

if TYPE_CHECKING:
    from evalsuite.adapters.minecraft.standin.game import RehearsalGame

_ELEMENT = re.compile(r"<(DrawCuboid|Placement|InventoryObject|InventoryItem)\b([^>]*?)/?>")
_ATTRIBUTE = re.compile(r"(\w+)\s*=\s*[\"']([^\"']*)[\"']")


def prepare(game: RehearsalGame, mission: str) -> None:
    """Carry out the mission's drawing, placement and inventory, in the order in which they are written."""
    for element, text in _ELEMENT.findall(mission):
        given = dict(_ATTRIBUTE.findall(text))
        if element == "DrawCuboid":
            a, b = (cell_from_minecraft(*(round(float(given[f"{axis}{end}"])) for axis in "xyz")) for end in "12")
            low = (min(a[0], b[0]), min(a[1], b[1]), min(a[2], b[2]))
            high = (max(a[0], b[0]), max(a[1], b[1]), max(a[2], b[2]))
            game.terrain.fill(low, high, given["type"])
        elif element == "Placement":
            place = from_minecraft(*(float(given[axis]) for axis in "xyz"))
            game.teleport(place, (yaw_from_minecraft(float(given["yaw"])), float(given.get("pitch", 0.0))))
        else:
            game.inventory[int(given["slot"])] = (given["type"], int(given.get("quantity", 1)))
