"""What a worker keeps of an episode besides its summary: its actions, a film, or its whole trajectory.

The driver asks by `record`: `{"kind": "video", "path": ...}` for what a video can be made of, `actions` for the same
where no film can be made, `live` for the video while the episode is played, `film` for that of one played again,
`trajectory` for pictures and actions to be exported, `{"kind": "unfilmed", "why": ...}` where there can be no video.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Protocol

from evalsuite.crossview.action_log import pack_actions
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.spaces import Action, Observation
from evalsuite.runner.wire import Message


class Recorder(Protocol):
    """Is shown an episode as it is played."""

    def begin(self, observation: Observation) -> None:
        """The episode was reset."""

    def step(self, action: Action, observation: Observation, reward: float, *, done: bool) -> None:
        """`action` was carried out and led to `observation`."""

    def end(self) -> Message:
        """What was kept, for the driver. The policy may have broken down; the simulator has not."""

    def abandon(self) -> None:
        """The simulator broke down: nothing is to be kept."""


def make_recorder(request: Message | None, env: CrossViewEnv) -> Recorder:
    """The recorder that `request` asks for. A world that can be played again needs no film while it is played."""
    if request is None:
        return NoRecorder()
    kind = request["kind"]
    if kind == "unfilmed":
        return Unrecorded(request["why"])
    if kind == "actions":
        spec = env.simulator.spec
        repeatable = spec.determinism == "bitwise"
        return ActionRecorder() if repeatable else Unrecorded(f"{spec.world} can't be filmed on a cluster")
    path = Path(request["path"])
    if kind == "video" and env.simulator.spec.determinism == "bitwise":
        return ActionRecorder()
    if kind == "trajectory":
        from evalsuite.video.trajectory import TrajectoryRecorder

        return TrajectoryRecorder(path, env)
    from evalsuite.video.film_recorder import FilmRecorder

    return FilmRecorder(path, env, live=kind in ("video", "live"))


class NoRecorder:
    """Keeps nothing."""

    def begin(self, observation: Observation) -> None:
        pass

    def step(self, action: Action, observation: Observation, reward: float, *, done: bool) -> None:
        pass

    def end(self) -> Message:
        return {}

    def abandon(self) -> None:
        pass


class ActionRecorder(NoRecorder):
    """Keeps the actions: in a world that is the same every time, a film can be made of them later."""

    def __init__(self) -> None:
        self._actions: list[Action] = []

    def step(self, action: Action, observation: Observation, reward: float, *, done: bool) -> None:
        self._actions.append(action)

    def end(self) -> Message:
        return {"actions": base64.b64encode(pack_actions(self._actions)).decode()}


class Unrecorded(NoRecorder):
    """Keeps nothing, and says why."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def end(self) -> Message:
        return {"film_fault": self._reason}
