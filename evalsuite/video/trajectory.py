"""A whole episode for export: what the agent saw and did at every step, as videos and arrays in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.spaces import BUTTONS, Action, Observation
from evalsuite.errors import SimulatorFault
from evalsuite.runner.wire import Message
from evalsuite.video import VideoFault
from evalsuite.video.mp4 import Mp4

PICTURES = ("image", "goal_image", "goal_mask")
ACTION_NAMES = (*BUTTONS, "camera.pitch", "camera.yaw")
STEPS_FILE = "steps.npz"
KEYFRAME_PICTURES = {"image": 2, "goal_image": 30, "goal_mask": 30}
ENCODING = {"crf": "23", "bf": "0"}
"""Training reads pictures in any order: of those that change, every second can be jumped to; none needs a later one."""

SAMPLED_EVERY = 10
SAMPLED_PIXELS = slice(None, None, 4)


@dataclass(frozen=True)
class Trajectory:
    """An episode of n steps.

    Args:
        folder: holds a video `<name>.mp4` of n pictures for each of `PICTURES`: those that the policy acted upon.
            A mask is white on black.
        actions: float32 (n, 11): nine buttons 0/1, then camera pitch and yaw in degrees.
        rewards: float32 (n,).
        interactions: int64 (n,): indices into `evalsuite.crossview.INTERACTIONS`.
        pictures_per_second: of the world.
        samples: name of the picture -> some of its pixels, uint8 (k, pixels, 3), for statistics.
    """

    folder: Path
    actions: NDArray[np.float32]
    rewards: NDArray[np.float32]
    interactions: NDArray[np.int64]
    width: int
    height: int
    pictures_per_second: float
    samples: dict[str, NDArray[np.uint8]]

    def video(self, name: str) -> Path:
        return self.folder / f"{name}.mp4"


class TrajectoryRecorder:
    """A worker's recorder that writes a trajectory into a folder; raises `SimulatorFault` when the disk refuses."""

    def __init__(self, folder: Path, env: CrossViewEnv) -> None:
        spec = env.simulator.spec
        self._folder = folder
        self._spec = spec
        self._seen: Observation | None = None
        self._actions: list[list[float]] = []
        self._rewards: list[float] = []
        self._interactions: list[int] = []
        self._samples: dict[str, list[NDArray[np.uint8]]] = {name: [] for name in PICTURES}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._files = {
                name: Mp4(
                    folder / f"{name}.mp4",
                    spec.width,
                    spec.height,
                    round(spec.steps_per_second),
                    keyframe_pictures=KEYFRAME_PICTURES[name],
                    options=ENCODING,
                )
                for name in PICTURES
            }
        except (VideoFault, OSError) as fault:
            raise SimulatorFault(f"the trajectory can't be written: {fault}") from fault

    def begin(self, observation: Observation) -> None:
        self._seen = observation

    def step(self, action: Action, observation: Observation, reward: float, *, done: bool) -> None:
        assert self._seen is not None
        sampled = len(self._actions) % SAMPLED_EVERY == 0
        for name, file in self._files.items():
            picture = shown(name, self._seen)
            try:
                file.add(picture)
            except VideoFault as fault:
                raise SimulatorFault(f"the trajectory can't be written: {fault}") from fault
            if sampled:
                self._samples[name].append(picture[SAMPLED_PIXELS, SAMPLED_PIXELS].reshape(-1, 3))
        self._interactions.append(int(self._seen["interaction"]))
        self._actions.append([*(float(action[name]) for name in BUTTONS), *(float(each) for each in action["camera"])])
        self._rewards.append(reward)
        self._seen = observation

    def end(self) -> Message:
        try:
            for file in self._files.values():
                file.close()
            content: dict[str, Any] = {
                "actions": np.array(self._actions, np.float32).reshape(-1, len(ACTION_NAMES)),
                "rewards": np.array(self._rewards, np.float32),
                "interactions": np.array(self._interactions, np.int64),
                "size": np.array([self._spec.width, self._spec.height]),
                "pictures_per_second": np.array(self._spec.steps_per_second),
                **{f"samples_{name}": np.array(taken, np.uint8) for name, taken in self._samples.items()},
            }
            np.savez(self._folder / STEPS_FILE, **content)
        except (VideoFault, OSError) as fault:
            raise SimulatorFault(f"the trajectory can't be written: {fault}") from fault
        return {"trajectory": str(self._folder)}

    def abandon(self) -> None:
        for file in self._files.values():
            file.abandon()


def shown(name: str, observation: Observation) -> NDArray[np.uint8]:
    """The picture `name` of an observation, RGB uint8 (height, width, 3)."""
    picture: NDArray[np.uint8] = observation[name]
    return np.repeat((picture * np.uint8(255))[..., None], 3, axis=2) if picture.ndim == 2 else picture


def read_trajectory(folder: Path) -> Trajectory:
    """The trajectory that a recorder wrote into `folder`."""
    with np.load(folder / STEPS_FILE, allow_pickle=False) as steps:
        content: dict[str, Any] = {name: steps[name] for name in steps.files}
    return Trajectory(
        folder=folder,
        actions=content["actions"],
        rewards=content["rewards"],
        interactions=content["interactions"],
        width=int(content["size"][0]),
        height=int(content["size"][1]),
        pictures_per_second=float(content["pictures_per_second"]),
        samples={name: content[f"samples_{name}"] for name in PICTURES},
    )
