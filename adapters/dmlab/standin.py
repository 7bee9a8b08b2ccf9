"""A stand-in for the module `deepmind_lab`: the same `Lab` class, behind it the rehearsal world.

It knows one level, levels/cross_view.lua, whose statements it plays itself. What the real class does when it is
held wrong was tried out on the engine and is done here alike: the same exceptions for config values that are not
text, for unknown observations and properties, for actions of another dtype or shape, for a seed that is no Python
int, and for anything asked before the first reset, after the end or after `close`.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.dmlab.measures import FRAMES_PER_SECOND
from evalsuite.adapters.dmlab.standin_level import StandinEpisode, Told

_LEVEL = "cross_view"
_PROPERTIES = ("level", "look")
_ACTION_SPEC: tuple[tuple[str, int, int], ...] = (
    ("LOOK_LEFT_RIGHT_PIXELS_PER_FRAME", -512, 512),
    ("LOOK_DOWN_UP_PIXELS_PER_FRAME", -512, 512),
    ("STRAFE_LEFT_RIGHT", -1, 1),
    ("MOVE_BACK_FORWARD", -1, 1),
    ("FIRE", 0, 1),
    ("JUMP", 0, 1),
    ("CROUCH", 0, 1),
)


class Cache(Protocol):
    """What may be passed as `level_cache`."""

    def fetch(self, key: str, path: str) -> bool: ...

    def write(self, key: str, path: str) -> None: ...


class Lab:
    """One environment; see upstream's docs/users/python_api.md for the contract."""

    def __init__(
        self,
        level: str,
        observations: Sequence[str],
        config: Mapping[str, str] | None = None,
        renderer: str = "software",
        level_cache: Cache | None = None,
        temp_folder: str | None = None,
    ) -> None:
        settings = {"width": "320", "height": "240", "level": "", "episodeSeconds": "", **(config or {})}
        if not all(isinstance(text, str) for pair in settings.items() for text in pair):
            raise TypeError("bad argument type for built-in operation")
        if os.path.basename(level).removesuffix(".lua") != _LEVEL:
            raise RuntimeError(f'Failed to init environment - "Level not found: {level}"')
        if renderer not in ("software", "hardware"):
            raise RuntimeError(f'Failed to set renderer must be "hardware" or "software" actual "{renderer}"!')
        for key in ("width", "height"):
            if int(settings[key]) <= 0 or int(settings[key]) % 4:
                raise RuntimeError(f"'{key}' must be a positive multiple of 4. Actual {settings[key]}")
        self._width, self._height = int(settings["width"]), int(settings["height"])
        unknown = [name for name in observations if name not in {each["name"] for each in self.observation_spec()}]
        if unknown:
            raise ValueError(f"Unknown observation {unknown[0]!r}.")
        self._observations = list(observations)
        self._cache, self._folder = level_cache, temp_folder
        self._properties = {"level": settings["level"], "look": "off"}
        self._last_frame = float(settings["episodeSeconds"] or "inf") * FRAMES_PER_SECOND
        self._episode: StandinEpisode | None = None
        self._resets = 0
        self._running = False
        self._closed = False
        self._frames = 0

    def reset(self, episode: int = -1, seed: int | None = None) -> bool:
        """Begin an episode. (The real engine dies of a reset after `close`.)"""
        if self._closed:
            raise RuntimeError("Environment in wrong status to reset.")
        if seed is not None and type(seed) is not int:
            raise ValueError(f"'seed' must be int or None, was '{type(seed).__module__}.{type(seed).__name__}'.")
        told = Told.read(self._properties["level"])
        self._fetch_map(told)
        drawn = int.from_bytes(os.urandom(4), "big") if seed is None else seed
        self._properties["look"] = "off"
        self._episode = StandinEpisode(told, drawn, first=self._resets == 0)
        self._resets += 1
        self._running = True
        self._frames = 0
        return True

    def step(self, action: NDArray[np.intc], num_steps: int = 1) -> float:
        """Hold the action for `num_steps` frames; the reward of them all."""
        if not isinstance(action, np.ndarray):
            raise TypeError(f"argument 1 must be numpy.ndarray, not {type(action).__name__}")
        if self._episode is None or not self._running:
            raise RuntimeError("Environment in wrong status to advance.")
        if action.dtype != np.intc:
            raise ValueError("action must have dtype np.intc")
        if action.shape != (len(_ACTION_SPEC),):
            raise ValueError(f"action must have shape ({len(_ACTION_SPEC)})")
        self._episode.events = []
        reward = 0.0
        self._frames += max(0, num_steps)
        for _ in range(num_steps):
            reward += self._episode.frame(action)
            if self._episode.frames >= self._last_frame:
                self._running = False
                break
        return reward

    def observations(self) -> dict[str, Any]:
        """The observations that were asked for, as arrays of their own."""
        if self._episode is None or not self._running:
            raise RuntimeError("Environment in wrong status for call to observations()")
        return {name: self._observation(name, self._episode) for name in self._observations}

    def events(self) -> list[tuple[str, list[Any]]]:
        """What the level reported since the last reset or step."""
        if self._episode is None:
            raise RuntimeError("Environment in wrong status for call to events()")
        return [(name, list(texts)) for name, texts in self._episode.events]

    def is_running(self) -> bool:
        return self._running

    def num_steps(self) -> int:
        """Frames since the last reset."""
        return self._frames

    def observation_spec(self) -> list[dict[str, Any]]:
        picture = (self._height, self._width, 3)
        return [
            {"name": "RGB_INTERLEAVED", "shape": picture, "dtype": np.uint8},
            {"name": "CROSSVIEW.LOOK", "shape": (0, 0, 0, 0), "dtype": np.uint8},
            {"name": "CROSSVIEW.POSE", "shape": (5,), "dtype": np.float64},
            {"name": "CROSSVIEW.BOTS", "shape": (0, 5), "dtype": np.float64},
        ]

    def action_spec(self) -> list[dict[str, Any]]:
        return [{"min": low, "max": high, "name": name} for name, low, high in _ACTION_SPEC]

    def read_property(self, key: str) -> str:
        if key not in _PROPERTIES:
            raise TypeError(f"'{key}' not readable.")
        return self._properties[key]

    def write_property(self, key: str, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError(f"argument 2 must be str, not {type(value).__name__}")
        if key not in _PROPERTIES:
            raise TypeError(f"'{key}' not writable.")
        self._properties[key] = value

    def close(self) -> bool:
        """True the first time."""
        was_open, self._closed, self._running = not self._closed, True, False
        return was_open

    def _observation(self, name: str, episode: StandinEpisode) -> Any:
        if name == "RGB_INTERLEAVED":
            return episode.picture(self._width, self._height)
        if name == "CROSSVIEW.POSE":
            return episode.pose()
        if name == "CROSSVIEW.BOTS":
            return episode.bots()
        return episode.look(self._properties["look"], self._width, self._height)

    def _fetch_map(self, told: Told) -> None:
        """Ask the cache for the map as the engine does; there is nothing to compile here but a name."""
        if self._cache is None:
            return
        key = hashlib.sha256(told.words["map"].encode()).hexdigest()
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            path = os.path.join(folder, f"{told.words['map']}.pk3")
            if not self._cache.fetch(key, path):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(told.words["map"])
                self._cache.write(key, path)
