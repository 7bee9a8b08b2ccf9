"""The commands that the adapter sends, as the stand-in carries them out (Minecraft Wiki, "Commands", 1.16)."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from evalsuite.adapters.minecraft.frame import cell_from_minecraft, from_minecraft, yaw_from_minecraft

if TYPE_CHECKING:
    from evalsuite.adapters.minecraft.standin.game import RehearsalGame

_PLAYERS = ("@p", "@s", "@a")
_WITHOUT_EFFECT = ("gamerule", "time", "weather", "difficulty", "forceload", "spawnpoint", "effect", "execute")


def carry_out(game: RehearsalGame, command: str) -> str:
    """Carry out one chat line; returns what was wrong with it, empty for nothing."""
    body, _, tags = command.lstrip("/").partition("{")
    words = shlex.split(body)
    if not words or words[0] in _WITHOUT_EFFECT:
        return ""
    action = _ACTIONS.get(words[0])
    if action is None:
        return f"unknown command {words[0]!r}"
    try:
        action(game, words[1:], tags)
    except (IndexError, ValueError, KeyError) as error:
        return f"{command!r}: {type(error).__name__}: {error}"
    return ""


def _name(word: str) -> str:
    return word.removeprefix("minecraft:").partition("[")[0]


def _cells(words: list[str]) -> tuple[int, int, int]:
    return cell_from_minecraft(int(words[0]), int(words[1]), int(words[2]))


def _setblock(game: RehearsalGame, words: list[str], tags: str) -> None:
    game.terrain.set(_cells(words), _name(words[3]))


def _fill(game: RehearsalGame, words: list[str], tags: str) -> None:
    corners = list(zip(_cells(words), _cells(words[3:]), strict=True))
    low, high = [min(pair) for pair in corners], [max(pair) for pair in corners]
    game.terrain.fill((low[0], low[1], low[2]), (high[0], high[1], high[2]), _name(words[6]))


def _summon(game: RehearsalGame, words: list[str], tags: str) -> None:
    place = from_minecraft(*(float(word) for word in words[1:4]))
    turned = re.search(r"Rotation:\[(-?[\d.]+)f?", tags)
    named = re.search(r'Tags:\["?([\w-]+)"?', tags)
    yaw = yaw_from_minecraft(float(turned.group(1))) if turned else 0.0
    game.summon(_name(words[0]), place, yaw, named.group(1) if named else "", awake="NoAI:1b" not in tags)


def _tp(game: RehearsalGame, words: list[str], tags: str) -> None:
    place = from_minecraft(*(float(word) for word in words[1:4]))
    turn = [float(word) for word in words[4:6]]
    if words[0].startswith(_PLAYERS):
        game.teleport(place, (yaw_from_minecraft(turn[0]), turn[1]) if turn else None)
        return
    for mob in _selected(game, words[0]):
        game.world.move(mob, place, yaw_from_minecraft(turn[0]) if turn else None)
        game.world.things[mob].velocity = (0.0, 0.0, 0.0)


def _kill(game: RehearsalGame, words: list[str], tags: str) -> None:
    for mob in _selected(game, words[0]):
        game.dismiss(mob)


def _data(game: RehearsalGame, words: list[str], tags: str) -> None:
    for mob in _selected(game, words[2]):
        if "NoAI:" in tags:
            game.rouse(mob, awake="NoAI:0b" in tags)


def _replaceitem(game: RehearsalGame, words: list[str], tags: str) -> None:
    area, _, number = words[2].partition(".")
    slot = int(number) + {"hotbar": 0, "inventory": 9}[area]
    game.inventory[slot] = (_name(words[3]), int(words[4]) if len(words) > 4 else 1)


def _clear(game: RehearsalGame, words: list[str], tags: str) -> None:
    game.inventory.clear()


def _gamemode(game: RehearsalGame, words: list[str], tags: str) -> None:
    game.spectator = words[0] == "spectator"


def _selected(game: RehearsalGame, selector: str) -> list[int]:
    tag = re.search(r"tag=([\w-]+)", selector)
    if tag:
        return [mob for mob, name in game.tags.items() if name == tag.group(1)]
    return list(game.movables()) if selector.startswith("@e") else []


_ACTIONS = {
    "setblock": _setblock,
    "fill": _fill,
    "summon": _summon,
    "tp": _tp,
    "teleport": _tp,
    "kill": _kill,
    "data": _data,
    "replaceitem": _replaceitem,
    "clear": _clear,
    "gamemode": _gamemode,
}
