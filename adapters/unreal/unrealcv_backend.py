"""An Unreal binary with the UnrealCV plugin, behind the backend's door.

It looks through cameras of its own: the agent's, one for goal views and one for depth. So nothing that is looked at
moves the agent, and a map's own player and its camera are left alone. The game is paused throughout; what was
asked for takes effect all the same, since pictures are captured at the command.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.unreal.backend import Depth, Motion, Prop, View
from evalsuite.adapters.unreal.specification import HEIGHT, HORIZONTAL_FOV, WIDTH
from evalsuite.adapters.unreal.standin_process import StandIn
from evalsuite.adapters.unreal.unrealcv_axes import CENTIMETRES, Rotation, UnrealAxes, written
from evalsuite.adapters.unreal.unrealcv_client import UnrealCvConnection
from evalsuite.adapters.unreal.unrealcv_map import SceneMap
from evalsuite.crossview.geometry import Point, Pose
from evalsuite.errors import SimulatorFault

DEPTH_SIZE = (160, 120)
FARTHEST_CENTIMETRES = 60000.0
"""The depth picture is of half floats, which end at 65504: beyond this there is nothing."""

MOVED_CENTIMETRES = 1.0
"""How far from where it was put a thing may be found; UnrealCV says "ok" to moving what can't be moved."""

MASK_SOURCE = "object_mask, the target in a colour of its own (goal views: in two, one after the other), with occlusion"
PROBES: Mapping[str, tuple[str, ...]] = {
    "set_move 0.000 0.000": ("set_move", "set_jump", "set_open_door"),
    "is_carrying": ("carry_body", "drop_body"),
}
"""UnrealZoo's own verbs, of its playable humans: what changes nothing, and what a human that answers to it can do."""

VERB_SECONDS = 0.2
"""How long the game runs for a verb to be carried out; UnrealZoo's own environment waits as long."""

HUMAN_CAMERA = (20.0, 0.0, 0.0)
HUMAN_TURN_DEGREES = 30.0
HUMAN_SPEED = 100.0
"""Of the published rescue's player: where its camera is, in centimetres before its head, and its ranges (ATEC's
`Mixed` action; arXiv 2507.23698, table 4)."""

_COLOURS = ((251, 3, 197), (5, 249, 71))


