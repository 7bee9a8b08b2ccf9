"""UnrealCV's commands, as the stand-in carries them out: same words, same patterns, same replies.

From the plugin's source (unrealcv/unrealcv, Source/UnrealCV/Private/Commands). Left out is what evalsuite does not ask.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal.looks import Colour
from evalsuite.adapters.unreal.standin_unrealcv_scene import (
    CASUALTY,
    LEVEL_NAME,
    PLAYER,
    Actor,
    Camera,
    Scene,
)
from evalsuite.crossview.geometry import Point

Reply = str | bytes
VERSION = "1.0.1"
PROJECT = "RescueStandIn"

NO_OBJECT = "error Cannot find object"
NO_CAMERA = "error Invalid sensor id"
INVALID = "error Argument Invalid"
OK = "ok"

_TYPES = {"str": r"([^ ]*)", "uint": r"(\d*)", "float": r"([-+]?\d*[.]?\d+)"}
_VIEWS = ("lit", "object_mask", "seg", "depth")


class Commands:
    """What the server answers in one scene."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        table: dict[str, Callable[..., Reply]] = {
            "vget /unrealcv/version": lambda: VERSION,
            "vget /unrealcv/status": lambda: "Is Listening\nClient Connected\n",
            "vget /unrealcv/echo [str]": lambda word: word,
            "vget /scene/name": lambda: PROJECT,
            "vget /level/name": lambda: LEVEL_NAME,
            "vget /objects": lambda: "".join(f"{name} " for name in self._names()),
            "vset /objects/spawn_cube": lambda: self._spawn("CubeActor"),
            "vset /objects/spawn_cube [str]": lambda name: self._spawn("CubeActor", name),
            "vset /objects/spawn [str]": self._spawn,
            "vset /objects/spawn [str] [str]": self._spawn,
            "vget /object/[str]/location": lambda name: self._read(name, lambda actor: actor.location),
            "vset /object/[str]/location [float] [float] [float]": self._set_location,
            "vget /object/[str]/rotation": lambda name: self._read(name, lambda actor: actor.rotation),
            "vset /object/[str]/rotation [float] [float] [float]": self._set_rotation,
            "vget /object/[str]/scale": lambda name: self._read(name, lambda actor: actor.scale),
            "vset /object/[str]/scale [float] [float] [float]": self._set_scale,
            "vget /object/[str]/color": self._colour,
            "vset /object/[str]/color [uint] [uint] [uint]": self._set_colour,
            "vget /object/[str]/mobility": self._mobility,
            "vset /object/[str]/show": lambda name: self._hide(name, False),
            "vset /object/[str]/hide": lambda name: self._hide(name, True),
            "vset /object/[str]/destroy": self._destroy,
            "vget /object/[str]/uclass_name": self._uclass,
            "vget /object/[str]/bounds": self._bounds,
            "vget /cameras": lambda: "FusionCamSensor " * len(scene.cameras),
            "vset /cameras/spawn": lambda: scene.spawn_camera().actor,
            "vget /camera/[uint]/location": lambda number: self._of_camera(number, lambda c: _three(scene.where(c)[0])),
            "vset /camera/[uint]/location [float] [float] [float]": self._set_camera_location,
            "vget /camera/[uint]/rotation": lambda number: self._of_camera(number, lambda c: _three(scene.where(c)[1])),
            "vset /camera/[uint]/rotation [float] [float] [float]": self._set_camera_rotation,
            "vget /camera/[uint]/fov": lambda number: self._of_camera(number, lambda c: f"{c.fov:f}"),
            "vset /camera/[uint]/fov [float]": self._set_fov,
            "vget /camera/[uint]/size": lambda number: self._of_camera(number, lambda c: "{} {}".format(*c.size)),
            "vset /camera/[uint]/size [uint] [uint]": self._set_size,
            **{
                f"vget /camera/[uint]/{view} [str]": lambda number, to, view=view: self._view(number, view, to)
                for view in _VIEWS
            },
            "vset /action/game/pause": lambda: self._pause(True),
            "vset /action/game/resume": lambda: self._pause(False),
            "vget /action/game/is_paused": lambda: "true" if scene.paused else "false",
            **{f"vbp [str] [str]{' [str]' * count}": self._blueprint for count in range(10)},
        }
        self._table = [(_pattern(template), answer) for template, answer in table.items()]

    def answer(self, command: str) -> Reply:
        """The reply to one command; whatever is wrong with it is part of the reply."""
        self._scene.tick()
        for pattern, answer in self._table:
            found = pattern.fullmatch(command)
            if found is not None:
                return answer(*found.groups())
        return f"error No handler found for URI '{command}'"

    def _names(self) -> list[str]:
        return [*self._scene.actors, *(camera.actor for camera in self._scene.cameras if camera.actor)]

    def _spawn(self, uclass: str, name: str = "") -> str:
        try:
            return self._scene.spawn(uclass, name).name
        except KeyError:
            return f"error Can not find a class with name '{uclass}'"
        except ValueError:
            return f"error Failed to spawn {name}, object exists."

    def _read(self, name: str, value: Callable[[Actor], Point]) -> str:
        camera = self._camera_actor(name)
        if camera is not None:
            return _three(camera.location)
        actor = self._scene.actors.get(name)
        return NO_OBJECT if actor is None else _three(value(actor))

    def _set_location(self, name: str, *words: str) -> str:
        camera = self._camera_actor(name)
        if camera is not None:
            camera.location = _numbers(words)
            return OK
        return self._put(name, lambda actor: self._scene.put(actor, location=_numbers(words)))

    def _set_rotation(self, name: str, *words: str) -> str:
        return self._put(name, lambda actor: self._scene.put(actor, rotation=_numbers(words)))

    def _set_scale(self, name: str, *words: str) -> str:
        return self._put(name, lambda actor: self._scene.resize(actor, _numbers(words)))

    def _hide(self, name: str, hidden: bool) -> str:
        return self._put(name, lambda actor: self._scene.hide(actor, hidden))

    def _put(self, name: str, change: Callable[[Actor], None]) -> str:
        actor = self._scene.actors.get(name)
        if actor is None:
            return NO_OBJECT
        change(actor)
        return OK

    def _colour(self, name: str) -> str:
        actor = self._scene.actors.get(name)
        if actor is None:
            return NO_OBJECT
        red, green, blue = actor.colour or (0, 0, 0)
        return f"(R={red},G={green},B={blue},A=255)"

    def _set_colour(self, name: str, *words: str) -> str:
        red, green, blue = (int(word or 0) % 256 for word in words)
        colour: Colour = (red, green, blue)
        return self._put(name, lambda actor: setattr(actor, "colour", colour))

    def _mobility(self, name: str) -> str:
        actor = self._scene.actors.get(name)
        return NO_OBJECT if actor is None else ("Movable" if actor.movable else "Static")

    def _destroy(self, name: str) -> str:
        try:
            self._scene.destroy(name)
        except KeyError:
            return NO_OBJECT
        return OK

    def _uclass(self, name: str) -> str:
        if self._camera_actor(name) is not None:
            return "FusionCameraActor"
        actor = self._scene.actors.get(name)
        return NO_OBJECT if actor is None else actor.uclass

    def _bounds(self, name: str) -> str:
        actor = self._scene.actors.get(name)
        if actor is None:
            return NO_OBJECT
        low, high = self._scene.bounds(actor)
        return " ".join(f"{value:.2f}" for value in (*low, *high))

    def _camera_actor(self, name: str) -> Camera | None:
        return next((camera for camera in self._scene.cameras if camera.actor and camera.actor == name), None)

    def _of_camera(self, number: str, answer: Callable[[Camera], Reply]) -> Reply:
        index = int(number or 0)
        if index >= len(self._scene.cameras):
            return NO_CAMERA
        return answer(self._scene.cameras[index])

    def _set_camera_location(self, number: str, *words: str) -> Reply:
        return self._of_camera(number, lambda camera: _set(camera, "location", _numbers(words)))

    def _set_camera_rotation(self, number: str, *words: str) -> Reply:
        return self._of_camera(number, lambda camera: _set(camera, "rotation", _numbers(words)))

    def _set_fov(self, number: str, degrees: str) -> Reply:
        return self._of_camera(number, lambda camera: _set(camera, "fov", float(degrees)))

    def _set_size(self, number: str, width: str, height: str) -> Reply:
        return self._of_camera(number, lambda camera: _set(camera, "size", (int(width or 0), int(height or 0))))

    def _view(self, number: str, view: str, to: str) -> Reply:
        def taken(camera: Camera) -> Reply:
            if view == "depth":
                return _npy(self._scene.depth(camera)) if to == "npy" else f"error Invalid filename type, filename {to}"
            if to != "png":
                return f"error Invalid filename type, filename {to}"
            return png(self._scene.lit(camera) if view == "lit" else self._scene.object_mask(camera))

        return self._of_camera(number, taken)

    def _pause(self, paused: bool) -> str:
        self._scene.pause(paused)
        return OK

    def _blueprint(self, name: str, verb: str, *words: str) -> Reply:
        """UnrealZoo's own verbs, on its playable human and on whom it carries."""
        if name not in self._scene.actors:
            return f"error Can not find actor with id '{name}'"
        human = self._scene.human
        numbers = [float(word) for word in words if re.fullmatch(r"[-+]?\d*[.]?\d+", word)]
        if name == CASUALTY and verb == "is_picked":
            return json.dumps({"picked": str(int(human.carries))})
        if name != PLAYER:
            return INVALID
        if verb == "set_move" and len(numbers) == 2:
            human.body.turn(0.0, numbers[0])
            human.speed = numbers[1] / 100.0
        elif verb == "set_cam" and len(numbers) == 6:
            human.tilt = numbers[4]
        elif verb == "is_carrying":
            return json.dumps({"carrying": str(int(human.carries))})
        elif verb == "carry_body":
            self._scene.carry()
        elif verb == "drop_body":
            self._scene.drop()
        elif verb not in ("set_jump", "set_open_door", "set_standup"):
            return INVALID
        return "{}"


def png(picture: NDArray[np.uint8]) -> bytes:
    """RGB or RGBA (height, width, channels) as the RGBA PNG that UnrealCV sends; stored: deflating takes longer."""
    height, width, channels = picture.shape
    rows = np.zeros((height, 1 + 4 * width), np.uint8)
    pixels = rows[:, 1:].reshape(height, width, 4)
    pixels[:, :, 3] = 255
    pixels[:, :, :channels] = picture
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = zlib.compress(rows.tobytes(), 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _npy(array: NDArray[np.float32]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\[(\w+)\]", template)
    body = "".join(_TYPES[part] if number % 2 else re.escape(part) for number, part in enumerate(parts))
    return re.compile(body + " *")


def _numbers(words: Sequence[str]) -> Point:
    x, y, z = (float(word) for word in words)
    return (x, y, z)


def _three(values: Point) -> str:
    return "{:.3f} {:.3f} {:.3f}".format(*values)


def _set(camera: Camera, name: str, value: object) -> str:
    setattr(camera, name, value)
    return OK
