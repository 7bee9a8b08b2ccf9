"""Doom as training sees it: one call a decision, and what a teacher may know beside the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.doom.simulator import DoomSimulator
from evalsuite.adapters.doom.specification import TICS_PER_STEP
from evalsuite.adapters.doom.synthesis import DoomSource
from evalsuite.crossview import Action
from evalsuite.crossview.geometry import Point
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis import sampled
from evalsuite.synthesis.source import Rules
from examples.training.decisions import STEPS_PER_DECISION

TRAINING_SEEDS = range(1_000_000, 1_900_000)
"""Seeds that scenarios for training are synthesized from; no shipped suite is made from one of them."""

VALIDATION_SEEDS = range(1_900_000, 2_000_000)
"""Seeds of the scenarios that training is watched on, and never learns from."""


@dataclass(frozen=True)
class Candidate:
    """A thing of the target's kind that still stands: where, and how many pixels (of 640x360) show it now."""

    name: str
    position: Point
    pixels: int


class DecisionDoom(DoomSimulator):
    """The Doom world in which one action lasts a whole decision, without pictures in between."""

    def step(self, action: Action) -> None:
        """Hold `action` for a decision; `use` is let go in its last step."""
        tics = TICS_PER_STEP * STEPS_PER_DECISION
        values = self._button_values(action)
        if action["use"]:
            tics -= TICS_PER_STEP
            self._running.act(values, tics)
            values, tics = self._button_values({**action, "use": 0}), TICS_PER_STEP
        self._running.act(values, tics)
        count = self._running.event_count()
        new = self._running.newest_events(count - self._seen_events)
        self._seen_events = count
        self._events = tuple(self._event(code) for code in new)
        self._gone |= {event.object for event in self._events if event.kind in ("broken", "killed")}

    def candidates(self) -> list[Candidate]:
        """Everything of the target's kind that has not been broken or killed."""
        sight, kind = self._running.sight(), self._goal.target.kind
        return [
            Candidate(thing.name, self._position(thing), sight.count_and_centroid(self._object_ids[thing.name])[0])
            for thing in self._level.things
            if thing.kind == kind and thing.name not in self._gone
        ]

    def kind_cells(self, kinds: Sequence[str], rows: int, columns: int) -> NDArray[np.uint8]:
        """uint8 (rows, columns): one more than the index of the kind in `kinds` that a cell shows, 0 for none.

        Of several kinds in one cell the target's counts, and then the last.
        """
        sight, wanted = self._running.sight(), self._goal.target.kind
        kind_of = np.zeros(256, np.uint8)
        for thing in self._level.things:
            value = sight.values.get(self._object_ids[thing.name])
            if value is not None and thing.name not in self._gone:
                kind_of[value] = len(kinds) + 1 if thing.kind == wanted else kinds.index(thing.kind) + 1
        shown = kind_of[sight.labels]
        height, width = shown.shape
        cells: NDArray[np.uint8] = shown.reshape(rows, height // rows, columns, width // columns).max(axis=(1, 3))
        cells[cells == len(kinds) + 1] = kinds.index(wanted) + 1
        return cells


class ManyLevels(DoomSource):
    """Doom's scenarios, each in a level of its own: who is to find its way in any has to have been in many."""

    @property
    def rules(self) -> Rules:
        return replace(super().rules, scenarios_per_place=1)


def scenarios_for_training(seed: int, count: int, folder: Path) -> Iterator[Scenario]:
    """`count` scenarios over all interactions and difficulties, limited to the decisions that 600 steps are.

    Raises `ValueError` for a seed outside the ranges that are set apart for training.
    """
    if seed not in TRAINING_SEEDS and seed not in VALIDATION_SEEDS:
        raise ValueError(f"seed {seed} is not set apart for training")
    for scenario in sampled(ManyLevels(folder), count, seed):
        yield scenario.model_copy(update={"max_steps": scenario.max_steps // STEPS_PER_DECISION})
