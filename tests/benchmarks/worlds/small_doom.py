"""Doom with pictures of 320x240, and the same with 5 ms of sleep in every step: a simulator that waits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalsuite.adapters.doom.engine import DoomEngine
from evalsuite.adapters.doom.simulator import DoomSimulator
from evalsuite.adapters.doom.specification import SPEC
from evalsuite.adapters.doom.world import DoomWorld
from evalsuite.crossview.simulator import Facts, Simulator, SimulatorSpec
from evalsuite.crossview.spaces import Action
from evalsuite.suite import find_suite
from evalsuite.suite.scenario import Scenario, Suite
from tests.benchmarks.harnesses.ledger import Ledger

WIDTH, HEIGHT = 320, 240
SLEEP_SECONDS = 0.005


class SmallEngine(DoomEngine):
    """Doom's engine with small pictures."""

    def _configured(self) -> Any:
        game = super()._configured()
        game.set_screen_resolution(self._vizdoom.ScreenResolution.RES_320X240)
        return game


class SmallDoomSimulator(DoomSimulator):
    """Doom's simulator on that engine, which sleeps for `sleep` seconds in every step."""

    def __init__(self, folder: Path, world: str, sleep: float) -> None:
        self._engine = SmallEngine(folder)
        self._goal_views = []
        self._spec = replace(SPEC, world=world, width=WIDTH, height=HEIGHT)
        self._sleep = sleep
        self._ledger = Ledger("simulator")

    @property
    def spec(self) -> SimulatorSpec:
        return self._spec

    def reset(self, scenario: Scenario, seed: int) -> None:
        with self._ledger.span():
            super().reset(scenario, seed)

    def step(self, action: Action) -> None:
        with self._ledger.span():
            if self._sleep:
                time.sleep(self._sleep)
            super().step(action)

    def facts(self) -> Facts:
        with self._ledger.span():
            return super().facts()


class SmallDoomWorld(DoomWorld):
    """The worlds as they are registered."""

    def __init__(self, name: str, sleep: float = 0.0) -> None:
        self.name = name
        self._sleep = sleep

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        return SmallDoomSimulator(folder, self.name, self._sleep)


WORLD = SmallDoomWorld("small-doom")
SLOW_WORLD = SmallDoomWorld("slow-doom", SLEEP_SECONDS)


def small_doom_suite(world: str, lengths: Sequence[int]) -> Suite:
    """A suite of one scenario a length, in steps.

    An agent that never presses attack or use does not end them before: they are those of doom-quick that ask to
    break, to use or to hit something.
    """
    suite, _ = find_suite("doom-quick")
    lasting = [each for each in suite.scenarios if each.interaction in ("break", "interact", "melee_hunt")]
    scenarios = tuple(
        lasting[index % len(lasting)].model_copy(
            update={"id": f"{world}-{index}", "world": world, "max_steps": steps, "seed": index}
        )
        for index, steps in enumerate(lengths)
    )
    return Suite(suite=f"benchmark-{world}", version="1", scenarios=scenarios)
