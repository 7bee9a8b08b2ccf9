"""One running `Lab`: what was learnt of the engine is built in here.

- The first episode of an instance differs from all that follow, so the first reset is thrown away.
- After a reset the eye rises for four frames; `SETTLING_FRAMES` of standing still are part of every reset.
- Compiling a map takes seconds, a compiled one is copied: maps are kept in a folder of the simulator's own, or in
  one that all share when `EVALSUITE_DMLAB_LEVEL_CACHE` names it.
- Config values and properties are text; a seed is a Python int; an action is an intc array.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.dmlab.actions import EngineAction
from evalsuite.adapters.dmlab.measures import pose_from_units, pose_to_units
from evalsuite.adapters.dmlab.specification import Options
from evalsuite.crossview.geometry import Pose
from evalsuite.errors import SimulatorFault

LEVELS = Path(__file__).parent / "levels"
LEVEL = "cross_view"
OBSERVATIONS = ["RGB_INTERLEAVED", "CROSSVIEW.POSE", "CROSSVIEW.BOTS", "CROSSVIEW.LOOK"]
CACHE_VARIABLE = "EVALSUITE_DMLAB_LEVEL_CACHE"
SETTLING_FRAMES = 6

Picture = NDArray[np.uint8]
LabEvent = tuple[str, list[Any]]


def level_cache_complaint() -> str:
    """Why the folder that `EVALSUITE_DMLAB_LEVEL_CACHE` names can't hold maps; empty when it can, or none is named."""
    named = os.environ.get(CACHE_VARIABLE)
    if not named:
        return ""
    there = Path(named).absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryDirectory(dir=there):
            return ""
    except OSError as error:
        return f"{CACHE_VARIABLE} is {named!r}, and no map can be kept there: {error.strerror or error}"


class LevelCache:
    """Compiled maps in a folder; several processes may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def fetch(self, key: str, path: str) -> bool:
        """Copy the map of that key to `path`; False when there is none."""
        try:
            shutil.copyfile(self._place(key), path)
        except FileNotFoundError:
            return False
        return True

    def write(self, key: str, path: str) -> None:
        """Keep the map that lies at `path`: it is there whole or not at all."""
        handle, name = tempfile.mkstemp(dir=self._folder)
        os.close(handle)
        shutil.copyfile(path, name)
        os.replace(name, self._place(key))

    def _place(self, key: str) -> Path:
        return self._folder / (hashlib.sha256(key.encode()).hexdigest() + ".pk3")


class LabEngine:
    """A `Lab` of `module` (the real one or the stand-in) that plays levels/cross_view.lua, its files in `folder`."""

    def __init__(self, module: Any, folder: Path, options: Options) -> None:
        self._module = module
        self._options = options
        self._temporary = folder / "dmlab"
        self._temporary.mkdir(exist_ok=True)
        shared = os.environ.get(CACHE_VARIABLE)
        self._cache = LevelCache(Path(shared) if shared else folder / "maps")
        self._used = False
        self._lab: Any = self._started()

    def load(self, level: str, seed: int, *, bots: bool = False) -> None:
        """Begin an episode on `level` (statements of cross_view.lua) and let the player come to rest."""
        if bots and self._used:
            self.close()
            self._lab = self._started()
        with _faults("load the level"):
            self._lab.write_property("level", level)
            if not bots and not self._used:
                self._lab.reset(seed=seed)
            self._used = True
            self._lab.reset(seed=seed)
            self._lab.write_property("look", "off")
            self._lab.step(np.zeros(7, np.intc), SETTLING_FRAMES)
        self._observe()

    def act(self, action: EngineAction, frames: int) -> list[LabEvent]:
        """Hold the action for that many frames; what the level reported of them."""
        with _faults("step"):
            self._lab.step(action, frames)
            events: list[LabEvent] = self._lab.events()
        self._observe()
        return events

    def frame(self) -> Picture:
        """The player's picture, uint8 (height, width, 3)."""
        picture: Picture = self._seen["RGB_INTERLEAVED"]
        return picture

    def agent(self) -> Pose:
        """The player's eye."""
        x, y, z, pitch, angle = map(float, self._seen["CROSSVIEW.POSE"])
        return pose_from_units(x, y, z, pitch, angle)

    def bots(self) -> NDArray[np.float64]:
        """(bots, 5): eye x, y, z in units, health, and 1 once the bot has come in."""
        bots: NDArray[np.float64] = self._seen["CROSSVIEW.BOTS"]
        return bots

    def look(self, what: Literal["both", "mask"], camera: Pose, mark: str) -> tuple[Picture | None, NDArray[np.uint8]]:
        """The picture from `camera` (None for "mask") and the 0/1 mask of the marked thing in it."""
        pose = " ".join(map(str, pose_to_units(camera)))
        with _faults("look"):
            self._lab.write_property("look", f"{what} {pose} {mark}")
            pictures = self._lab.observations()["CROSSVIEW.LOOK"]
            self._lab.write_property("look", "off")
        *plain, white, black = pictures
        mask = (white != black).any(axis=-1).astype(np.uint8)
        return (plain[0].copy() if plain else None), mask

    def close(self) -> None:
        """Release the engine and its temporary files."""
        with _faults("close"):
            self._lab.close()

    def _started(self) -> Any:
        size = {"width": str(self._options.width), "height": str(self._options.height)}
        alternative = {"maxAltCameraWidth": size["width"], "maxAltCameraHeight": size["height"]}
        config = {**size, **alternative, "hasAltCameras": "true", "minimalUI": "true", "levelDirectory": str(LEVELS)}
        self._used = False
        with _faults("start"):
            return self._module.Lab(
                LEVEL,
                OBSERVATIONS,
                config=config,
                renderer=self._options.renderer,
                level_cache=self._cache,
                temp_folder=str(self._temporary),
            )

    def _observe(self) -> None:
        with _faults("observe"):
            if not self._lab.is_running():
                raise SimulatorFault("the engine ended the episode by itself")
            self._seen: Mapping[str, Any] = self._lab.observations()


@contextmanager
def _faults(doing: str) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, TypeError, KeyError, OSError) as error:
        raise SimulatorFault(f"DMLab could not {doing}: {type(error).__name__}: {error}") from error
