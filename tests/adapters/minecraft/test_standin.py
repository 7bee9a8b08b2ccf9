"""The stand-in engine by itself: its wire as MalmoEnv has it, its commands, and the rules of the game."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from evalsuite.adapters.minecraft.frame import FLOOR_Y
from evalsuite.adapters.minecraft.standin import items
from evalsuite.adapters.minecraft.standin.game import RehearsalGame
from evalsuite.adapters.minecraft.standin.wire import serve_connection

GROUND = f"chat /fill -20 {FLOOR_Y - 2} -20 20 {FLOOR_Y - 1} 20 minecraft:stone"
HOME = f"chat /tp @p 0.5 {FLOOR_Y} 0.5 180 0"


@pytest.fixture
def game() -> RehearsalGame:
    made = RehearsalGame()
    made.step([GROUND])
    made.step([HOME])
    return made


def counter(game: RehearsalGame, name: str) -> dict[str, int]:
    counts = game.facts().get(name, {})
    assert isinstance(counts, dict)
    return counts


class Wire:
    """A client of the wire, message by message."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, text: str) -> None:
        self._connection.sendall(struct.pack("!I", len(text.encode())) + text.encode())

    def receive(self) -> bytes:
        (length,) = struct.unpack("!I", self._read(4))
        return self._read(length)

    def _read(self, count: int) -> bytes:
        content = b""
        while len(content) < count:
            part = self._connection.recv(count - len(content))
            assert part, "the stand-in closed the connection"
            content += part
        return content


@pytest.fixture
def wire() -> Iterator[Wire]:
    mine, theirs = socket.socketpair()
    mine.settimeout(20.0)
    thread = threading.Thread(target=serve_connection, args=(theirs, RehearsalGame()), daemon=True)
    thread.start()
    client = Wire(mine)
    client.send("<MalmoEnv0.37.0/>")
    yield client
    client.send("<Disconnect/>")
    thread.join(timeout=5.0)
    assert not thread.is_alive()
    mine.close()
    theirs.close()


MISSION = "<MissionInit><VideoProducer><Width>64 </Width><Height>36</Height></VideoProducer></MissionInit>"


def test_a_mission_a_peek_and_a_step_are_answered_as_the_clients_expect(wire: Wire) -> None:
    wire.send("<Quit/>")
    assert wire.receive() == struct.pack("!I", 1)
    wire.send(MISSION)
    wire.send("uid:0:0:1:true:7")
    assert wire.receive() == struct.pack("!I", 1)
    wire.send("<Peek/>")
    assert len(wire.receive()) == 64 * 36 * 3
    facts = json.loads(wire.receive())
    assert {"inventory", "xpos", "ypos", "zpos", "pitch", "yaw", "isGuiOpen"} <= set(facts)
    assert wire.receive() == b"\0"
    wire.send(f"<StepClient0>camera 10 5\n{HOME}</StepClient0 >")
    assert len(wire.receive()) == 64 * 36 * 3
    assert struct.unpack("!dbb", wire.receive()) == (0.0, 0, 1)
    assert json.loads(wire.receive())["ypos"] == pytest.approx(FLOOR_Y, abs=0.1)
    wire.send("<StepServer></StepServer>")


def test_voxels_and_mobs_are_told_relative_to_the_player(game: RehearsalGame) -> None:
    game.step([f"chat /setblock 2 {FLOOR_Y} -3 minecraft:diamond_ore"])
    game.step([f'chat /summon minecraft:sheep -1.5 {FLOOR_Y} 4.5 {{NoAI:1b,Tags:["a"]}}'])
    game.step(["voxels -4,4,0,1,-4,4", "mobs -9,9,-9,9,-9,9"])
    facts = game.facts()
    assert facts["voxels"] == [{"type": "minecraft:diamond_ore", "x": 2, "y": 0, "z": -3}]
    assert facts["mobs"] == [{"name": "sheep", "x": -2.0, "y": 0.0, "z": 4.0}]


def test_digging_needs_the_key_held_and_counts_the_block(game: RehearsalGame) -> None:
    game.step([f"chat /setblock 0 {FLOOR_Y + 1} -2 minecraft:oak_planks"])
    for _ in range(3):
        game.step(["attack 1"])
        game.step([])
    assert "mine_block" not in game.facts()
    for _ in range(round(1 / items.dig_progress("oak_planks", "air")) + 1):
        game.step(["attack 1"])
    assert counter(game, "mine_block") == {"oak_planks": 1}


def test_holding_attack_is_one_blow_and_pressing_it_again_is_another(game: RehearsalGame) -> None:
    game.step([f'chat /summon minecraft:cow 0.5 {FLOOR_Y} -1.5 {{NoAI:1b,Tags:["a"]}}'])
    game.step(["camera 25 0"])
    for _ in range(30):
        game.step(["attack 1"])
    one = counter(game, "damage_dealt")["damage_dealt"]
    game.step([])
    game.step(["attack 1"])
    assert counter(game, "damage_dealt")["damage_dealt"] > one


def test_an_arrow_is_let_go_with_the_key_and_kills_with_the_players_statistic(game: RehearsalGame) -> None:
    game.step([f'chat /summon minecraft:chicken 0.5 {FLOOR_Y} -4.5 {{NoAI:1b,Tags:["a"]}}'])
    game.step(["chat /replaceitem entity @p hotbar.0 minecraft:bow 1"])
    game.step(["chat /replaceitem entity @p hotbar.1 minecraft:arrow 64"])
    game.step(["camera 12 0"])
    for _ in range(3):
        for _ in range(20):
            game.step(["use 1"])
        for _ in range(10):
            game.step([])
        if counter(game, "kill_entity"):
            break
    assert counter(game, "kill_entity") == {"chicken": 1}
    assert counter(game, "use_item")["bow"] >= 1


def test_a_chest_opens_a_window_that_only_the_inventory_key_closes(game: RehearsalGame) -> None:
    game.step([f"chat /setblock 0 {FLOOR_Y + 1} -2 minecraft:chest"])
    game.step(["use 1"])
    assert game.facts()["isGuiOpen"]
    assert counter(game, "custom") == {"open_chest": 1}
    before = game.facts()["zpos"]
    game.step(["forward 1"])
    assert game.facts()["zpos"] == before
    game.step(["inventory 1"])
    assert not game.facts()["isGuiOpen"]


def test_a_block_dug_out_of_a_filled_wall_leaves_the_rest_standing(game: RehearsalGame) -> None:
    game.step([f"chat /fill -3 {FLOOR_Y} -4 3 {FLOOR_Y + 3} -4 minecraft:cobblestone"])
    game.step([f"chat /setblock 0 {FLOOR_Y + 1} -4 minecraft:air"])
    kinds = {cell: game.terrain.kind_at(cell) for cell in [(0, 3, 1), (0, 3, 0), (1, 3, 1), (-3, 3, 3)]}
    assert kinds.pop((0, 3, 1)) == "air"
    assert set(kinds.values()) == {"cobblestone"}


def test_what_a_command_changed_shows_in_the_frame_after_its_own(game: RehearsalGame) -> None:
    game.step([])
    before = game.picture()
    game.step([f"chat /setblock 0 {FLOOR_Y + 1} -2 minecraft:gold_block"])
    assert game.picture() == before
    game.step([])
    assert not np.array_equal(np.frombuffer(game.picture(), np.uint8), np.frombuffer(before, np.uint8))