class UnrealCvBackend:
    """One connection to one binary.

    Args:
        connection: open; closed by `close`.
        scene_map: what the binary's things are called.
        stand_in: the process behind the connection, in a rehearsal; ended by `close`.
        as_human: look through the playable human's own camera, and move it by UnrealZoo's verbs.

    Raises:
        SimulatorFault: when the binary shows another map, or can't do what is needed.
    """

    mask_source = MASK_SOURCE

    def __init__(
        self,
        connection: UnrealCvConnection,
        scene_map: SceneMap,
        *,
        stand_in: StandIn | None = None,
        as_human: bool = False,
        size: tuple[int, int] = (WIDTH, HEIGHT),
    ) -> None:
        self._connection, self._map, self._stand_in = connection, scene_map, stand_in
        self._axes = UnrealAxes(scene_map.origin)
        self._spawned: dict[str, str] = {}
        self._found: dict[str, tuple[str, str]] = {}
        self._hidden: set[str] = set()
        self._coloured: set[str] = set()
        self._poses: dict[int, tuple[Point, Rotation]] = {}
        self._own_cameras: list[str] = []
        self._human = scene_map.player if as_human else None
        level = connection.ask("vget /level/name")
        if level != scene_map.level:
            raise SimulatorFault(
                f"the binary shows the map {level!r}, and the file of {scene_map.name!r} is for {scene_map.level!r}: "
                "name another file in EVALSUITE_UNREALCV_MAP, or write one with scene_list"
            )
        self._version = connection.reply("vget /unrealcv/version")
        self.pause()
        self._agent_camera = self._players_camera(size) if as_human else self._new_camera(size)
        self._goal_camera, self._depth_camera = self._new_camera(size), self._new_camera(DEPTH_SIZE)
        self.verbs = self._known_verbs()
        if scene_map.player is not None and not as_human:
            self._hide(scene_map.player)

    @property
    def engine(self) -> Mapping[str, str]:
        return {
            "backend": "unrealcv",
            "mode": "human" if self._human else "camera",
            "unrealcv": self._version,
            "map": self._map.level,
            "verbs": " ".join(self.verbs) or "none",
        }

    def agent_pose(self) -> Pose:
        location, rotation = self._where(self._agent_camera)
        return self._axes.pose_from_unreal(location, rotation)

    def place_agent(self, pose: Pose) -> None:
        if self._human is None:
            self._aim(self._agent_camera, pose)
            return
        # The eye is where the human's camera is; the human is moved by what it is off.
        pitch, yaw, _ = self._axes.pose_to_unreal(pose)[1]
        self._object(self._human, f"rotation {written(0.0, yaw, 0.0)}")
        self.tilt(pitch)
        eye, _ = self._where(self._agent_camera)
        wanted = self._axes.to_unreal(pose.position)
        here = self._numbers(f"vget /object/{self._human}/location", 3)
        there = (here[0] + wanted[0] - eye[0], here[1] + wanted[1] - eye[1], here[2])
        self._object(self._human, f"location {written(*there)}")

    def view(self, target: str, camera: Pose | None = None) -> View:
        if camera is None:
            number = self._agent_camera
        else:
            number = self._goal_camera
            self._aim(number, camera)
        image = self._connection.picture(f"vget /camera/{number}/lit png")
        if not self._exists(target):
            return View(image, np.zeros(image.shape[:2], np.uint8))
        if camera is None:
            if target not in self._coloured:
                self._colour(target, _COLOURS[1])
            mask = self._shown(number, _COLOURS[1])
        else:
            # Another actor may have one of the two colours by chance; none changes along with the target.
            self._colour(target, _COLOURS[0])
            first = self._shown(number, _COLOURS[0])
            self._colour(target, _COLOURS[1])
            mask = first & self._shown(number, _COLOURS[1])
        if mask.shape != image.shape[:2]:
            raise SimulatorFault(f"UnrealCV's picture is {image.shape[:2]} and its mask {mask.shape} pixels")
        return View(image, mask)

    def depth(self, camera: Pose) -> tuple[Depth, float] | None:
        self._aim(self._depth_camera, camera)
        centimetres = self._connection.array(f"vget /camera/{self._depth_camera}/depth npy")
        if centimetres.shape != DEPTH_SIZE[::-1]:
            raise SimulatorFault(f"UnrealCV's depth is {centimetres.shape}, not {DEPTH_SIZE[::-1]}")
        metres = np.where(centimetres < FARTHEST_CENTIMETRES, centimetres / np.float32(CENTIMETRES), np.float32(np.inf))
        return metres.astype(np.float32), HORIZONTAL_FOV

    def objects(self) -> tuple[str, ...]:
        return tuple(self._connection.ask("vget /objects").split())

    def spawn(self, props: Sequence[Prop]) -> None:
        """Raises `SimulatorFault` where the map's file names no class for that kind, or it can't be spawned."""
        for prop in props:
            uclass = self._map.classes.get(prop.kind)
            if uclass is None:
                raise SimulatorFault(
                    f"the file of map {self._map.name!r} names no class for a {prop.kind}: add it there"
                )
            # The name is left to Unreal: that of a thing just destroyed is taken until its garbage is collected.
            actor = self._connection.ask(f"vset /objects/spawn {uclass}")
            self._spawned[prop.name] = actor
            # What was never given a colour is seen through in object_mask and in depth.
            self._object(actor, "color 90 90 90")
            low, high = self._bounds(actor)
            # Bounds run along x (north), y (east) and z; sizes along east, north and up.
            wanted = (prop.size[1], prop.size[0], prop.size[2])
            now = [b - a for a, b in zip(low, high, strict=True)]
            if min(now) <= 0.0:
                raise SimulatorFault(f"Unreal's {uclass} has no extent; name another class in the map's file")
            scale = [metres * CENTIMETRES / extent for metres, extent in zip(wanted, now, strict=True)]
            self._object(actor, f"scale {written(*scale)}")
            self.place(prop.name, prop.middle, prop.yaw)

    def destroy(self, name: str) -> None:
        self._object(self._actor(name), "destroy")
        self._spawned.pop(name, None)
        self._coloured.discard(name)

    def place(self, name: str, middle: Point, yaw: float = 0.0) -> None:
        self._put(name, middle, yaw, 0.5)

    def stand(self, name: str, x: float, y: float, yaw: float = 0.0) -> Point:
        """Put a thing on the floor (z = 0) at (x, y); returns the middle of its body."""
        self._put(name, (x, y, 0.0), yaw, 0.0)
        middle = self.middle(name)
        assert middle is not None
        return middle

    def middle(self, name: str) -> Point | None:
        if not self._exists(name):
            return None
        low, high = self._bounds(self._actor(name))
        return self._axes.from_unreal(_between(low, high, 0.5))

    def hide(self, name: str) -> None:
        """Take a thing out of sight, as one that is carried."""
        self._hide(self._actor(name))

    def show(self, name: str) -> None:
        """Bring it back to sight."""
        self._object(self._actor(name), "show")
        self._hidden.discard(self._actor(name))

    def contacts(self) -> tuple[str, ...]:
        return ()

    def pause(self) -> None:
        self._connection.ask("vset /action/game/pause")

    def drive(self, motion: Motion, seconds: float) -> None:
        """By `set_move`, in the engine's own time: UnrealCV can't let a number of ticks pass.

        The published action is what it takes: a turn of at most 30 degrees, and a velocity within +-100.
        """
        human = self._require("set_move")
        if motion.look:
            pitch = self._where(self._agent_camera)[1][0] - motion.look
            self.tilt(_limited(pitch, 90.0))
        turn = _limited(motion.turn * seconds, HUMAN_TURN_DEGREES)
        speed = _limited(motion.forward * CENTIMETRES, HUMAN_SPEED)
        self._connection.ask(f"vbp {human} set_move {written(turn, speed)}")
        self._connection.ask("vset /action/game/resume")
        time.sleep(seconds)
        self.pause()
        self._connection.ask(f"vbp {human} set_move {written(0.0, 0.0)}")

    def tilt(self, pitch: float) -> None:
        """Point the human's camera up (+) or down, in degrees."""
        self._connection.ask(f"vbp {self._human} set_cam {written(*HUMAN_CAMERA, 0.0, pitch, 0.0)}")

    def verb(self, verb: str) -> None:
        """One of UnrealZoo's verbs, done by its human. Raises `SimulatorFault` when it does not know it."""
        argument = " 1" if verb == "set_open_door" else ""
        self._connection.ask(f"vbp {self._require(verb)} {verb}{argument}")
        self._connection.ask("vset /action/game/resume")
        time.sleep(VERB_SECONDS)
        self.pause()

    def is_carried(self, name: str) -> bool:
        """What UnrealZoo itself says of it."""
        reply = self._connection.ask(f"vbp {self._actor(name)} is_picked")
        if "1" not in reply and "0" not in reply:
            raise SimulatorFault(f"UnrealCV replies {reply!r} to is_picked, which is neither 0 nor 1")
        return "1" in reply

    def clear(self) -> None:
        for name in list(self._spawned):
            self.destroy(name)
        for actor in list(self._hidden):
            if actor != self._map.player:
                self._object(actor, "show")
                self._hidden.discard(actor)

    def close(self) -> None:
        with contextlib.suppress(SimulatorFault):
            self.clear()
            for actor in self._hidden:
                self._object(actor, "show")
            for actor, (location, rotation) in self._found.items():
                self._object(actor, f"rotation {rotation}")
                self._object(actor, f"location {location}")
            for actor in self._own_cameras:
                self._object(actor, "destroy")
            self._connection.ask("vset /action/game/resume")
        self._connection.close()
        stand_in, self._stand_in = self._stand_in, None
        if stand_in is not None:
            stand_in.close()

    def _players_camera(self, size: tuple[int, int]) -> int:
        number = self._map.player_camera
        if self._human is None or number is None:
            raise SimulatorFault(
                f"the file of map {self._map.name!r} names no player and player_camera: add both there"
            )
        self._set_lens(number, size)
        return number

    def _new_camera(self, size: tuple[int, int]) -> int:
        """Spawn a camera and find its number: only the camera's actor has a name, only its sensor a number."""
        reply = self._connection.reply("vset /cameras/spawn")
        if reply.startswith("error"):
            raise SimulatorFault(
                f"UnrealCV {self._version} can't spawn a camera ({reply}): use a binary with 0.4 or newer"
            )
        self._own_cameras.append(reply)
        lot = (90001.0 + len(self._own_cameras), 80002.0, 70003.0)
        self._object(reply, f"location {written(*lot)}")
        count = len(self._connection.ask("vget /cameras").split())
        for number in reversed(range(count)):
            if self._numbers(f"vget /camera/{number}/location", 3) == lot:
                self._set_lens(number, size)
                return number
        raise SimulatorFault(f"UnrealCV spawned the camera {reply} and none of its {count} cameras is there")

    def _set_lens(self, number: int, size: tuple[int, int]) -> None:
        self._connection.ask(f"vset /camera/{number}/size {size[0]} {size[1]}")
        self._connection.ask(f"vset /camera/{number}/fov {written(HORIZONTAL_FOV)}")
        width, height = self._numbers(f"vget /camera/{number}/size", 2)
        (fov,) = self._numbers(f"vget /camera/{number}/fov", 1)
        if (int(width), int(height)) != size or abs(fov - HORIZONTAL_FOV) > 0.01:
            raise SimulatorFault(f"UnrealCV's camera {number} stays at {width:g} x {height:g} pixels, {fov:g} degrees")

    def _known_verbs(self) -> tuple[str, ...]:
        player = self._map.player
        known: list[str] = []
        for probe, verbs in PROBES.items() if player is not None else ():
            if not self._connection.reply(f"vbp {player} {probe}").startswith("error"):
                known += verbs
        return tuple(known)

    def _require(self, verb: str) -> str:
        if self._human is None or verb not in self.verbs:
            raise SimulatorFault(
                f"the binary has no human that knows {verb!r}: use UnrealZoo's, or leave the body at walking"
            )
        return self._human

    def _aim(self, number: int, pose: Pose) -> None:
        location, rotation = self._axes.pose_to_unreal(pose)
        was = self._poses.pop(number, None)
        if was is None or was[0] != location:
            self._connection.ask(f"vset /camera/{number}/location {written(*location)}")
        if was is None or was[1] != rotation:
            self._connection.ask(f"vset /camera/{number}/rotation {written(*rotation)}")
        self._poses[number] = (location, rotation)

    def _where(self, number: int) -> tuple[Point, Rotation]:
        x, y, z = self._numbers(f"vget /camera/{number}/location", 3)
        pitch, yaw, roll = self._numbers(f"vget /camera/{number}/rotation", 3)
        return (x, y, z), (pitch, yaw, roll)

    def _shown(self, number: int, colour: tuple[int, int, int]) -> NDArray[np.uint8]:
        picture = self._connection.picture(f"vget /camera/{number}/object_mask png")
        mask: NDArray[np.uint8] = (picture == np.array(colour, np.uint8)).all(axis=-1).astype(np.uint8)
        return mask

    def _colour(self, name: str, colour: tuple[int, int, int]) -> None:
        for other in self._coloured - {name}:
            self._object(self._actor(other), "color 90 90 90")
        self._coloured = {name}
        self._object(self._actor(name), "color {} {} {}".format(*colour))

    def _put(self, name: str, wanted: Point, yaw: float, height: float) -> None:
        """Bring the point at `height` (0 underside, 1 top) above the middle of a thing to `wanted`."""
        actor, aim = self._actor(name), self._axes.to_unreal(wanted)
        if name in self._map.objects and actor not in self._found:
            place, turn = (self._connection.ask(f"vget /object/{actor}/{what}") for what in ("location", "rotation"))
            self._found[actor] = (place, turn)
        # Its own location first, whatever point of its body that is: where it ends must not hang on where it was.
        self._object(actor, f"rotation {written(0.0, yaw, 0.0)}")
        self._object(actor, f"location {written(*aim)}")
        is_at = _between(*self._bounds(actor), height)
        there = [2 * wanted - found for wanted, found in zip(aim, is_at, strict=True)]
        self._object(actor, f"location {written(*there)}")
        now = _between(*self._bounds(actor), height)
        if max(abs(a - b) for a, b in zip(now, aim, strict=True)) > MOVED_CENTIMETRES:
            mobility = self._connection.reply(f"vget /object/{actor}/mobility")
            raise SimulatorFault(
                f"Unreal did not move {actor}, whose mobility is {mobility}: name a movable one in the map's file"
            )

    def _bounds(self, actor: str) -> tuple[Point, Point]:
        a, b, c, d, e, f = self._numbers(f"vget /object/{actor}/bounds", 6)
        return (a, b, c), (d, e, f)

    def _exists(self, name: str) -> bool:
        return name in self._spawned or name in self._map.objects

    def _actor(self, name: str) -> str:
        actor = self._spawned.get(name) or self._map.objects.get(name)
        if actor is None:
            raise SimulatorFault(f"nothing in the scene goes by the name {name!r}")
        return actor

    def _hide(self, actor: str) -> None:
        self._object(actor, "hide")
        self._hidden.add(actor)

    def _object(self, actor: str, command: str) -> None:
        reply = self._connection.reply(f"vset /object/{actor}/{command}")
        if reply.startswith("error"):
            raise SimulatorFault(
                f"UnrealCV can't {command.split()[0]} {actor!r} ({reply}): write the map's file anew with scene_list"
            )

    def _numbers(self, command: str, count: int) -> tuple[float, ...]:
        reply = self._connection.ask(command)
        try:
            numbers = tuple(float(word) for word in reply.split())
        except ValueError as error:
            raise SimulatorFault(
                f"UnrealCV replies {reply[:80]!r} to {command!r}, where {count} numbers belong"
            ) from error
        if len(numbers) != count or not np.isfinite(numbers).all():
            raise SimulatorFault(f"UnrealCV replies {reply[:80]!r} to {command!r}, where {count} numbers belong")
        return numbers


def _limited(value: float, most: float) -> float:
    return max(-most, min(most, value))


def _between(low: Point, high: Point, height: float) -> Point:
    """Middle of a box, at a share of its height."""
    return ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2] + height * (high[2] - low[2]))
