"""An episode as a video, made while it is played, and its first picture as the poster."""

from __future__ import annotations

import os
import queue
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.geometry import ground_distance
from evalsuite.crossview.spaces import BUTTONS, INTERACTIONS, Action, Observation
from evalsuite.video import VideoFault
from evalsuite.video.mp4 import Mp4
from evalsuite.video.picture import Caption, Layout

POSTER_QUALITY = 82
BACKLOG_PICTURES = 120
"""What waits to be encoded behind a simulator: 80 MB at 640 x 360."""


class Film:
    """Makes the video `path` and the poster beside it; one picture for the start and one a step.

    `show` is to be called after the reset and after every step, `close` at the end.
    """

    def __init__(self, path: Path, env: CrossViewEnv) -> None:
        spec = env.simulator.spec
        self.path = path
        self.poster = path.with_suffix(".jpg")
        self._env = env
        self._layout = Layout(spec.width, spec.height)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = Mp4(path, self._layout.width, self._layout.height, spec.steps_per_second)

    def show(self, observation: Observation, action: Action | None) -> None:
        """Append the picture of `observation`, to which `action` led. Raises `VideoFault`."""
        self.append(observation, caption(self._env, action))

    def append(self, observation: Observation, words: Caption) -> None:
        """Append the picture of `observation` with `words` below. Raises `VideoFault`."""
        picture = self._layout.compose(observation["image"], observation["goal_image"], observation["goal_mask"], words)
        if self._file.pictures == 0:
            self._save_poster(picture)
        self._file.add(picture)

    def close(self) -> None:
        """Finish both files, on the disk. Raises `VideoFault`."""
        self._file.close()
        for path in (self.path, self.poster):
            _sync(path)

    def abandon(self) -> None:
        """Remove both files."""
        self._file.abandon()
        self.poster.unlink(missing_ok=True)

    def _save_poster(self, picture: NDArray[np.uint8]) -> None:
        try:
            Image.fromarray(picture).save(self.poster, "JPEG", quality=POSTER_QUALITY)
        except OSError as error:
            raise VideoFault(f"can't write {self.poster}: {error.strerror or error}") from error


class LiveFilm:
    """A film made beside a simulator that can't be played again: encoding goes on in a thread of its own.

    A fault ends the film, never the episode; `close` tells of it.
    """

    def __init__(self, path: Path, env: CrossViewEnv) -> None:
        self._env = env
        self._film = Film(path, env)
        self._fault: VideoFault | None = None
        self._waiting: queue.Queue[tuple[Observation, Caption] | None] = queue.Queue(BACKLOG_PICTURES)
        self._thread = threading.Thread(target=self._encode, name="film", daemon=True)
        self._thread.start()

    def show(self, observation: Observation, action: Action | None) -> None:
        """Take in the picture of `observation`; waits only when the encoder is 120 pictures behind."""
        self._waiting.put((observation, caption(self._env, action)))

    def close(self) -> None:
        """Wait until all is encoded. Raises `VideoFault`."""
        self._waiting.put(None)
        self._thread.join()
        if self._fault is not None:
            self._film.abandon()
            raise self._fault
        self._film.close()

    def abandon(self) -> None:
        """Remove what there is."""
        self._waiting.put(None)
        self._thread.join()
        self._film.abandon()

    def _encode(self) -> None:
        while (shown := self._waiting.get()) is not None:
            if self._fault is None:
                try:
                    self._film.append(*shown)
                except VideoFault as fault:
                    self._fault = fault


def caption(env: CrossViewEnv, action: Action | None) -> Caption:
    """The step, the action that led to it, and the running facts, in words."""
    summary, facts, scenario = env.summary, env.facts, env.scenario
    goal = scenario.goals[env.goal_index]
    wanted = INTERACTIONS[INTERACTIONS.index(goal.interaction)].replace("_", " ")
    asked = f"{wanted} {goal.target.name}"
    if len(scenario.goals) > 1:
        asked += f" (goal {env.goal_index + 1} of {len(scenario.goals)})"
    if env.simulator.spec.rehearsal:
        asked = f"REHEARSAL   {asked}"
    parts = [] if facts.target is None else [f"{ground_distance(facts.agent.position, facts.target):.1f} m away"]
    if facts.target_pixels is not None:
        parts.append(f"{facts.target_pixels} px in view" if facts.target_pixels else "not in view")
    if summary.wrong_targets:
        parts.append(f"{summary.wrong_targets} wrong target{'s' * (summary.wrong_targets > 1)}")
    if summary.reason:
        parts = [f"{'SUCCESS' if summary.success else 'FAILURE'}: {summary.reason}"]
    return Caption(
        step=f"step {summary.steps} of {scenario.max_steps}",
        action=action_in_words(action),
        goal=asked,
        facts="  ·  ".join(parts),
    )


def action_in_words(action: Action | None) -> str:
    """Such as "forward sprint  camera -2.0 +7.5"; "start" without one, "-" for doing nothing."""
    if action is None:
        return "start"
    pressed = [name for name in BUTTONS if action[name]]
    pitch, yaw = (round(float(degrees), 1) + 0.0 for degrees in action["camera"])
    if pitch or yaw:
        pressed.append(f" camera {pitch:+.1f} {yaw:+.1f}")
    return " ".join(pressed) or "-"


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
