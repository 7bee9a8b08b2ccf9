"""Policies by factory for the runner's tests: a recurrent one, and those that misbehave in `break` episodes only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evalsuite.crossview.spaces import INTERACTIONS, Action, Observation, noop_action
from evalsuite.policies.policy import Policy, State

TALLY = "POLICY_TALLY"
"""Environment variable: the file that counts how often a policy has broken down."""

BREAK = INTERACTIONS.index("break")


class Recurrent:
    """Walks by a memory of all pictures seen so far and of the episode's seed."""

    def initial_state(self, seed: int) -> State:
        return seed % 1000

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        after = [
            (31 * state + int(each["image"].sum()) + int(each["goal_mask"].sum()) + each["interaction"]) % 1009
            for each, state in zip(observations, states, strict=True)
        ]
        return [_walk(state) for state in after], after


def _walk(state: int) -> Action:
    action = noop_action()
    action["forward"] = state % 2
    action["camera"] = np.array([0.0, state % 21 - 10.3], np.float32)
    return action


class Misbehaving(Recurrent):
    """Does `misbehave` with the action of an episode whose interaction is `break`, from its third step on."""

    def __init__(self, misbehave: Callable[[Action], Any]) -> None:
        self._misbehave = misbehave

    def initial_state(self, seed: int) -> State:
        return (0, super().initial_state(seed))

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        actions, inner = super().act(observations, [state[1] for state in states])
        steps = [state[0] + 1 for state in states]
        bad = [each["interaction"] == BREAK and step >= 3 for each, step in zip(observations, steps, strict=True)]
        answers = [self._misbehave(action) if wrong else action for action, wrong in zip(actions, bad, strict=True)]
        return answers, list(zip(steps, inner, strict=True))


def not_a_number() -> Misbehaving:
    return Misbehaving(lambda action: {**action, "camera": np.array([np.nan, 0.0], np.float32)})


def wrong_shape() -> Misbehaving:
    return Misbehaving(lambda action: {**action, "camera": np.zeros((1, 2), np.float32)})


def unknown_key() -> Misbehaving:
    return Misbehaving(lambda action: {**action, "teleport": 1})


class Mute(Recurrent):
    """Answers with something else than actions and states."""

    def act(self, observations: Sequence[Observation], states: Sequence[State]) -> Any:
        return "hello"


def raising() -> Misbehaving:
    def stumble(action: Action) -> Action:
        raise RuntimeError("out of ideas")

    return Misbehaving(stumble)


def dying() -> Misbehaving:
    return Misbehaving(lambda action: os.abort())


def dying_once() -> Misbehaving:
    return Misbehaving(lambda action: os.abort() if _first_time() else action)


def hanging_once() -> Misbehaving:
    return Misbehaving(lambda action: time.sleep(3600.0) if _first_time() else action)


def unloadable() -> Recurrent:
    raise OSError("the weights are gone")


def crashing_on_load() -> Recurrent:
    os.abort()


class Witnessed(Recurrent):
    """Writes down, in the file that TALLY names, which process begins which episode and how many rows a call has."""

    batch: int | None = None

    def __init__(self, call_seconds: float = 0.0) -> None:
        self._call_seconds = call_seconds

    def initial_state(self, seed: int) -> State:
        witness("begins", seed)
        return super().initial_state(seed)

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        witness("answers", len(observations))
        time.sleep(self._call_seconds)
        return super().act(observations, states)


class LoadedInTurn(Witnessed):
    """Its first process is up at once, any other a second later."""

    def __init__(self) -> None:
        super().__init__()
        try:
            Path(os.environ[TALLY]).with_suffix(".first").touch(exist_ok=False)
        except FileExistsError:
            time.sleep(1.0)


class Mortal(Witnessed):
    """Its first process to make 30 calls dies of the next."""

    calls = 0

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        self.calls += 1
        if self.calls > 30 and not any(what == "dies" for _, what, _ in witnessed(Path(os.environ[TALLY]))):
            witness("dies", 0)
            os.abort()
        return super().act(observations, states)


class OfFour(Witnessed):
    """Takes 40 ms for a call of up to four rows."""

    batch = 4

    def __init__(self) -> None:
        super().__init__(0.04)


def recurrent_torch() -> Policy:
    """A recurrent network that always computes four rows."""
    from evalsuite.policies.small_network import CONTRACT, build
    from evalsuite.policies.torch_policy import TorchPolicy

    return TorchPolicy(build(), CONTRACT.model_copy(update={"batch": 4}))


def witness(what: str, number: int) -> None:
    with open(os.environ[TALLY], "a") as tally:
        tally.write(f"{os.getpid()} {what} {number}\n")


def witnessed(tally: Path) -> list[tuple[int, str, int]]:
    """(process, what, number), in the order in which it happened."""
    lines = [line.split() for line in tally.read_text().splitlines()] if tally.exists() else []
    return [(int(process), what, int(number)) for process, what, number in lines]


def _first_time() -> bool:
    tally = Path(os.environ[TALLY])
    first = not tally.exists()
    tally.touch()
    return first
