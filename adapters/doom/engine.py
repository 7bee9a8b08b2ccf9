"""The ViZDoom engine as a thing that loads a level, takes an action, and looks from anywhere.

What was learnt of it and is built in here:
  - Overwriting a padded TEXTMAP in the archive that the engine has open gives it a fresh map in about 10 ms; a
    new archive would need a new engine. Each load checks that the things stand where the level says.
  - The engine and this process share three files in /dev/shm for as long as they live. They are unlinked as
    soon as both have them open, so that no kind of death can leave them behind.
  - `setpriv --pdeathsig` (util-linux) ends the engine with its parent, which a plain child would survive.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.doom.archive import MAP_TEXT_BYTES, build_archive
from evalsuite.adapters.doom.catalogue import UNITS_PER_METRE
from evalsuite.adapters.doom.map_scripts import (
    AGENT_PLACED_VARIABLE,
    AIM_AGENT,
    AIM_CAMERA,
    CAMERA_PLACED_VARIABLE,
    EVENT_COUNT_VARIABLE,
    EVENT_SLOTS,
    FIRST_EVENT_VARIABLE,
    LEAVE_CAMERA,
    PLACE_AGENT,
    PLACE_CAMERA,
    POSITION_STEPS_PER_UNIT,
)
from evalsuite.crossview.geometry import Pose
from evalsuite.errors import SimulatorFault
from evalsuite.runner.leftovers import declare_leftover

SHARED_MEMORY = Path("/dev/shm")
_ARCHIVE = "evalsuite.wad"

BUTTONS: tuple[str, ...] = (
    "MOVE_FORWARD",
    "MOVE_BACKWARD",
    "MOVE_LEFT",
    "MOVE_RIGHT",
    "JUMP",
    "CROUCH",
    "SPEED",
    "ATTACK",
    "ALTATTACK",
    "USE",
    "SELECT_WEAPON1",
    "SELECT_WEAPON2",
    "TURN_LEFT_RIGHT_DELTA",
    "LOOK_UP_DOWN_DELTA",
)
_IDLE = [0.0] * len(BUTTONS)
_POSE_VARIABLES = ("POSITION_X", "POSITION_Y", "POSITION_Z", "ANGLE", "PITCH", "VIEW_HEIGHT")
_SCRIPT_VARIABLES = tuple(f"USER{number}" for number in range(1, AGENT_PLACED_VARIABLE + 1))


class NoRoom(SimulatorFault):
    """A goal camera can't be where it should: inside a wall or off the map."""


@dataclass(frozen=True)
class Sight:
    """What a camera saw: `image` uint8 (H, W, 3) RGB and which pixels show which object.

    `labels` uint8 (H, W) holds, for each object in `values` (object id -> value), its pixels' value.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    values: Mapping[int, int]
    boxes: Mapping[int, tuple[int, int, int, int]]

    def pixels(self, object_id: int) -> NDArray[np.bool_] | None:
        """Mask (H, W) of the object's visible pixels, or None when it is not in the picture."""
        value = self.values.get(object_id)
        return None if value is None else self.labels == value

    def count_and_centroid(self, object_id: int) -> tuple[int, tuple[float, float] | None]:
        """How many pixels show the object, and their mean (x, y)."""
        value = self.values.get(object_id)
        if value is None:
            return 0, None
        left, top, width, height = self.boxes[object_id]
        rows, columns = np.nonzero(self.labels[top : top + height, left : left + width] == value)
        count = len(rows)
        if not count:
            return 0, None
        return count, (int(columns.sum()) / count + left, int(rows.sum()) / count + top)


