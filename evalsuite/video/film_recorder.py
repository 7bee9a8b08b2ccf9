"""A worker's recorder that films."""

from __future__ import annotations

import sys
from pathlib import Path

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.spaces import Action, Observation
from evalsuite.runner.wire import Message
from evalsuite.video import VideoFault
from evalsuite.video.film import Film, LiveFilm


class FilmRecorder:
    """Films an episode into `path` while it is played; a film that can't be written is given up, the episode goes on.

    Args:
        live: encode beside the simulator rather than between its steps.
    """

    def __init__(self, path: Path, env: CrossViewEnv, *, live: bool) -> None:
        self._film: Film | LiveFilm | None = None
        self._fault = ""
        try:
            self._film = LiveFilm(path, env) if live else Film(path, env)
        except (VideoFault, OSError) as fault:
            self._give_up(fault)

    def begin(self, observation: Observation) -> None:
        self._show(observation, None)

    def step(self, action: Action, observation: Observation, reward: float, *, done: bool) -> None:
        self._show(observation, action)

    def end(self) -> Message:
        if self._film is not None:
            try:
                self._film.close()
                return {"filmed": True}
            except (VideoFault, OSError) as fault:
                self._give_up(fault)
        return {"film_fault": self._fault}

    def abandon(self) -> None:
        if self._film is not None:
            self._film.abandon()

    def _show(self, observation: Observation, action: Action | None) -> None:
        if self._film is not None:
            try:
                self._film.show(observation, action)
            except VideoFault as fault:
                self._film.abandon()
                self._give_up(fault)

    def _give_up(self, fault: Exception) -> None:
        print(f"no film: {fault}", file=sys.stderr)
        self._film, self._fault = None, str(fault)
