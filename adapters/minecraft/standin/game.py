"""A player in the rehearsal world, ruled like Minecraft where a scenario can tell: walking, digging, blows, arrows."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator

from evalsuite.adapters.minecraft.frame import FLOOR_Y, cell_to_minecraft, to_minecraft, yaw_to_minecraft
from evalsuite.adapters.minecraft.standin import items
from evalsuite.adapters.minecraft.standin.commands import carry_out
from evalsuite.adapters.minecraft.standin.missions import prepare
from evalsuite.adapters.minecraft.standin.terrain import Terrain
from evalsuite.adapters.rehearsal import Body, Happening, Hit, Renderer, Stride, World, cast
from evalsuite.adapters.rehearsal.body import SNEAK_SPEED, SPRINT_SPEED, WALK_SPEED
from evalsuite.crossview.geometry import Point

TICK = 0.05
VERTICAL_FOV = 70.0
BLOCK_REACH = 4.5
MOB_REACH = 3.0
UNHURT_TICKS = 10
_FIRST_TOOL = ("air", 0)
_FAR_BELOW = -90.0
_DRAWN_AS = {"llama": "horse", "cat": "wolf", "rabbit": "chicken"}
"""Mobs that the rehearsal world has no figure for, and the one that stands in."""

Range = tuple[int, int, int, int, int, int]


class RehearsalGame:
    """One player in one world; a mission makes both anew."""

    def __init__(self) -> None:
        self.begin("", "none:0:0:1:true:0", (640, 360))

    def begin(self, mission: str, token: str, size: tuple[int, int]) -> None:
        parts = token.split(":")
        self._size = size
        self.world = World("minecraft", parts[5] if len(parts) > 5 else "0", ground="grass", ground_z=_FAR_BELOW)
        self.terrain = Terrain(self.world)
        self._renderer = Renderer(self.world)
        self._body = Body(position=(0.5, -0.5, _FAR_BELOW))
        self.inventory: dict[int, tuple[str, int]] = {}
        self.tags: dict[int, str] = {}
        self.spectator = False
        self._minds: dict[int, object] = {}
        self._counters: dict[str, Counter[str]] = {}
        self._held: frozenset[str] = frozenset()
        self._window = False
        self._drawn = 0
        self._dug: tuple[tuple[int, int, int], float] | None = None
        self._ticks = self._struck = 0
        self._hurt: dict[int, int] = {}
        self._asked: dict[str, Range] = {}
        self._picture = b""
        self._commanded = False
        prepare(self, mission)

    def step(self, lines: list[str]) -> None:
        self._ticks += 1
        self._asked = {}
        self._commanded = any(line.startswith("chat ") for line in lines)
        pressed, turn = set(), (0.0, 0.0)
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "chat":
                wrong = carry_out(self, rest)
                if wrong:
                    print(f"stand-in: {wrong}", flush=True)
            elif word == "camera":
                pitch, yaw = (float(degrees) for degrees in rest.split())
                turn = (pitch, yaw)
            elif word in ("voxels", "mobs"):
                a, b, c, d, e, f = (int(float(number)) for number in rest.split(","))
                self._asked[word] = (a, b, c, d, e, f)
            elif rest.strip() == "1":
                pressed.add(word)
        self._act(frozenset(pressed), turn)
        self._note(self.world.step(TICK))

    def picture(self) -> bytes:
        """A command shows in the frame after its own, as in Minecraft, where the server carries it out later."""
        if not (self._commanded and self._picture):
            width, height = self._size
            seen = self._renderer.render(self._body.pose, width, height, vertical_fov=VERTICAL_FOV)
            self._picture = seen.rgb[::-1].tobytes()
        return self._picture

    def facts(self) -> dict[str, object]:
        x, y, z = to_minecraft(self._body.position)
        slots = [(slot, *self.inventory.get(slot, ("air", 0))) for slot in range(36)]
        found: dict[str, object] = {
            "inventory": [{"slot_id": slot, "type": kind, "quantity": count} for slot, kind, count in slots],
            "equipped_items": {"mainhand": json.dumps({"type": self._tool, "damage": 0, "maxDamage": 0})},
            "xpos": x,
            "ypos": y,
            "zpos": z,
            "pitch": self._body.pitch,
            "yaw": yaw_to_minecraft(self._body.yaw),
            "isGuiOpen": self._window,
            "health": 20.0,
            "food_level": 20,
            **{name: dict(counts) for name, counts in self._counters.items()},
            # Minecraft 1.11 nests its statistics; MineRL 0.4.4 reads them so.
            "stat": {name: {"minecraft": dict(counts)} for name, counts in self._counters.items()},
        }
        if "voxels" in self._asked:
            found["voxels"] = self._voxels(self._asked["voxels"])
        if "mobs" in self._asked:
            found["mobs"] = self._mobs(self._asked["mobs"])
        return found

    def summon(self, kind: str, place: Point, yaw: float, tag: str, *, awake: bool) -> None:
        mob = self.world.add_mob(_DRAWN_AS.get(kind, kind), place, yaw, name=kind)
        self.tags[mob] = tag
        self.rouse(mob, awake=awake)

    def rouse(self, mob: int, *, awake: bool) -> None:
        """Let a mob's mind move it, or take its mind away."""
        thing = self.world.things[mob]
        if thing.mob is not None:
            self._minds[mob] = thing.mob
        thing.mob = self._minds[mob] if awake else None  # type: ignore[assignment]

    def dismiss(self, identity: int) -> None:
        self.world.things.pop(identity, None)
        self.tags.pop(identity, None)

    def movables(self) -> Iterator[int]:
        """Ids of mobs, arrows and items."""
        for thing in list(self.world.things.values()):
            if thing.id in self.tags or thing.flight is not None or thing.item:
                yield thing.id

    def teleport(self, place: Point, turn: tuple[float, float] | None) -> None:
        self._body.position = place
        self._body.vertical_speed = 0.0
        if turn is not None:
            self._body.yaw, self._body.pitch = turn

    @property
    def _tool(self) -> str:
        return self.inventory.get(0, _FIRST_TOOL)[0]

    def _act(self, pressed: frozenset[str], turn: tuple[float, float]) -> None:
        fresh = pressed - self._held
        self._held = pressed
        if self._window:
            if "inventory" in fresh:
                self._window = False
            pressed = fresh = frozenset()
            turn = (0.0, 0.0)
        self._body.turn(*turn)
        if not self.spectator:
            self._walk(pressed)
            self._attack(pressed, fresh)
            self._use(pressed, fresh)

    def _walk(self, pressed: frozenset[str]) -> None:
        ahead = ("forward" in pressed) - ("back" in pressed)
        right = ("right" in pressed) - ("left" in pressed)
        speed = SNEAK_SPEED if "sneak" in pressed else WALK_SPEED
        if "sprint" in pressed and ahead > 0 and "sneak" not in pressed:
            speed = SPRINT_SPEED
        if self._drawn:
            speed *= 0.2
        share = speed / (math.hypot(ahead, right) or 1.0)
        stride = Stride(ahead * share, right * share, jump="jump" in pressed, sneak="sneak" in pressed)
        self._body.step(self.world, TICK, stride)

    def _looked_at(self, reach: float) -> Hit | None:
        passed = {thing.id for thing in self.world.things.values() if thing.flight is not None or thing.item}
        return cast(self.world, self._body.eye, self._body.direction, reach, ignore=passed)

    def _attack(self, pressed: frozenset[str], fresh: frozenset[str]) -> None:
        if "attack" not in pressed:
            self._dug = None
            return
        hit = self._looked_at(BLOCK_REACH)
        if hit is None or hit.id in self.tags:
            self._dug = None
            if "attack" in fresh:
                self._strike(hit)
            return
        cell = self._cell(hit)
        if cell is None:
            return
        before = self._dug[1] if self._dug is not None and self._dug[0] == cell else 0.0
        kind = self.terrain.kind_at(cell)
        done = before + items.dig_progress(kind, self._tool)
        self._dug = (cell, done)
        if done >= 1.0:
            self.terrain.set(cell, "air")
            self._count("mine_block", kind)
            self._dug = None

    def _strike(self, hit: Hit | None) -> None:
        since, self._struck = self._ticks - self._struck, self._ticks
        if hit is None or hit.distance > MOB_REACH:
            return
        if self._ticks - self._hurt.get(hit.id, -UNHURT_TICKS) < UNHURT_TICKS:
            return
        self._hurt[hit.id] = self._ticks
        damage = items.blow(self._tool, since)
        self._count("damage_dealt", "damage_dealt", round(damage * 10))
        self._note(self.world.damage(hit.id, damage, source=self._body.position, means="melee"))

    def _use(self, pressed: frozenset[str], fresh: frozenset[str]) -> None:
        if "use" in fresh:
            hit = self._looked_at(BLOCK_REACH)
            cell = self._cell(hit) if hit is not None else None
            kind = self.terrain.kind_at(cell) if cell is not None else "air"
            if kind in items.OPENED and "sneak" not in pressed:
                self._window = True
                self._count("custom", items.OPENED[kind])
                self._drawn = 0
                return
            if hit is not None and cell is not None:
                self._use_on(cell, kind, hit)
        arrows = next((slot for slot, (kind, count) in self.inventory.items() if kind == "arrow" and count), None)
        if "use" in pressed and self._tool == "bow" and arrows is not None:
            self._drawn += 1
        elif self._drawn:
            drawn, self._drawn = self._drawn, 0
            speed = items.bow_speed(drawn)
            if speed and arrows is not None:
                self.inventory[arrows] = ("arrow", self.inventory[arrows][1] - 1)
                self._count("use_item", "bow")
                damage = float(math.ceil(speed / 20.0 * 2.0))
                self.world.shoot(self._body.eye, self._body.direction, speed, owner=0, damage=damage)

    def _use_on(self, cell: tuple[int, int, int], kind: str, hit: Hit) -> None:
        """Put a block beside the face that is looked at, set fire to it, or till it."""
        item = self._tool
        above = (cell[0], cell[1], cell[2] + 1)
        if item in items.HOES and kind in items.TILLED and self.terrain.kind_at(above) == "air":
            self.terrain.set(cell, "farmland")
            self._count("use_item", item)
        elif item in items.PUT_DOWN:
            i, j, k = (c + round(n) for c, n in zip(cell, hit.normal, strict=True))
            if self.terrain.kind_at((i, j, k)) != "air":
                return
            self.terrain.set((i, j, k), items.PUT_DOWN[item])
            self._count("use_item", item)
            count = self.inventory[0][1] - (item != "flint_and_steel")
            self.inventory[0] = (item, count) if count else _FIRST_TOOL

    def _cell(self, hit: Hit | None) -> tuple[int, int, int] | None:
        if hit is None:
            return None
        x, y, z = (p - 1e-4 * n for p, n in zip(hit.point, hit.normal, strict=True))
        return self.terrain.cell_of(hit.id, (x, y, z))

    def _note(self, happenings: list[Happening]) -> None:
        for each in happenings:
            if each.what == "killed":
                self.tags.pop(each.id, None)
                self._count("kill_entity", each.name)

    def _count(self, counter: str, name: str, by: int = 1) -> None:
        self._counters.setdefault(counter, Counter())[name] += by

    def _voxels(self, asked: Range) -> list[dict[str, object]]:
        x, y, z = (math.floor(c) for c in to_minecraft(self._body.position))
        low = (x + asked[0], -(z + asked[5]) - 1, y + asked[2] - FLOOR_Y)
        high = (x + asked[1], -(z + asked[4]) - 1, y + asked[3] - FLOOR_Y)
        found = []
        for cell, kind in self.terrain.around(low, high):
            i, j, k = cell_to_minecraft(cell)
            found.append({"type": f"minecraft:{kind}", "x": i - x, "y": j - y, "z": k - z})
        return found

    def _mobs(self, asked: Range) -> list[dict[str, object]]:
        here = to_minecraft(self._body.position)
        found = []
        for mob in self.tags:
            thing = self.world.things[mob]
            away = [a - b for a, b in zip(to_minecraft(thing.position), here, strict=True)]
            if all(asked[2 * axis] <= away[axis] <= asked[2 * axis + 1] for axis in range(3)):
                found.append({"name": thing.name, "x": away[0], "y": away[1], "z": away[2]})
        return found