class DoomEngine:
    """One running engine. Its files lie in `folder`, which must exist and be its own."""

    def __init__(self, folder: Path) -> None:
        import vizdoom

        self._vizdoom = vizdoom
        self._failures = tuple(
            failure
            for name, failure in vars(vizdoom).items()
            if name.endswith("Exception") and issubclass(failure, Exception)
        )
        folder = folder.resolve()
        self._folder = folder
        self._archive = build_archive()
        (folder / _ARCHIVE).write_bytes(self._archive.wad.data)
        (folder / "_vizdoom").mkdir(exist_ok=True)
        self._game = self._configured()
        declare_leftover(str(SHARED_MEMORY / "ViZDoom*"))
        with _working_directory(folder), self._faults("start"):
            self._game.init()
        for shared in SHARED_MEMORY.glob(f"ViZDoom*{self._game.get_instance_id()}"):
            shared.unlink(missing_ok=True)
        self._state: Any = None

    def load(self, map_name: str, text: str, seed: int) -> None:
        """Start the map anew with `text` as its content and `seed` for the engine's own dice."""
        content = text.encode("ascii")
        if len(content) > MAP_TEXT_BYTES:
            raise SimulatorFault(f"the level's text has {len(content)} bytes, more than {MAP_TEXT_BYTES}")
        with open(self._folder / _ARCHIVE, "r+b") as archive:
            archive.seek(self._archive.map_text_offset[map_name])
            archive.write(content.ljust(MAP_TEXT_BYTES))
        with self._faults("load the map"):
            self._game.set_doom_map(map_name)
            self._game.set_seed(seed)
            self._game.new_episode()
        self._observe()

    def act(self, values: list[float], tics: int) -> None:
        """Hold `values` (one per entry of BUTTONS) for `tics` tics; turns are per tic."""
        with self._faults("step"):
            self._game.make_action(values, tics)
        self._observe()

    def sight(self) -> Sight:
        """What is in the picture now."""
        labels = self._state.labels
        return Sight(
            image=self._state.screen_buffer,
            labels=self._state.labels_buffer,
            values={label.object_id: label.value for label in labels},
            boxes={label.object_id: (label.x, label.y, label.width, label.height) for label in labels},
        )

    def frame(self) -> NDArray[np.uint8]:
        """The picture now, RGB uint8 (H, W, 3)."""
        picture: NDArray[np.uint8] = self._state.screen_buffer
        return picture

    def agent(self) -> Pose:
        """The agent's eye."""
        x, y, z, angle, pitch, view_height = self._state.game_variables[: len(_POSE_VARIABLES)]
        return Pose(
            x=x / UNITS_PER_METRE,
            y=y / UNITS_PER_METRE,
            z=(z + view_height) / UNITS_PER_METRE,
            yaw=(90.0 - angle + 180.0) % 360.0 - 180.0,
            pitch=pitch,
        )

    def objects(self) -> Iterator[tuple[int, float, float, float]]:
        """(id, x, y, z) in metres of everything in the map."""
        for each in self._state.objects:
            yield (
                each.id,
                each.position_x / UNITS_PER_METRE,
                each.position_y / UNITS_PER_METRE,
                each.position_z / UNITS_PER_METRE,
            )

    def event_count(self) -> int:
        """How many events the level's scripts have written down since the map began."""
        return self._variable(EVENT_COUNT_VARIABLE)

    def newest_events(self, count: int) -> list[int]:
        """The newest `count` events, oldest first, as the scripts wrote them. Raises when some were lost."""
        if count > EVENT_SLOTS:
            raise SimulatorFault(f"{count} events in one step, more than the {EVENT_SLOTS} that are kept")
        return [self._variable(FIRST_EVENT_VARIABLE + slot) for slot in reversed(range(count))]

    def look_from(self, camera: Pose) -> Sight:
        """The view from `camera`; takes one tic of the world, and one more to return to the agent's eyes."""
        sight = self.look_through(camera, _IDLE)
        self.look_ahead()
        return sight

    def look_through(self, camera: Pose, values: list[float]) -> Sight:
        """The view from `camera` after a tic with `values` pressed; the picture stays with that camera."""
        self._puke(PLACE_CAMERA, _in_steps(camera.position))
        self._puke(AIM_CAMERA, _turn(camera))
        self.act(values, 1)
        if not self._variable(CAMERA_PLACED_VARIABLE):
            raise NoRoom(f"there is no room for a goal camera at {camera.position}")
        return self.sight()

    def look_ahead(self) -> Sight:
        """The agent's own view again, after a tic."""
        self._puke(LEAVE_CAMERA, [])
        self.act(_IDLE, 1)
        return self.sight()

    def put_agent(self, start: Pose) -> None:
        """In the next tic move the agent to `start`, on the ground; `agent_was_put` tells whether there was room."""
        self._puke(PLACE_AGENT, [*_in_steps((start.x, start.y)), 0])
        self._puke(AIM_AGENT, _turn(start))

    def agent_was_put(self) -> bool:
        """Whether the last `put_agent` found room."""
        return bool(self._variable(AGENT_PLACED_VARIABLE))

    def freeze(self) -> None:
        """From the next tic on nothing in the map moves but the agent."""
        with self._faults("freeze the map"):
            self._game.send_game_command("freeze")

    def close(self) -> None:
        """End the engine's process."""
        with self._faults("close"):
            self._game.close()

    def _puke(self, script: int, arguments: list[int]) -> None:
        with self._faults("run a script"):
            self._game.send_game_command(" ".join(["puke", str(script), *map(str, arguments)]))

    def _variable(self, number: int) -> int:
        return int(self._state.game_variables[len(_POSE_VARIABLES) + number - 1])

    def _observe(self) -> None:
        self._state = self._game.get_state()
        if self._state is None:
            raise SimulatorFault("the engine ended the episode by itself")

    @contextmanager
    def _faults(self, doing: str) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            raise SimulatorFault(f"ViZDoom could not {doing}: {type(error).__name__}: {error}") from error

    def _configured(self) -> Any:
        vizdoom = self._vizdoom
        game = vizdoom.DoomGame()
        installed = Path(str(vizdoom.__file__)).parent
        launcher = _launcher(self._folder, installed / "vizdoom")
        if launcher is not None:
            game.set_vizdoom_path(str(launcher))
        game.set_doom_game_path(str(installed / "freedoom2.wad"))
        game.set_doom_scenario_path(str(self._folder / _ARCHIVE))
        game.set_doom_config_path(str(self._folder / "_vizdoom.ini"))
        game.set_doom_map("MAP01")
        game.set_screen_resolution(vizdoom.ScreenResolution.RES_640X360)
        game.set_screen_format(vizdoom.ScreenFormat.RGB24)
        game.set_labels_buffer_enabled(True)
        game.set_objects_info_enabled(True)
        game.set_render_weapon(True)
        for extra in ("hud", "crosshair", "decals", "particles", "messages", "corpses", "effects_sprites"):
            getattr(game, f"set_render_{extra}")(extra in ("corpses", "effects_sprites"))
        game.set_window_visible(False)
        game.set_sound_enabled(False)
        game.set_available_buttons([getattr(vizdoom.Button, name) for name in BUTTONS])
        names = (*_POSE_VARIABLES, *_SCRIPT_VARIABLES)
        game.set_available_game_variables([getattr(vizdoom.GameVariable, name) for name in names])
        game.set_mode(vizdoom.Mode.PLAYER)
        game.set_doom_skill(3)
        game.set_episode_timeout(0)
        game.set_episode_start_time(1)
        return game


def _in_steps(place: Iterable[float]) -> list[int]:
    return [round(v * UNITS_PER_METRE * POSITION_STEPS_PER_UNIT) for v in place]


def _turn(pose: Pose) -> list[int]:
    return [round((90.0 - pose.yaw) % 360.0 / 360.0 * 65536), round(pose.pitch / 360.0 * 65536)]


def _launcher(folder: Path, engine: Path) -> Path | None:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return None
    path = folder / "engine.sh"
    path.write_text(f"#!/bin/sh\nexec '{setpriv}' --pdeathsig KILL '{engine}' \"$@\"\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@contextmanager
def _working_directory(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
