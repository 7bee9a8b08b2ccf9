"""gymnasium's AsyncVectorEnv: `python -m ... SUITE MODEL STARTED ENVS`.

As fast as it goes: only the agent's picture crosses, through its shared memory, without the copy; an environment that
is done takes the next episode from a common counter in the same step; when none is left it stays in the batch, idle.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.spaces import BUTTONS
from evalsuite.suite.files import load_suite
from evalsuite.worlds import find_world
from tests.benchmarks.harnesses.clock import Clock, frame_sha256
from tests.benchmarks.harnesses.small_cnn import BareCaller

_CONTEXT = multiprocessing.get_context("fork")


class EpisodesInTurn(gymnasium.Env[NDArray[np.uint8], NDArray[np.float32]]):
    """Plays episode after episode of a suite; the action is the nine buttons and the camera in one array."""

    def __init__(self, suite_file: Path, taken: Any) -> None:
        suite = load_suite(suite_file)
        self._scenarios, self._taken = suite.scenarios, taken
        self._folder = tempfile.TemporaryDirectory()
        simulator = find_world(suite.worlds[0]).make(Path(self._folder.name))
        self._env = CrossViewEnv(simulator, suite.scenarios[0], share_goal_view=True)
        spec = simulator.spec
        self.observation_space = gymnasium.spaces.Box(0, 255, (spec.height, spec.width, 3), np.uint8)
        self.action_space = gymnasium.spaces.Box(-180.0, 180.0, (len(BUTTONS) + 2,), np.float32)
        self._picture = np.zeros((spec.height, spec.width, 3), np.uint8)
        self._playing = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        with self._taken.get_lock():
            index = self._taken.value
            self._taken.value += 1
        self._playing = index < len(self._scenarios)
        if self._playing:
            observation, _ = self._env.reset(seed=0, options={"scenario": self._scenarios[index]})
            self._picture = observation["image"]
        return self._picture, {}

    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        if not self._playing:
            return self._picture, 0.0, False, False, {"stepped": 0}
        buttons: dict[str, Any] = {name: int(down) for name, down in zip(BUTTONS, action, strict=False)}
        observation, reward, terminated, truncated, _ = self._env.step({**buttons, "camera": action[-2:]})
        self._picture = observation["image"]
        info: dict[str, Any] = {"stepped": 1}
        if terminated or truncated:
            info |= {"scenario": self._env.scenario.id, "frame": frame_sha256(self._picture)}
            self.reset()
        return self._picture, reward, False, False, info

    def close(self) -> None:
        self._env.close()
        self._folder.cleanup()


def main(suite_file: Path, model: Path, started: float, count: int) -> None:
    clock, policy = Clock(started), BareCaller(model)
    episodes = len(load_suite(suite_file).scenarios)
    taken = _CONTEXT.Value("i", 0)
    make: Callable[[], EpisodesInTurn] = lambda: EpisodesInTurn(suite_file, taken)  # noqa: E731
    envs = gymnasium.vector.AsyncVectorEnv([make] * count, shared_memory=True, copy=False, context="fork")
    pictures, _ = envs.reset()
    actions = np.zeros((count, len(BUTTONS) + 2), np.float32)
    while len(clock.frames) < episodes:
        for row, action in enumerate(policy(list(pictures))):
            actions[row, :-2] = [action[name] for name in BUTTONS]
            actions[row, -2:] = action["camera"]
        pictures, _, _, _, infos = envs.step(actions)
        clock.count(int(infos["stepped"].sum()))
        for name, frame, there in zip(
            infos.get("scenario", ()), infos.get("frame", ()), infos.get("_scenario", ()), strict=True
        ):
            if there:
                clock.frames[str(name)] = str(frame)
    clock.tell()
    envs.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
